"""What the exporters complain about, said now and then: a receiver that is away would fill the log with it."""

from __future__ import annotations

import logging
import time

log = logging.getLogger(__name__)

LOGGERS = ("opentelemetry", "azure.monitor.opentelemetry")
STATISTICS = "azure.monitor.opentelemetry.exporter.statsbeat"  # Microsoft's own, and no telemetry of the app
EVERY = 300.0  # seconds


class Seldom(logging.Handler):
    """Passes on one record, and then none for some minutes."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._due = 0.0

    def emit(self, record: logging.LogRecord) -> None:
        if (now := time.monotonic()) >= self._due:
            self._due = now + EVERY
            about = "Telemetry may be lost (said once in %d minutes): %s"
            log.warning(about, EVERY // 60, record.getMessage())


def soften() -> None:
    """From here on, for all exporters together."""
    seldom = Seldom()
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.addHandler(seldom)
    logging.getLogger(STATISTICS).setLevel(logging.CRITICAL)
