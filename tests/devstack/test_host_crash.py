"""A host that is killed in mid-work loses nothing."""

import base64
from collections.abc import Callable
from pathlib import Path

from tests.devstack.conftest import StartHost, Storage


def test_what_a_killed_host_had_in_work_is_done_by_the_next_one(
    copy_app: Callable[[str], Path], start_host: StartHost, storage: Storage
) -> None:
    root = copy_app("storage")
    first = start_host(root, storage, JOBS_QUEUE="crash-jobs")
    storage.upload("watched", "before the crash.csv")
    first.wait_for(r"Executed .*before the crash")
    storage.upload("watched", "in mid-work.csv", b"slow")
    storage.queue("crash-jobs").put(base64.b64encode(b"slow").decode())
    first.wait_for("INFO blob in work")
    first.wait_for("INFO job in work")
    first.kill()

    second = start_host(root, storage, JOBS_QUEUE="crash-jobs")
    second.wait_for("INFO blob worked again")
    second.wait_for("INFO job slow attempt 2")
    assert "before the crash" not in second.log
