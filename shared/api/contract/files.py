"""Files: what became of every upload, and what can be done with one."""

from __future__ import annotations

from http import HTTPStatus

from shared.api.contract.common import (
    BAD_REQUEST,
    NO_KEY,
    NOT_FOUND,
    NOT_MODIFIED,
    NUMBER,
    PROBLEM_FIELDS,
    TEXT,
    TIME,
    TOP,
    UNAVAILABLE,
    listing,
    nullable,
    ok,
    refused,
    shape,
)
from shared.api.cursors import CURSOR
from shared.api.operation import CSV, JSON, Answer, Operation
from shared.api.parameters import Schema, choice, in_path, text
from shared.ingest.status import STATUSES

ID = in_path("id", "A file's id, as its record has it.")
DATASET = text("dataset", "Only files of this dataset.")
STATUS = choice("status", "Only files in this state.", STATUSES)

FORMAT = choice("format", "As JSON, page by page (the default), or as CSV, all of it.", ("json", "csv"))
MOST_CSV = 10 * 1024 * 1024  # bytes of a CSV that is answered: all of it is in memory on its way

TEXTS: Schema = {"type": "array", "items": TEXT}
PROGRESS: Schema = {
    "description": "How far the work has come, every few seconds. Only of a file that is being processed for a while.",
    **shape({"bytes": NUMBER, "rows": NUMBER}),
}
FILE = shape(
    {
        "id": TEXT,
        "name": TEXT,
        "dataset": TEXT,
        "etag": TEXT,
        "size": NUMBER,
        "status": {"type": "string", "enum": list(STATUSES)},
        "rows": NUMBER,
        "records": NUMBER,
        "rejected": NUMBER,
        "firstError": nullable(shape(PROBLEM_FIELDS)),
        "processed": nullable(TEXT),
        "rejectedFile": nullable(TEXT),
        "definition": TEXT,
        "generation": NUMBER,
        "committed": NUMBER,
        "shares": TEXTS,
        "stale": TEXTS,
        "attempts": NUMBER,
        "startedAt": TIME,
        "finishedAt": nullable(TIME),
        "traceId": nullable(TEXT),
    },
    {"progress": PROGRESS},
)
REJECTED_ROW = shape(
    {**PROBLEM_FIELDS, "line": NUMBER, "fields": {"type": "object", "additionalProperties": TEXT}},
    {"rest": {"description": "What belongs to no column; all of a row that is no CSV.", **TEXTS}},
)

LIST_FILES = Operation(
    "list_files",
    "GET",
    "files",
    "File records, newest first.",
    (ok("A page of records.", listing(FILE)), NOT_MODIFIED, BAD_REQUEST, NO_KEY, UNAVAILABLE),
    (DATASET, STATUS, TOP, CURSOR),
)
GET_FILE = Operation(
    "get_file",
    "GET",
    "files/{id}",
    "One file record.",
    (ok("The record.", FILE), NOT_MODIFIED, BAD_REQUEST, NO_KEY, NOT_FOUND, UNAVAILABLE),
    (ID,),
)
DELETE_FILE = Operation(
    "delete_file",
    "DELETE",
    "files/{id}",
    "Take a file out, with its upload, its outputs and its share in every report.",
    (
        Answer(HTTPStatus.NO_CONTENT, "It is out; also where it was before."),
        BAD_REQUEST,
        NO_KEY,
        NOT_FOUND,
        UNAVAILABLE,
    ),
    (ID,),
)
REPROCESS_FILE = Operation(
    "reprocess_file",
    "POST",
    "files/{id}/reprocess",
    "Run a file again, soon.",
    (
        Answer(HTTPStatus.ACCEPTED, "It will be run again; `Location` is its record.", {JSON: FILE}),
        BAD_REQUEST,
        NO_KEY,
        NOT_FOUND,
        refused(HTTPStatus.CONFLICT, "Its upload is gone."),
        UNAVAILABLE,
    ),
    (ID,),
)
REJECTED_ROWS = Operation(
    "rejected_rows",
    "GET",
    "files/{id}/rejected",
    "The rejected rows of a file as they were, each with what is wrong. As CSV: to be mended and uploaded again.",
    (
        ok("A page of rows, or all of them as CSV.", listing(REJECTED_ROW), **{CSV: TEXT}),
        NOT_MODIFIED,
        BAD_REQUEST,
        NO_KEY,
        NOT_FOUND,
        refused(HTTPStatus.CONFLICT, "The rows have been written again since the list was begun. Begin again."),
        refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Too much for one CSV: fetch the blob with a storage client."),
        UNAVAILABLE,
    ),
    (ID, FORMAT, TOP, CURSOR),
)
OPERATIONS = (LIST_FILES, GET_FILE, REJECTED_ROWS, DELETE_FILE, REPROCESS_FILE)
