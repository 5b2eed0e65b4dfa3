"""Uploads: an address for a browser or a script to send a file to, without a key of the storage account."""

from __future__ import annotations

from http import HTTPStatus

from shared.api.contract.common import BAD_REQUEST, LINK, NO_KEY, TEXT, TIME, UNAVAILABLE, refused, shape
from shared.api.operation import JSON, Answer, Body, Operation
from shared.names import MAX_NAME

MOST = 10_000  # bytes of the body

UPLOAD = shape(
    {
        "name": TEXT,
        "url": {"description": "A secret as long as it lasts: whoever has it can upload this file.", **LINK},
        "method": {"const": "PUT"},
        "headers": shape({"x-ms-blob-type": {"const": "BlockBlob"}}),
        "expiresAt": TIME,
    }
)
WANTED = shape(
    {
        "name": {
            "type": "string",
            "minLength": 1,
            "maxLength": MAX_NAME,
            "description": "What the file will be called, with its folders. One that is there already is replaced.",
            "examples": ["sales/2026-11-20.csv"],
        }
    }
)

CREATE_UPLOAD = Operation(
    "create_upload",
    "POST",
    "uploads",
    "An address to upload one file to, for ten minutes; it allows nothing else. The file appears in /files soon after.",
    (
        Answer(HTTPStatus.CREATED, "The request that uploads the file.", {JSON: UPLOAD}),
        BAD_REQUEST,
        NO_KEY,
        refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large: the file itself goes to the address."),
        UNAVAILABLE,
    ),
    body=Body("The name of the file.", {JSON: WANTED}, MOST),
)
OPERATIONS = (CREATE_UPLOAD,)
