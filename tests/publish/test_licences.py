"""docs/licences.md says under which licences all that is published may be used."""

from __future__ import annotations

from importlib.metadata import Distribution
from pathlib import Path

import pytest

from devstack.errors import StackError
from devstack.licences import PAGE, is_allowed, licence_of, page
from devstack.publish.requirements import installed


def package(folder: Path, *lines: str) -> Distribution:
    """A package that says these lines of itself."""
    (folder / "METADATA").write_text("\n".join(["Metadata-Version: 2.4", "Name: some", "Version: 1", *lines, ""]))
    return Distribution.at(folder)


def test_the_page_is_what_the_installed_packages_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(installed()), "run `python -m devstack licences`"


@pytest.mark.parametrize(
    "lines",
    [
        ["License-Expression: MIT"],
        ["License: MIT"],
        ["License: MIT License"],
        [
            "License: Copyright (c) somebody",
            "        Permission is hereby",
            "Classifier: License :: OSI Approved :: MIT License",
        ],
        ["Classifier: License :: OSI Approved :: MIT License"],
    ],
)
def test_a_licence_is_found_wherever_packages_say_it(tmp_path: Path, lines: list[str]) -> None:
    assert licence_of(package(tmp_path, *lines)) == "MIT"


@pytest.mark.parametrize(
    "lines",
    [
        ["License-Expression: AGPL-3.0-only"],
        ["License: GPLv3"],
        ["Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)"],
        [
            "Classifier: License :: OSI Approved :: MIT License",
            "Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)",
        ],
        [],
    ],
)
def test_a_licence_that_nobody_has_allowed_is_an_error(tmp_path: Path, lines: list[str]) -> None:
    with pytest.raises(StackError, match="some 1 is under"):
        licence_of(package(tmp_path, *lines))


@pytest.mark.parametrize("expression", ["MIT", "Apache-2.0 OR GPL-3.0-only", "(MIT AND BSD-3-Clause)"])
def test_an_expression_is_allowed_where_one_way_to_take_it_is(expression: str) -> None:
    assert is_allowed(expression)


@pytest.mark.parametrize("expression", ["GPL-3.0-only", "MIT AND GPL-3.0-only", ""])
def test_an_expression_is_not_allowed_where_no_way_to_take_it_is(expression: str) -> None:
    assert not is_allowed(expression)
