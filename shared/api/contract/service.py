"""Whether the app is there, what it offers, and its pages. None of these needs a key: none has data."""

from __future__ import annotations

from http import HTTPStatus

from shared.api.contract.common import BAD_REQUEST, NOT_MODIFIED, TEXT, ok, refused, shape
from shared.api.operation import Answer, Operation
from shared.api.parameters import Schema, in_path

FILE = in_path("path", "The file's name, with its folders (`vendor/…`): slashes are not escaped.")

CONTRACT: Schema = {
    "type": "object",
    "properties": {"openapi": TEXT, "info": {"type": "object"}, "paths": {"type": "object"}},
    "required": ["openapi", "info", "paths"],
}
PAGE = Answer(HTTPStatus.OK, "The page.", {"text/html": TEXT})

HEALTH = Operation(
    "health",
    "GET",
    "health",
    "Alive, whatever else is not.",
    (ok("The app is alive.", shape({"status": {"const": "alive"}})), NOT_MODIFIED, BAD_REQUEST),
    anonymous=True,
)
READY = Operation(
    "ready",
    "GET",
    "ready",
    "Able to do its work; names what it cannot reach, and nothing more.",
    (
        ok("Storage and Cosmos DB answer.", shape({"status": {"const": "ready"}})),
        NOT_MODIFIED,
        BAD_REQUEST,
        refused(HTTPStatus.SERVICE_UNAVAILABLE, "A service does not answer; `errors` names those."),
    ),
    anonymous=True,
)
OPENAPI = Operation(
    "openapi",
    "GET",
    "openapi.json",
    "This contract, for programs.",
    (ok("An OpenAPI 3.1 document.", CONTRACT), NOT_MODIFIED, BAD_REQUEST),
    anonymous=True,
)
DOCS = Operation(
    "docs",
    "GET",
    "docs",
    "This contract, for people: a page to read and to try it.",
    (PAGE, NOT_MODIFIED),
    anonymous=True,
)
DASHBOARD = Operation(
    "dashboard",
    "GET",
    "dashboard",
    "The reports and files on a page.",
    (PAGE, NOT_MODIFIED),
    anonymous=True,
)
ASSET = Operation(
    "asset",
    "GET",
    "assets/{*path}",
    "A file that a page is made of.",
    (
        Answer(HTTPStatus.OK, "The file.", {"*/*": {}}),
        NOT_MODIFIED,
        Answer(HTTPStatus.NOT_FOUND, "There is no such file."),
    ),
    (FILE,),
    anonymous=True,
)
OPERATIONS = (HEALTH, READY, OPENAPI, DOCS, DASHBOARD, ASSET)
