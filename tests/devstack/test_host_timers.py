"""Timer triggers: schedule, start-up, missed runs, retries."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.devstack.conftest import StartHost, Storage

CopyApp = Callable[[str], Path]


def test_timer_runs_on_schedule(copy_app: CopyApp, start_host: StartHost, storage: Storage) -> None:
    host = start_host(copy_app("timers"), storage, OFTEN="* * * * * *")
    host.wait_for("INFO often", count=2)
    host.wait_for(r"Executed 'Functions\.often' \(Succeeded, \d+ ms, Timer fired")


def test_run_missed_while_no_host_was_there_is_past_due(
    copy_app: CopyApp, start_host: StartHost, storage: Storage
) -> None:
    root = copy_app("timers")
    host = start_host(root, storage, OFTEN="0 0 0 1 1 *")
    host.wait_for("INFO yearly past_due=False")
    host.wait_for(r"Executed 'Functions\.yearly'")
    host.stop()
    status = next(blob for blob in _timer_states(storage) if "yearly" in blob)
    blob = storage.blobs.get_blob_client("azure-webjobs-hosts", status)
    year = {"Last": "2019-01-01T00:00:00+00:00", "Next": "2020-01-01T00:00:00+00:00"}
    blob.upload_blob(json.dumps({**year, "LastUpdated": year["Last"]}), overwrite=True)
    start_host(root, storage, OFTEN="0 0 0 1 1 *").wait_for(r"INFO yearly past_due=True next=2020-01-01")


def test_failed_timer_is_retried_as_its_policy_says(copy_app: CopyApp, start_host: StartHost, storage: Storage) -> None:
    host = start_host(copy_app("timers"), storage, OFTEN="0 0 0 1 1 *")
    host.wait_for("INFO retried count=0 of 1 after None")
    host.wait_for("INFO retried count=1 of 1 after <")
    host.wait_for(r"Executed 'Functions\.retried' \(Failed", count=2)


def test_admin_runs_a_timer_now(copy_app: CopyApp, start_host: StartHost, storage: Storage) -> None:
    host = start_host(copy_app("timers"), storage, OFTEN="0 0 0 1 1 *")
    assert host.request("POST", "/admin/functions/often", body={}).status == 202
    host.wait_for("INFO often")


def _timer_states(storage: Storage) -> list[str]:
    """The newest last: other tests' hosts leave theirs in the same container."""
    blobs = storage.blobs.get_container_client("azure-webjobs-hosts").list_blobs(name_starts_with="timers/")
    newest = sorted(blobs, key=lambda blob: blob.last_modified, reverse=True)
    return [blob.name for blob in newest]


def test_without_listeners_the_host_still_runs_what_it_is_asked_to(
    copy_app: CopyApp, start_host: StartHost, storage: Storage
) -> None:
    host = start_host(copy_app("timers"), storage, OFTEN="* * * * * *", DEVSTACK_LISTENERS="0")
    assert "nothing but HTTP runs functions" in host.log
    host.request("POST", "/admin/functions/often", body={"input": ""})
    host.wait_for(r"Executed 'Functions\.often' \(Succeeded")
    assert "yearly" not in "".join(line for line in host.log.splitlines() if "Executed" in line)
