"""On a schedule: ingest uploads that no event announced."""

import azure.functions as func

from shared.app import app
from shared.telemetry.tracing import invocation

blueprint = func.Blueprint()


@blueprint.function_name("reconcile")
@blueprint.timer_trigger(arg_name="timer", schedule="%RECONCILE_SCHEDULE%")
def reconcile(timer: func.TimerRequest, context: func.Context) -> None:  # noqa: ARG001 - the trigger
    """Compare the container with the records."""
    with invocation("reconcile", context, "timer"):
        app().reconcile.reconcile()
