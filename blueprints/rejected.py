"""GET /api/files/{id}/rejected: the rows of a file that were refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import azure.functions as func

from shared.api.answers import answers, content, entity_tag, page, unchanged
from shared.api.call import Call
from shared.api.contract.common import TOP
from shared.api.contract.files import FORMAT, ID, MOST_CSV, REJECTED_ROWS
from shared.api.cursors import CURSOR
from shared.api.downloads import as_attachment
from shared.api.operation import CSV
from shared.app import app
from shared.errors import BadRequest, BlobChanged, Mistake, NotFound, TooLarge
from shared.names import rejected_name

if TYPE_CHECKING:
    from shared.ingest.rejected_rows import Document

blueprint = func.Blueprint()


@blueprint.route(REJECTED_ROWS.route, methods=[REJECTED_ROWS.method])
@answers(REJECTED_ROWS)
def rejected_rows(call: Call) -> func.HttpResponse:
    """The rejected rows of a file as they were, each with what is wrong."""
    from shared.ingest.rejected_rows import changed, read_rejected

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
    from shared.ingest.rejected_rows import changed

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
