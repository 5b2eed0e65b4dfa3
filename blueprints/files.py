"""/api/files: what became of every upload; its rejected rows; taking one out, running one again."""

import re

import azure.functions as func

from blueprints.reprocess import QUEUE
from shared.api.answers import (
    accepted,
    answers,
    answers_with_message,
    content,
    done,
    entity_tag,
    page,
    resource,
    unchanged,
)
from shared.api.call import Call
from shared.api.contract.common import TOP
from shared.api.contract.files import (
    DATASET,
    DELETE_FILE,
    FORMAT,
    GET_FILE,
    ID,
    LIST_FILES,
    MOST_CSV,
    REJECTED_ROWS,
    REPROCESS_FILE,
    STATUS,
)
from shared.api.cursors import CURSOR
from shared.api.downloads import as_attachment
from shared.api.operation import CSV
from shared.app import app
from shared.errors import BadRequest, BlobChanged, Mistake, NotFound, TooLarge
from shared.ingest.rejected_rows import Document, changed, read_rejected
from shared.names import rejected_name

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


@blueprint.route(REJECTED_ROWS.route, methods=[REJECTED_ROWS.method])
@answers(REJECTED_ROWS)
def rejected_rows(call: Call) -> func.HttpResponse:
    """The rejected rows of a file as they were, each with what is wrong."""
    record, document = app().rejected.of(call[ID])
    try:
        if call[FORMAT] == "csv":
            return _as_csv(call, record.name, document)
        start = _start(call, record.name, document)
        if document is None:
            return page(call, [])
        rows = read_rejected(document, call[TOP], start)
    except BlobChanged as error:
        raise changed(record.name) from error
    following = None if rows.following is None else [document.etag, rows.following]
    return page(call, [row.shown() for row in rows.value], following)


def _start(call: Call, name: str, document: Document | None) -> int | None:
    """Where the page begins. Raises NotPossible where the cursor is one of other rows."""
    match call[CURSOR]:
        case None:
            return None
        case [str(etag), int(start)] if not isinstance(start, bool):
            if document is None or document.etag != etag:
                raise changed(name)
            return start
    raise BadRequest("cursor is not one of this list.")


def _as_csv(call: Call, name: str, document: Document | None) -> func.HttpResponse:
    """The document as it is: whoever mends it and uploads it again must find each cell as it was."""
    if ignored := [parameter for parameter in (TOP, CURSOR) if parameter.name in call.values]:
        raise BadRequest.because([Mistake(p.name, "is not for format=csv, which is all rows at once") for p in ignored])
    if document is None:
        raise NotFound(f"'{name}' has no rejected rows.")
    if document.size > MOST_CSV:
        raise TooLarge(
            f"The rejected rows of '{name}' have {document.size:,} bytes, more than {MOST_CSV:,}. "
            f"Fetch the blob rejected/{rejected_name(name)} with a storage client, or page through format=json."
        )
    tag = entity_tag(call, document.etag)
    file = as_attachment(rejected_name(name))
    return unchanged(call, tag) or content(call, document.read(0, document.size), CSV, tag, file)


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
