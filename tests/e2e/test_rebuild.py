"""Cosmos DB is emptied, and `python -m devstack rebuild` brings everything back from the blobs."""

import subprocess
import sys

import pytest

from devstack.ports import Ports
from devstack.stack import Stack

NEVER = "0 0 0 1 1 *"
OF_A_RUN = ("generation", "committed", "startedAt", "finishedAt", "traceId", "attempts")
UPLOADS = {
    "shop/a.csv": b"item,amount\nx,1\ny,2\n",
    "shop/b.csv": b"item,amount\nz,10\nbroken\n",
    "weather/atlantis.csv": b"location,date,precipitation,temp_max,temp_min,wind,weather\n"
    b"Atlantis,1999-01-31,1.5,10,5,3,rain\nAtlantis,1999-02-01,2.5,10,5,3,rain\n",
    "shop/no-table.csv": b"%PDF-1.7 something else",
}


@pytest.fixture(scope="module")
def alone(tmp_path_factory, root, pipeline_of):
    """A pipeline of its own in which nothing but events makes anything happen."""
    state = tmp_path_factory.mktemp("rebuild")
    schedules = {"REFRESH_SCHEDULE": NEVER, "RECONCILE_SCHEDULE": NEVER}
    with Stack(root, state, Ports.free(), keys=state / "keys.json", env=schedules) as stack:
        stack.start()
        yield pipeline_of(stack)


def rebuild(stack: Stack, **options: str) -> subprocess.CompletedProcess[str]:
    """The command as people call it."""
    given = {"url": stack.host_url, "key": stack.key("master") or "", **options}
    arguments = [text for name, value in given.items() for text in (f"--{name}", value)]
    environment = {**stack.settings, "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "devstack", "rebuild", *arguments]
    return subprocess.run(command, cwd=stack.root, env=environment, capture_output=True, text=True, check=False)


def seen(pipeline):
    """Records and reports, but for what tells of one run."""
    records = {
        record["name"]: {field: value for field, value in record.items() if field not in OF_A_RUN}
        for record in pipeline.records()
    }
    periods = (("shop", "all"), ("weather_by_month", "1999-01"), ("weather_by_month", "1999-02"))
    reports = [pipeline.report(report, period) for report, period in periods]
    return records, [{field: value for field, value in report.items() if field != "updatedAt"} for report in reports]


def test_an_emptied_database_is_rebuilt_as_it_was(alone):
    for name, data in UPLOADS.items():
        alone.ingest(name, data)
    assert rebuild(alone.stack).returncode == 0  # nothing refreshes the reports by itself here
    before = seen(alone)
    alone.stack.kill_cosmos()
    alone.stack.start_cosmos()
    alone.stack.create_resources()
    done = rebuild(alone.stack)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("rebuilt: 4 files (3 processed, 1 rejected), 2 reports with rows, in ")
    assert len(done.stdout.splitlines()) == 1
    assert seen(alone) == before


def test_a_wrong_key_is_one_plain_line(alone):
    done = rebuild(alone.stack, key="wrong")
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("devstack: GET ")
    assert "401" in line
