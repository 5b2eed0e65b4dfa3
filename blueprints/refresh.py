"""On a schedule: make stale reports true again."""

import azure.functions as func

from shared.app import app
from shared.telemetry.tracing import invocation

blueprint = func.Blueprint()


@blueprint.function_name("refresh")
@blueprint.timer_trigger(arg_name="timer", schedule="%REFRESH_SCHEDULE%")
def refresh(timer: func.TimerRequest, context: func.Context) -> None:  # noqa: ARG001 - the trigger
    """Refresh every report that a file has changed."""
    with invocation("refresh", context, "timer"):
        app().refresh.refresh()
