"""GET /api/openapi.json: the contract. GET /api/docs: a page that shows it. No key: neither has data."""

from functools import cache

import azure.functions as func

from blueprints.web import static
from shared.api.answers import answers, content, entity_tag, to_json, unchanged
from shared.api.call import Call
from shared.api.contract.service import DOCS, OPENAPI
from shared.api.operation import JSON

blueprint = func.Blueprint()


@blueprint.route(OPENAPI.route, methods=[OPENAPI.method], auth_level=func.AuthLevel.ANONYMOUS)
@answers(OPENAPI)
def openapi(call: Call) -> func.HttpResponse:
    """The contract as an OpenAPI document."""
    data = _document()
    tag = entity_tag(call, data)
    return unchanged(call, tag) or content(call, data, JSON, tag)


@cache
def _document() -> bytes:
    from shared.api.openapi import document

    return to_json(document())


@blueprint.route(DOCS.route, methods=[DOCS.method], auth_level=func.AuthLevel.ANONYMOUS)
def docs(req: func.HttpRequest) -> func.HttpResponse:
    """The page. What it tries out, it asks for with the key that its user gives it."""
    from shared.web import content_security_policy, files

    # Swagger UI writes the contract's descriptions, which are the app's own, as HTML; all else is as on the dashboard.
    policy = content_security_policy(writes_html=True)
    return static(req, files()["docs.html"], {"Content-Security-Policy": policy})
