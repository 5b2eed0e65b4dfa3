"""`python -m devstack rebuild`: everything in Cosmos DB from the blobs, now.

The app does it by itself when `reconcile` and `refresh` run on schedule. This has them run until nothing is left to do.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.core.exceptions import AzureError
from azure.storage.blob import BlobServiceClient

from devstack.api import Api
from devstack.errors import StackError
from devstack.ports import LOCALHOST, Ports
from devstack.samples import UPLOADS
from devstack.settings import layered, local_settings

ROOT = Path(__file__).resolve().parent.parent
FINAL = ("processed", "rejected", "failed")
PAUSE_SECONDS = 1.0  # between two looks
AGAIN_SECONDS = 10.0  # without any change, after which the functions are run again: they may have failed
STUCK_SECONDS = 300.0  # without any change, after which it is given up
RECONCILE, REFRESH = "reconcile", "refresh"


@dataclass(frozen=True)
class State:
    """How far the records are in line with the uploads."""

    uploads: int
    statuses: Counter[str]  # of the records that are settled
    waiting: tuple[str, ...]  # names of files that are not
    stale: int  # records that some report does not show yet

    @property
    def is_done(self) -> bool:
        """Whether every upload has a settled record and every report shows it."""
        return not self.waiting and not self.stale

    def __str__(self) -> str:
        settled = self.statuses.total()
        return f"{settled:,} of {self.uploads:,} files settled, {self.stale:,} not in reports yet"


def compare(uploads: dict[str, str], records: Iterable[dict[str, Any]]) -> State:
    """The state, out of the uploads (name → ETag) and the file records as the API shows them."""
    statuses: Counter[str] = Counter()
    settled, gone, stale = set(), [], 0
    for record in records:
        name = record["name"]
        stale += bool(record["stale"])
        if name not in uploads:
            gone += [name] if record["status"] != "deleted" else []
        elif record["status"] in FINAL and record["etag"].strip('"') == uploads[name]:
            settled.add(name)
            statuses[record["status"]] += 1
    return State(len(uploads), statuses, (*sorted(uploads.keys() - settled), *gone), stale)


class Rebuild:
    """Runs the two functions of an app until every upload is settled and every report shows it."""

    def __init__(self, api: Api, storage: str) -> None:
        self._api = api
        self._storage = storage

    def run(self) -> State:
        """The state in the end. Raises StackError where it cannot be reached."""
        show, last = _Line(), None
        changed = ran = float("-inf")
        while True:
            state = compare(self._uploads(), self._api.items("files?top=1000"))
            now = time.monotonic()
            show(str(state))
            if state.is_done and last is not None:
                show.clear()
                return state
            if last is None or state != last:
                changed = now
            elif now - changed > STUCK_SECONDS:
                raise StackError(f"nothing has changed for {STUCK_SECONDS / 60:.0f} minutes; {_what_is_left(state)}")
            all_settled = last is not None and last.waiting and not state.waiting
            if last is None or all_settled or now - max(changed, ran) > AGAIN_SECONDS:
                # What reconcile finds besides, such as files of a changed definition, does not show in the state.
                for function in (REFRESH,) if all_settled else (RECONCILE, REFRESH):
                    self._api.run_function(function, self._api.key)
                ran = now
            last = state
            time.sleep(PAUSE_SECONDS)

    def _uploads(self) -> dict[str, str]:
        try:
            with BlobServiceClient.from_connection_string(self._storage, retry_total=2) as service:
                blobs = service.get_container_client(UPLOADS).list_blobs()
                return {str(blob.name): str(blob.etag).strip('"') for blob in blobs}
        except (AzureError, ValueError) as error:
            reason = (str(error).splitlines() or ["no answer"])[0]
            raise StackError(f"cannot list the uploads in the account that Storage names: {reason}") from None


class _Line:
    """What is going on, on one line of a terminal; nothing elsewhere."""

    def __init__(self) -> None:
        self._width = 0

    def __call__(self, text: str) -> None:
        """Show this instead of what was there."""
        if sys.stdout.isatty():
            print("\r" + text.ljust(self._width), end="", flush=True)
            self._width = len(text)

    def clear(self) -> None:
        """Leave the line empty."""
        if self._width:
            print("\r" + " " * self._width, end="\r", flush=True)


def run(arguments: Sequence[str]) -> int:
    """Rebuild, and return the exit status: 0 done, 1 not."""
    options = _parser().parse_args(arguments)
    start = time.monotonic()
    try:
        ports = Ports.from_environment()
        settings = layered(local_settings(ROOT, ports), os.environ, {})
        api = Api((options.url or f"http://{LOCALHOST}:{ports.host}").rstrip("/"), options.key)
        state = Rebuild(api, settings.get("Storage", "")).run()
        reports = sum(1 for report in api.items("reports") if report.get("rows"))
    except StackError as error:
        print(f"devstack: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the app goes on by itself", file=sys.stderr)
        return 1
    statuses = ", ".join(f"{number:,} {status}" for status, number in sorted(state.statuses.items()))
    print(
        f"rebuilt: {state.uploads:,} files ({statuses or 'none'}), {reports:,} reports with rows, "
        f"in {time.monotonic() - start:.0f} s"
    )
    return 0


def _what_is_left(state: State) -> str:
    if state.waiting:
        number, first = len(state.waiting), state.waiting[0]
        return f"{number:,} files are not settled, such as {first}: see its record and the app's log"
    return f"the reports do not show {state.stale:,} files: see the app's log"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m devstack rebuild",
        description="Have the app bring everything in Cosmos DB in line with the uploads, now, and wait for it. "
        "The uploads are listed in the account that the setting Storage names: "
        "a variable of the environment, else local.settings.json.",
    )
    parser.add_argument("--url", help="the app's address (default: the local stack)")
    parser.add_argument("--key", help="its master key, where it asks for keys")
    return parser
