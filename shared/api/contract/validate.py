"""A file checked before it is uploaded."""

from __future__ import annotations

from http import HTTPStatus

from shared.api.contract.common import (
    BAD_REQUEST,
    NO_KEY,
    NUMBER,
    PROBLEM_FIELDS,
    TEXT,
    UNAVAILABLE,
    nullable,
    ok,
    refused,
    shape,
)
from shared.api.operation import Body, Operation
from shared.api.parameters import Schema, text
from shared.names import MAX_NAME

MOST = 4 * 1024 * 1024  # bytes of the body

DATASET = text("dataset", "Check the file as one of this dataset. Without it: of the one that `name` belongs to.")
NAME = text("name", "The name that the file would have, such as `sales/2026-11-20.csv`.", longest=MAX_NAME)

BYTES: Schema = {"type": "string", "format": "binary"}
VALIDATION = shape(
    {
        "dataset": TEXT,
        "rows": NUMBER,
        "records": NUMBER,
        "rejected": NUMBER,
        "columns": {"description": "Name and type.", "type": "object", "additionalProperties": TEXT},
        "firstRejects": {"type": "array", "items": shape(PROBLEM_FIELDS), "maxItems": 10},
        "problem": {"description": "Why the file as a whole would be rejected.", **nullable(shape(PROBLEM_FIELDS))},
    }
)

VALIDATE = Operation(
    "validate",
    "POST",
    "validate",
    "What would become of a file: counts, types, the first rows that would be rejected. Nothing is stored.",
    (
        ok("What would become of it, also where it would be rejected.", VALIDATION),
        BAD_REQUEST,
        NO_KEY,
        refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The file is too large, as it comes or unpacked: upload it."),
        UNAVAILABLE,
    ),
    (DATASET, NAME),
    body=Body(
        "The file as it would be uploaded, gzip and zstd included: what it is, its bytes say.",
        {"text/csv": BYTES, "application/gzip": BYTES, "application/zstd": BYTES},
        MOST,
    ),
)
OPERATIONS = (VALIDATE,)
