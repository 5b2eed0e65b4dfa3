"""Dependencies are pinned to exact versions, and those are what is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from devstack.errors import StackError
from devstack.publish.installation import PLATFORM
from devstack.publish.requirements import DEVELOPMENT, ROOT, RUNTIME, direct, installed, needed_by, pins


@pytest.mark.parametrize(
    "file", [RUNTIME, DEVELOPMENT, ROOT / "benchmarks" / "requirements.txt"], ids=lambda file: file.name
)
def test_every_requirement_is_pinned_to_one_version(file: Path) -> None:
    assert pins(file)


@pytest.mark.parametrize(
    "line", ["polars", "polars>=2", "polars==2.*", "polars==2.1.0 ; python_version < '4'", "./polars"]
)
def test_a_requirement_that_leaves_something_open_is_an_error(tmp_path: Path, line: str) -> None:
    (tmp_path / "requirements.txt").write_text(line)
    with pytest.raises(StackError, match="to one version"):
        pins(tmp_path / "requirements.txt")


def test_what_is_installed_here_is_what_is_pinned() -> None:
    wanted = pins(RUNTIME) | pins(DEVELOPMENT)
    found = {name: one.version for name, one in installed().items()}
    assert {name: found.get(name) for name in wanted} == wanted


def test_development_pins_nothing_that_is_published() -> None:
    assert pins(RUNTIME).keys() & pins(DEVELOPMENT).keys() == set()


def test_no_package_needs_what_would_slow_or_swell_the_app() -> None:
    assert {"numpy", "aiohttp", "pandas", "pyarrow"} & installed().keys() == set()


def test_what_the_host_needs_is_pinned_here_or_the_apps() -> None:
    assert set(needed_by(PLATFORM, installed())) <= {*PLATFORM, *needed_by(direct(RUNTIME), installed())}
