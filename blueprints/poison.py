"""An upload has failed as often as the host tries: its record says so."""

import azure.functions as func

from shared.app import app
from shared.telemetry.tracing import invocation

blueprint = func.Blueprint()


@blueprint.function_name("poison")
@blueprint.queue_trigger(arg_name="message", queue_name="webjobs-blobtrigger-poison", connection="Storage")
def poison(message: func.QueueMessage, context: func.Context) -> None:
    """Mark the file of a poison message as failed. The message is the host's: {"BlobName": …, "ETag": …, …}."""
    with invocation("poison", context, "pubsub"):
        poisoned = message.get_json()
        app().ingest.give_up(poisoned["BlobName"], poisoned["ETag"])
