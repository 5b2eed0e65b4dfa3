"""GET /api/files: what became of every upload."""

import azure.functions as func

from shared.app import app
from shared.errors import BadRequest, NotFound
from shared.http import answers, check_parameters, page, paging, resource

blueprint = func.Blueprint()

FILES = "files"


@blueprint.route(FILES, methods=["GET"])
@answers
def list_files(req: func.HttpRequest) -> func.HttpResponse:
    """File records, newest first."""
    top, cursor = paging(req)
    if not isinstance(cursor, str | None):
        raise BadRequest("cursor is not one of this list.")
    found = app().files.newest(top + 1, before=cursor)
    following = found[top - 1][1] if len(found) > top else None
    return page(req, FILES, [record.shown() for record, _ in found[:top]], following)


@blueprint.route("files/{id}", methods=["GET"])
@answers
def get_file(req: func.HttpRequest) -> func.HttpResponse:
    """One file record."""
    check_parameters(req)
    record_id = req.route_params["id"]
    found = app().files.find(record_id)
    if found is None:
        raise NotFound(f"There is no file '{record_id}'. GET /api/files lists those there are.")
    return resource(req, found.value.shown())
