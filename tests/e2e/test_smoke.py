"""`python -m devstack smoke` against the running stack: as a build server calls it, without a package installed."""

import re
import subprocess
import sys

import pytest

WITHOUT_PACKAGES = "-S"
KEY_REFUSED = 4


@pytest.fixture(scope="module")
def smoke(pipeline, root):
    """The command, with the app's key unless another is given."""

    def smoke(*arguments, key=None):
        command = [sys.executable, WITHOUT_PACKAGES, "-m", "devstack", "smoke", "--url", pipeline.stack.host_url]
        environment = {"PATH": "/usr/bin:/bin", "FUNCTION_KEY": pipeline.stack.key() if key is None else key}
        return subprocess.run(
            [*command, *arguments], cwd=root, env=environment, capture_output=True, text=True, check=False
        )

    return smoke


@pytest.fixture(scope="module")
def passed(smoke):
    return smoke("--replace")


def test_it_passes(passed):
    assert (passed.returncode, passed.stderr) == (0, "")
    assert passed.stdout.endswith("passed\n")


def test_it_leaves_no_file_behind(passed, pipeline):
    name = re.search(r"uploaded (\S+)", passed.stdout)[1]
    outputs = {"uploads": name, "processed": name.replace(".csv", ".json"), "rejected": name}
    assert [container for container, blob in outputs.items() if pipeline.exists(container, blob)] == []
    assert pipeline.record(name)["status"] == "deleted"


def test_it_leaves_no_report_behind(passed, pipeline):
    folder = re.search(r"uploaded (\S+)/", passed.stdout)[1]
    assert folder not in [report["name"] for report in pipeline.get("reports").json()["value"]]


def test_a_wrong_key_ends_it_before_anything_is_uploaded(smoke, pipeline):
    before = len(pipeline.records())
    refused = smoke(key="wrong")
    assert refused.returncode == KEY_REFUSED
    assert "give the host key `default`" in refused.stderr
    assert len(pipeline.records()) == before
