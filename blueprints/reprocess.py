"""Somebody has asked for a file to be run again."""

import azure.functions as func

from shared.app import app
from shared.telemetry.tracing import invocation

blueprint = func.Blueprint()

QUEUE = "reprocess"


@blueprint.function_name("reprocess")
@blueprint.queue_trigger(arg_name="message", queue_name=QUEUE, connection="Storage")
def reprocess(message: func.QueueMessage, context: func.Context) -> None:
    """Ingest the file whose id the message is."""
    with invocation("reprocess", context, "pubsub"):
        app().file_requests.run(message.get_body().decode(errors="replace"))
