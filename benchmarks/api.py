"""`make bench-api`: the figures of the reports API, each with what is asked of it."""

from __future__ import annotations

import sys

from benchmarks import api_host, command
from benchmarks.api_figures import QUICK, ApiBench, Sizes, large, period

GROUPS: command.Groups[ApiBench] = {"period": period, "large": large, "host": api_host.host}
SIZES = Sizes()
TEXT = f"""\
# The API, measured

Made by `make bench-api`. The handler of `GET /reports/{{report}}/{{period}}` is called in this process, over the wire
to the Cosmos DB emulator; what its stores take is measured and taken off. Through the local host: {SIZES.connections}
connections that stay open, {SIZES.seconds:g} s for each route in turn, {SIZES.loads} times, and a host of its own for
the constant; hosts, emulators and the client share the machine. Ratios are medians over pairs, one right after the
other."""

COMMAND = command.Command("api", __doc__ or "", TEXT, GROUPS, lambda quick: ApiBench(QUICK if quick else SIZES))


if __name__ == "__main__":
    sys.exit(COMMAND.run(sys.argv[1:]))
