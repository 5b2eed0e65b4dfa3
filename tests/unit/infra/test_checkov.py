"""checkov's opinion: what it finds is fixed, or skipped in the file with a reason that still stands.

It is a program of its own in .devstack/checkov (`make unit` puts it there): its packages would harm the app's.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.unit.infra.project import INFRA, ROOT

PACKAGES = ROOT / ".devstack/checkov"
SKIP = re.compile(r"// checkov:skip=(\w+):(.*)")
# Beyond these, any further check that passes is welcome.
ENFORCED = {f"CKV_AZURE_{n}" for n in (3, 14, 15, 16, 18, 34, 36, 44, 57, 67, 70, 71, 72, 132, 140, 145)}
# Of the Flex Consumption plan; chosen by the profile; of the app settings, which checkov takes for a site of their own;
# and the name of the storage account, which is a parameter here and is held by a policy of ours.
MAY_BE_SKIPPED = {
    f"CKV_AZURE_{n}" for n in (17, 78, 212, 213, 35, 59, 99, 101, 206, 222, 225, 13, 63, 65, 66, 80, 88, 43)
}


@dataclass(frozen=True, slots=True)
class Findings:
    """What checkov found, as (check, file, first line, last line)."""

    passed: frozenset[str]
    failed: frozenset[tuple[str, str, int, int]]
    not_understood: tuple[str, ...]


def scan(folder: Path) -> Findings:
    assert (PACKAGES / ".stamp").exists(), "checkov is not installed: run `make unit` or `make test`"
    command = [sys.executable, "-m", "checkov.main", "--framework", "bicep", "--skip-download", "--output", "json"]
    run = subprocess.run(
        [*command, "--directory", str(folder)],
        env=os.environ | {"PYTHONPATH": str(PACKAGES), "LOG_LEVEL": "ERROR", "CKV_SKIP_PACKAGE_UPDATE_CHECK": "true"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode in (0, 1), run.stderr
    results: dict[str, Any] = json.loads(run.stdout)["results"]
    failed = {
        (each["check_id"], each["file_path"].lstrip("/"), *each["file_line_range"]) for each in results["failed_checks"]
    }
    passed = frozenset(each["check_id"] for each in results["passed_checks"])
    return Findings(passed, frozenset(failed), tuple(str(path) for path in results["parsing_errors"]))


def without_skips(text: str) -> str:
    """The same lines, with nothing left out of the scan."""
    return SKIP.sub("//", text)


def copied(target: Path, change: Callable[[str, str], str]) -> Path:
    """`infra/` in another folder, each Bicep file changed by its name and text."""
    shutil.copytree(INFRA, target)
    for path in target.rglob("*.bicep"):
        name = path.relative_to(target).as_posix()
        path.write_text(change(name, path.read_text(encoding="utf-8")), encoding="utf-8")
    return target


def skips() -> list[tuple[str, str, int, str]]:
    """Every skip, as (check, file, line, reason)."""
    return [
        (found[1], path.relative_to(INFRA).as_posix(), number, found[2].strip())
        for path in sorted(INFRA.rglob("*.bicep"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (found := SKIP.search(line))
    ]


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    folder = tmp_path_factory.mktemp("checkov") / "infra"
    return scan(copied(folder, lambda _, text: without_skips(text)))


@pytest.fixture(scope="module")
def findings_of_a_worse_one(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    def worse(name: str, text: str) -> str:
        if name == "modules/monitoring.bicep":
            return f"param notUnderstood string[] = []\n{text}"
        return text.replace("minimumTlsVersion: 'TLS1_2'", "minimumTlsVersion: 'TLS1_0'")

    return scan(copied(tmp_path_factory.mktemp("checkov") / "infra", worse))


def test_checkov_understands_every_file(findings: Findings) -> None:
    assert findings.not_understood == ()


def test_what_must_pass_passes(findings: Findings) -> None:
    assert findings.passed >= ENFORCED
    assert {check for check, *_ in findings.failed} & ENFORCED == set()


def test_what_fails_is_skipped_where_it_fails(findings: Findings) -> None:
    unexcused = {
        (check, file, first)
        for check, file, first, last in findings.failed
        if not any((check, file) == skip[:2] and first <= skip[2] <= last for skip in skips())
    }
    assert unexcused == set()


def test_what_is_skipped_would_fail(findings: Findings) -> None:
    idle = [
        skip
        for skip in skips()
        if not any(skip[:2] == failed[:2] and failed[2] <= skip[2] <= failed[3] for failed in findings.failed)
    ]
    assert idle == []


def test_every_skip_has_a_reason_and_is_of_those_that_may_be() -> None:
    assert [skip for skip in skips() if len(skip[3].split()) < 2] == []
    assert {check for check, *_ in skips()} <= MAY_BE_SKIPPED


def test_a_file_that_checkov_does_not_understand_is_noticed(findings_of_a_worse_one: Findings) -> None:
    (path,) = findings_of_a_worse_one.not_understood
    assert path.endswith("modules/monitoring.bicep")


def test_what_breaks_a_check_is_found_and_the_skips_are_honoured(findings_of_a_worse_one: Findings) -> None:
    assert {failed[:2] for failed in findings_of_a_worse_one.failed} == {("CKV_AZURE_44", "modules/storage.bicep")}
