"""Whether the app is there."""

from __future__ import annotations

from http import HTTPStatus

from shared.api.contract.common import BAD_REQUEST, NOT_MODIFIED, ok, refused, shape
from shared.api.operation import Operation

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
OPERATIONS = (HEALTH, READY)
