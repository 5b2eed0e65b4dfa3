"""`python -m devstack up`: start everything, show what it does with the samples, serve until Ctrl-C."""

import signal
import sys
import time
from pathlib import Path
from typing import NoReturn

from devstack import samples as sample_files
from devstack import summary
from devstack.api import Api
from devstack.emulators import STORAGE_ACCOUNT
from devstack.errors import StackError
from devstack.ports import LOCALHOST, Ports
from devstack.stack import Stack
from devstack.telemetry.process import ENDPOINT

SAMPLES_DEADLINE_SECONDS = 120
RECONCILE = "reconcile"


def run(root: Path, *, samples: bool, keys: Path | None) -> int:
    """Serve the app in `root`; state goes below `.devstack/` there. Returns the exit status."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        ports = Ports.from_environment()
        ports.require_host()
        with Stack(root, root / ".devstack", ports, keys=keys, echo=True, telemetry=True) as stack:
            try:
                _serve(stack, samples=samples)
            finally:
                _ignore_further_signals()
    except KeyboardInterrupt:
        print("stopped", flush=True)
        return 0
    except StackError as error:
        print(f"devstack: {error}", file=sys.stderr, flush=True)
        return 1


def _serve(stack: Stack, *, samples: bool) -> NoReturn:
    stack.start()
    api = Api(stack.host_url, stack.key())
    _fill_from_blobs(stack, api)
    if samples:
        _show_samples(stack, api)
    else:
        calls = summary.calls(api, [], [], _upload_command(stack))
        _say(f"Running\n{_parts(stack)}", f"To try\n{calls}", _how_to_stop())
    while True:
        stack.require_alive()
        time.sleep(0.2)


def _fill_from_blobs(stack: Stack, api: Api) -> None:
    """The emulated Cosmos DB starts empty: have the app find the uploads that were kept, now, not on schedule."""
    with stack.blob_service() as service:
        uploads = service.get_container_client(sample_files.UPLOADS).list_blobs(results_per_page=1)
        if next(iter(uploads), None) is None:
            return
    try:
        api.run_function(RECONCILE, stack.key("master"))
    except StackError as error:
        _say(f"The uploads of the last run are found when `{RECONCILE}` runs on schedule ({error})")


def _show_samples(stack: Stack, api: Api) -> None:
    with stack.blob_service() as service:
        names = sample_files.upload_samples(stack.root / "samples" / "uploads", service)
    _say(f"Uploaded {len(names)} files from samples/uploads; waiting for the reports …")
    records = sample_files.wait_for_files(api, names, SAMPLES_DEADLINE_SECONDS, stack.require_alive)
    reports = list(api.items("reports"))
    unfinished = len(names) - sum(map(sample_files.is_done, records))
    warning = f"{unfinished} files are not done after {SAMPLES_DEADLINE_SECONDS} s" if unfinished else ""
    _say(
        f"Files\n{summary.files(records)}",
        warning,
        f"Reports\n{summary.reports(reports)}",
        f"Running\n{_parts(stack)}",
        f"To try\n{summary.calls(api, records, reports, _upload_command(stack), _traces(stack))}",
        _how_to_stop(),
    )


def _parts(stack: Stack) -> str:
    elsewhere = f"sent to {stack.otlp_endpoint}" if stack.otlp_endpoint else f"off ({ENDPOINT} is empty)"
    return summary.parts(stack.ports, _traces(stack) or elsewhere)


def _traces(stack: Stack) -> str | None:
    return f"{stack.otlp_endpoint}/traces" if stack.receives_telemetry else None


def _upload_command(stack: Stack) -> str:
    return sample_files.upload_command(f"http://{LOCALHOST}:{stack.ports.blob}/{STORAGE_ACCOUNT}")


def _how_to_stop() -> str:
    return "Ctrl-C stops everything. Uploads and results are kept in .devstack/; `make clean` removes them."


def _say(*paragraphs: str) -> None:
    print("\n" + "\n\n".join(filter(None, paragraphs)) + "\n", flush=True)


def _ignore_further_signals() -> None:
    """What is ending must not be disturbed by a second, impatient Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
