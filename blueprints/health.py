"""GET /api/health: the app is alive. GET /api/ready: it reaches storage and Cosmos DB."""

from http import HTTPStatus

import azure.functions as func

from shared.api.answers import answers, problem, resource
from shared.api.call import Call
from shared.api.contract.service import HEALTH, READY
from shared.app import app

blueprint = func.Blueprint()


@blueprint.route(HEALTH.route, methods=[HEALTH.method], auth_level=func.AuthLevel.ANONYMOUS)
@answers(HEALTH)
def health(call: Call) -> func.HttpResponse:
    """Alive, whatever else is not."""
    return resource(call, {"status": "alive"})


@blueprint.route(READY.route, methods=[READY.method], auth_level=func.AuthLevel.ANONYMOUS)
@answers(READY)
def ready(call: Call) -> func.HttpResponse:
    """Able to do its work; names what it cannot reach, and nothing more."""
    missing = app().unreachable()
    if missing:
        detail = f"Cannot reach: {', '.join(missing)}."
        errors = [{"code": "unavailable", "message": name} for name in missing]
        return problem(call.request, HTTPStatus.SERVICE_UNAVAILABLE, "not_ready", detail, errors)
    return resource(call, {"status": "ready"})
