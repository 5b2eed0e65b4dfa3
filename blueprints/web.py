"""GET /api/dashboard: a page to look at. GET /api/assets: the files it is made of. No key: they hold no data."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import azure.functions as func

from shared import configuration
from shared.api.answers import is_known, takes_gzip
from shared.api.contract.service import ASSET, DASHBOARD

if TYPE_CHECKING:
    from shared.web import StaticFile

blueprint = func.Blueprint()

SAFE = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


@blueprint.route(DASHBOARD.route, methods=[DASHBOARD.method], auth_level=func.AuthLevel.ANONYMOUS)
def dashboard(req: func.HttpRequest) -> func.HttpResponse:
    """The page. It asks the API for all that it shows, with the key that its user gives it."""
    from shared.web import blob_origin, content_security_policy, files

    policy = content_security_policy(blob_origin(configuration.settings().storage))
    return static(req, files()["dashboard.html"], {"Content-Security-Policy": policy})


@blueprint.route(ASSET.route, methods=[ASSET.method], auth_level=func.AuthLevel.ANONYMOUS)
def asset(req: func.HttpRequest) -> func.HttpResponse:
    """A file of a page. Only what was in the folder when the app began is known, by its exact name."""
    from shared.web import content_security_policy, files

    found = files().get(req.route_params.get("path", ""))
    if found is None or found.media_type == "text/html":  # a page has an address of its own, and a policy with it
        return func.HttpResponse(status_code=HTTPStatus.NOT_FOUND, headers=SAFE)
    return static(req, found, {"Content-Security-Policy": content_security_policy()})


def static(req: func.HttpRequest, file: StaticFile, headers: dict[str, str]) -> func.HttpResponse:
    """A file as an answer; 304 where the caller has it already."""
    body, of_body = file.content(packed=takes_gzip(req.headers.get("accept-encoding", "")))
    if is_known(of_body["ETag"], req.headers.get("if-none-match", "")):
        kept = {name: value for name, value in of_body.items() if name != "Content-Encoding"}
        return func.HttpResponse(status_code=HTTPStatus.NOT_MODIFIED, headers=SAFE | headers | kept)
    return func.HttpResponse(body, mimetype=file.media_type, headers=SAFE | headers | of_body)
