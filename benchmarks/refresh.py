"""`make bench-refresh`: the figures of refresh and of many files at once, each with what is asked of it."""

from __future__ import annotations

import sys

from benchmarks import command, uploads
from benchmarks.refresh_figures import QUICK, RefreshBench, Sizes, changes, large, partials

GROUPS: command.Groups[RefreshBench] = {
    "changes": changes,
    "partials": partials,
    "large": large,
    "uploads": uploads.at_once,
}
TEXT = """\
# Refresh, measured

Made by `make bench-refresh`. The app's own code in one process, over the wire to Azurite and the Cosmos DB emulator,
which share the machine with it and are not counted in its CPU time; every side of a ratio has emulators of its own, and
the sides run in turn. Only `refresh` is timed, and after each run the report must be right. For files uploaded at once
there is a whole local stack, with the app's functions or with the one in `textbook_app`."""

COMMAND = command.Command(
    "refresh", __doc__ or "", TEXT, GROUPS, lambda quick: RefreshBench(QUICK if quick else Sizes())
)


if __name__ == "__main__":
    sys.exit(COMMAND.run(sys.argv[1:]))
