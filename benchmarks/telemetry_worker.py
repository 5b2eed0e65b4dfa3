"""The app in a process of its own that ingests the uploads it is told of, one line of standard input each.

Prints for each the seconds of the ingest, and the seconds of CPU until all that it told is sent.
"""

from __future__ import annotations

import sys
import time

from shared.app import app
from shared.telemetry.tracing import invocation


def main() -> None:
    """Until the end of standard input."""
    for line in sys.stdin:
        begin, cpu = time.perf_counter(), time.process_time()
        with invocation("ingest", None, "datasource"):
            record = app().ingest.ingest(app().blobs.upload(line.strip()))
        seconds = time.perf_counter() - begin
        _send()
        assert record is not None
        print(seconds, time.process_time() - cpu, record.records, flush=True)


def _send() -> None:
    """What is told is sent in a thread of its own; its CPU counts all the same."""
    if "opentelemetry.sdk" not in sys.modules:
        return
    from opentelemetry import _logs, metrics, trace  # noqa: PLC0415 - not where telemetry is off

    for provider in (trace.get_tracer_provider(), metrics.get_meter_provider(), _logs.get_logger_provider()):
        provider.force_flush()  # type: ignore[union-attr]  # of the SDK, as it is there


if __name__ == "__main__":
    main()
