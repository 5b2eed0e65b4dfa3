"""`python -m devstack smoke`: one file through the running app, from the upload to its report, and out again.

It needs the app's address and a function key, and no more than Python's standard library.
"""

import argparse
import os
import sys
import time
import uuid
from collections.abc import Sequence

from devstack.errors import StackError
from devstack.ports import LOCALHOST, Ports
from devstack.smoke_client import Client, SmokeError, Status, address_of
from devstack.smoke_steps import Limits, Smoke

KEY_VARIABLE = "FUNCTION_KEY"
EXIT_STATUS = """\
exit status:
  0  passed
  1  the app did something else than it should; what, and with what trace, is printed
  2  the command line is no good
  3  no answer, or not from this app: wrong address, or not published
  4  the key was refused, or is missing
  5  not ready: the app cannot reach storage or Cosmos DB, or this machine cannot reach storage
  6  the file, or its report, has not come in time; its record is printed
  7  passed, but the test's own file could not be taken out again
"""


def run(arguments: Sequence[str]) -> int:
    """Test the app, and return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        url = address_of(options.url or f"http://{LOCALHOST}:{Ports.from_environment().host}")
    except (ValueError, StackError) as error:
        print(f"devstack: {error}", file=sys.stderr)
        return Status.USAGE
    limits = Limits(options.ready_timeout, options.file_timeout, options.report_timeout)
    client = Client(url, options.key or os.environ.get(KEY_VARIABLE))
    start = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - start:6.1f} s  {text}", flush=True)

    print(f"smoke test of {url}", flush=True)
    smoke = Smoke(client, limits, f"smoke-{uuid.uuid4().hex[:12]}", say)
    status = _outcome(smoke, upload=not options.without_upload, replace=options.replace)
    if status is Status.PASSED:
        print("passed, without an upload" if options.without_upload else "passed", flush=True)
    return status


def _outcome(smoke: Smoke, *, upload: bool, replace: bool) -> Status:
    try:
        smoke.run(upload=upload, replace=replace)
    except SmokeError as error:
        status, message = error.status, str(error)
    except KeyboardInterrupt:
        status, message = Status.WRONG, "stopped before the end"
    else:
        return Status.PASSED
    print(f"devstack: smoke test failed: {message}", file=sys.stderr, flush=True)
    if smoke.uploaded:
        print(smoke.clean_up(), file=sys.stderr, flush=True)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m devstack smoke",
        description="Send one small file through the running app: upload it, wait for its record and its report, "
        "compare every number, and take it out again. Its dataset is its own; no other report changes.",
        epilog=EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--url", help="the app's address (default: the local stack)")
    parser.add_argument("--key", help=f"a function key; better in {KEY_VARIABLE}, which no list of processes shows")
    extent = parser.add_mutually_exclusive_group()
    extent.add_argument("--replace", action="store_true", help="also replace the file by another version")
    extent.add_argument(
        "--without-upload",
        action="store_true",
        help="only what can be seen without an upload, from where private networking keeps storage out of reach",
    )
    for name, seconds, what in (
        ("ready", 300, "the app answers and reaches its services"),
        ("file", 300, "an upload has its record"),
        ("report", 600, "the report shows a change: `refresh` runs every five minutes on Azure"),
    ):
        help_ = f"seconds until {what} (%(default)s)"
        parser.add_argument(f"--{name}-timeout", type=float, default=seconds, metavar="SECONDS", help=help_)
    return parser
