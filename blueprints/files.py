"""/api/files: what became of every upload; taking one out, running one again."""

import re

import azure.functions as func

from blueprints.reprocess import QUEUE
from shared.api.answers import (
    accepted,
    answers,
    answers_with_message,
    done,
    page,
    resource,
)
from shared.api.call import Call
from shared.api.contract.common import TOP
from shared.api.contract.files import (
    DATASET,
    DELETE_FILE,
    GET_FILE,
    ID,
    LIST_FILES,
    REPROCESS_FILE,
    STATUS,
)
from shared.api.cursors import CURSOR
from shared.app import app
from shared.errors import BadRequest, NotFound

blueprint = func.Blueprint()


@blueprint.route(LIST_FILES.route, methods=[LIST_FILES.method])
@answers(LIST_FILES)
def list_files(call: Call) -> func.HttpResponse:
    """File records, newest first."""
    cursor = call[CURSOR]
    if cursor is not None and not (isinstance(cursor, str) and re.fullmatch(r"\S+Z \S+", cursor)):
        raise BadRequest("cursor is not one of this list.")
    found = app().files.newest(call[TOP] + 1, before=cursor, dataset=call[DATASET], status=call[STATUS])
    following = found[call[TOP] - 1][1] if len(found) > call[TOP] else None
    return page(call, [record.shown() for record, _ in found[: call[TOP]]], following)


@blueprint.route(GET_FILE.route, methods=[GET_FILE.method])
@answers(GET_FILE)
def get_file(call: Call) -> func.HttpResponse:
    """One file record."""
    found = app().files.find(call[ID])
    if found is None:
        raise NotFound(f"There is no file '{call[ID]}'. GET /api/files lists those there are.")
    return resource(call, found.value.shown())


@blueprint.route(DELETE_FILE.route, methods=[DELETE_FILE.method])
@answers(DELETE_FILE)
def delete_file(call: Call) -> func.HttpResponse:
    """Take a file out, with its upload, its outputs and its share in every report."""
    app().file_requests.delete(call[ID])
    return done()


@blueprint.route(REPROCESS_FILE.route, methods=[REPROCESS_FILE.method])
@blueprint.queue_output(arg_name="message", queue_name=QUEUE, connection="Storage")
@answers_with_message(REPROCESS_FILE)
def reprocess_file(call: Call, message: func.Out[str]) -> func.HttpResponse:
    """Run a file again, soon."""
    record = app().file_requests.mark(call[ID])
    message.set(record.id)
    return accepted(call, GET_FILE, record.shown())
