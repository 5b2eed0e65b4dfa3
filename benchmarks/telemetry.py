"""`make bench-telemetry`: what telemetry costs an ingest and a call, each with what may be asked of it."""

from __future__ import annotations

import sys

from benchmarks import command
from benchmarks.telemetry_figures import QUICK, Sizes, TelemetryBench, api, ingest

GROUPS: command.Groups[TelemetryBench] = {"ingest": ingest, "api": api}
SIZES = Sizes()
TEXT = f"""\
# Telemetry, measured

Made by `make bench-telemetry`. The same app with telemetry off, sent to an OTLP receiver, and sent by Azure Monitor's
exporter: three processes that run for the whole measurement and take turns, {SIZES.rounds} times; the receiver is one
more, which takes everything and keeps nothing. An ingest goes from the upload in Azurite to the commit in the Cosmos DB
emulator; its CPU is that of the process until all that was told is sent. Calls go through the local host, one after the
other on one connection, {SIZES.seconds:g} s for each side and round; their CPU is that of the host, what sends
telemetry included. Figures are medians over the rounds, of each the ratio or the difference."""


DETAILS = "## Spread\n\n| | medians, and where half of the rounds are |"


def bench_of(quick: bool) -> TelemetryBench:
    """With little of everything, or all."""
    return TelemetryBench(QUICK if quick else SIZES)


COMMAND = command.Command("telemetry", __doc__ or "", TEXT, GROUPS, bench_of, DETAILS)


if __name__ == "__main__":
    sys.exit(COMMAND.run(sys.argv[1:]))
