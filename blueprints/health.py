"""GET /api/health: the app is alive. GET /api/ready: it reaches storage and Cosmos DB."""

from http import HTTPStatus

import azure.functions as func

from shared.app import app
from shared.http import answers, check_parameters, problem, resource

blueprint = func.Blueprint()


@blueprint.route("health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answers
def health(req: func.HttpRequest) -> func.HttpResponse:
    """Alive, whatever else is not."""
    check_parameters(req)
    return resource(req, {"status": "alive"})


@blueprint.route("ready", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answers
def ready(req: func.HttpRequest) -> func.HttpResponse:
    """Able to do its work; names what it cannot reach, and nothing more."""
    check_parameters(req)
    missing = app().unreachable()
    if missing:
        detail = f"Cannot reach: {', '.join(missing)}."
        errors = [{"code": "unavailable", "message": name} for name in missing]
        return problem(req, HTTPStatus.SERVICE_UNAVAILABLE, "not_ready", detail, errors)
    return resource(req, {"status": "ready"})
