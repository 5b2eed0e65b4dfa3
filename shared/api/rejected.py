"""From a call to the rejected rows of a file: page by page, or as the document that they are in."""

from __future__ import annotations

import azure.functions as func

from shared.api.answers import content, entity_tag, page, unchanged
from shared.api.call import Call
from shared.api.contract.common import TOP
from shared.api.contract.files import FORMAT, ID, MOST_CSV
from shared.api.cursors import CURSOR
from shared.api.downloads import as_attachment
from shared.api.operation import CSV
from shared.errors import BadRequest, BlobChanged, Mistake, NotFound, TooLarge
from shared.ingest.rejected_rows import Document, Rejected, changed, read_rejected
from shared.names import rejected_name


def rows(call: Call, rejected: Rejected) -> func.HttpResponse:
    """The rejected rows as they were, each with what is wrong."""
    record, document = rejected.of(call[ID])
    try:
        if call[FORMAT] == "csv":
            return _as_csv(call, record.name, document)
        start = _start(call, record.name, document)
        if document is None:
            return page(call, [])
        found = read_rejected(document, call[TOP], start)
    except BlobChanged as error:
        raise changed(record.name) from error
    following = None if found.following is None else [document.etag, found.following]
    return page(call, [row.shown() for row in found.value], following)


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
