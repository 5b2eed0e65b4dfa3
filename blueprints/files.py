"""/api/files: what became of every upload; taking one out, running one again."""

import azure.functions as func

from blueprints.reprocess import QUEUE
from shared.app import app
from shared.errors import BadRequest, NotFound
from shared.http import accepted, answers, answers_with_message, check_parameters, done, page, paging, resource

blueprint = func.Blueprint()

FILES, FILE, REPROCESS = "files", "files/{id}", "files/{id}/reprocess"


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


@blueprint.route(FILE, methods=["GET"])
@answers
def get_file(req: func.HttpRequest) -> func.HttpResponse:
    """One file record."""
    check_parameters(req)
    record_id = req.route_params["id"]
    found = app().files.find(record_id)
    if found is None:
        raise NotFound(f"There is no file '{record_id}'. GET /api/files lists those there are.")
    return resource(req, found.value.shown())


@blueprint.route(FILE, methods=["DELETE"])
@answers
def delete_file(req: func.HttpRequest) -> func.HttpResponse:
    """Take a file out, with its upload, its outputs and its share in every report."""
    check_parameters(req)
    app().file_requests.delete(req.route_params["id"])
    return done()


@blueprint.route(REPROCESS, methods=["POST"])
@blueprint.queue_output(arg_name="message", queue_name=QUEUE, connection="Storage")
@answers_with_message
def reprocess_file(req: func.HttpRequest, message: func.Out[str]) -> func.HttpResponse:
    """Run a file again, soon."""
    check_parameters(req)
    record = app().file_requests.mark(req.route_params["id"])
    message.set(record.id)
    return accepted(req, FILE, record.shown())
