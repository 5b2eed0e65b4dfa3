"""Whether telemetry is on: sent to Application Insights, to an OTLP receiver, to both, or nowhere, as settings say.

Light to import, and all there is of it where it is off.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from shared import configuration
from shared.settings import TelemetrySettings

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

    from shared.telemetry.instruments import Instruments

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What spans and metrics are made with."""

    tracer: Tracer
    instruments: Instruments


_current: Telemetry | None = None
_configuring = threading.Lock()


def current() -> Telemetry | None:
    """The telemetry of this process; None where it is off."""
    return _current


def configure() -> None:
    """Send telemetry to where the settings say. Only the first call does anything."""
    if _current is None:
        with _configuring:  # a cold start has many invocations at once, and a second exporter would send all twice
            _configure_once(configuration.settings().telemetry)


@cache
def _configure_once(settings: TelemetrySettings) -> None:
    global _current  # noqa: PLW0603 - the process has one telemetry
    if settings.application_insights is None and settings.otlp_endpoint is None:
        return
    from shared.telemetry import receivers

    try:
        _current = receivers.start(settings)
    except Exception as error:  # noqa: BLE001 - a connection string with a mistake, say: files are ingested all the same
        log.error("Telemetry stays off: %s: %s", type(error).__name__, error)
