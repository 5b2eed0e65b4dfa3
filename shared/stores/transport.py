"""How requests to Blob Storage and Cosmos DB go out: over kept connections, and again when the platform fails.

One place for both, below the SDKs' own retries. Those of Cosmos DB go to other regions, and a request to an account of
one region, or a write, would not be tried again at all; those of Blob Storage begin with a wait of seconds.

A request that is sent again may have been carried out the first time. What the app sends is either the same after any
number of times, or has a condition that no longer holds then: callers must take a Conflict for what may be their own.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterator
from typing import Any, Literal
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError, HttpResponseError, ServiceResponseError
from azure.core.pipeline.transport import RequestsTransport

from shared.stores import answered
from shared.telemetry import metrics
from shared.telemetry.names import Key
from shared.telemetry.tracing import event

log = logging.getLogger(__name__)

CONNECTIONS = 64  # kept open: 16 ingests have two blocks each on their way, a refresh 16 partials
# Too long, in the way of another write, an accident, on the move. Of 429 the Cosmos DB client knows how long to wait.
FAULTS = frozenset({408, 449, 500, 502, 503, 504})
TOO_MANY = 429
WAITS = (0.2, 0.4, 0.8, 1.6, 3.2)  # seconds before each further attempt, give or take a half
PATIENCE = 12  # seconds from the first fault on in which further attempts begin: a server that hangs is asked twice


class Transport(RequestsTransport):  # type: ignore[misc]  # the SDK loads it on first use, without a type
    """The SDKs' own transport, with patience; `patient=False` for a request that somebody waits for."""

    def __init__(self, service: Literal["blob", "cosmos"], **options: Any) -> None:
        super().__init__(**options)
        self._service = service

    def open(self) -> None:
        """As the SDK's, which keeps ten connections and throws away what more threads have opened."""
        is_new = self.session is None
        super().open()
        assert self.session is not None  # it is open
        for adapter in self.session.adapters.values() if is_new else ():
            adapter.init_poolmanager(CONNECTIONS, CONNECTIONS)

    def send(self, request: Any, **options: Any) -> Any:
        """Send a request until it gets an answer that is not a fault, or patience is over."""
        # Without a path it asks what the account is: the Cosmos DB client does that again by itself.
        patient = options.pop("patient", True) and urlsplit(request.url).path.strip("/")
        waits = _waits() if patient else iter(())
        while True:
            try:
                response = self._send(request, options)
            except AzureError as error:
                if (wait := next(waits, None)) is None:
                    raise
                fault, about = type(error).__name__, str(error)
            else:
                if response.status_code == TOO_MANY:
                    self._tell_of_retry(str(TOO_MANY))
                if response.status_code not in FAULTS or (wait := next(waits, None)) is None:
                    answered.note(response.status_code, response.headers)
                    return response
                fault = about = str(response.status_code)
                response.internal_response.close()
            log.info("%s %s: %s; again in %.1f s", request.method, urlsplit(request.url).path, about, wait)
            self._tell_of_retry(fault)
            time.sleep(wait)

    def _tell_of_retry(self, fault: str) -> None:
        metrics.retried(self._service, fault)
        event("retry", {Key.ERROR: fault})

    def _send(self, request: Any, options: dict[str, Any]) -> Any:
        try:
            return super().send(request, **options)
        except HttpResponseError as error:  # an answer that breaks off: without a status, and for the SDKs not a fault
            raise ServiceResponseError(error.message, error=error) from error


def _waits() -> Iterator[float]:
    first_fault = time.monotonic()
    for wait in WAITS:
        if time.monotonic() - first_fault > PATIENCE:
            return
        yield wait * random.uniform(0.5, 1.5)  # noqa: S311 - so that those who failed together do not come back together
