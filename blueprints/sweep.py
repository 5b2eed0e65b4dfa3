"""Once a night: remove what crashes have left behind."""

import azure.functions as func

from shared.app import app
from shared.telemetry.tracing import invocation

blueprint = func.Blueprint()

AT_NIGHT = "0 30 3 * * *"  # half past three, UTC


@blueprint.function_name("sweep")
@blueprint.timer_trigger(arg_name="timer", schedule=AT_NIGHT)
def sweep(timer: func.TimerRequest, context: func.Context) -> None:  # noqa: ARG001 - the trigger
    """Remove partials, tree nodes and pages that nothing will ever read."""
    with invocation("sweep", context, "timer"):
        app().sweep.sweep()
