"""What the app is told from outside, as it finds it at start-up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import configuration
from shared.definitions.catalog import Definitions
from shared.definitions.errors import DefinitionsError, DefinitionsNotFoundError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The app's folder: empty, with the least settings, and nothing read yet."""
    monkeypatch.setattr(configuration, "ROOT", tmp_path)
    monkeypatch.setenv("Storage", "x")
    monkeypatch.setenv("COSMOS_ENDPOINT", "https://account")
    monkeypatch.delenv("DATASETS_FILE", raising=False)
    configuration.settings.cache_clear()
    configuration.definitions.cache_clear()
    yield tmp_path
    configuration.settings.cache_clear()
    configuration.definitions.cache_clear()


def test_the_default_file_is_read_where_there_is_one(folder: Path) -> None:
    (folder / "datasets.toml").write_text('[datasets.sales]\nfiles = "sales/**"\ncolumns.x = { type = "string" }\n')
    assert [dataset.name for dataset in configuration.definitions().datasets] == ["sales"]


def test_the_app_starts_without_any_definitions(folder: Path) -> None:
    assert configuration.definitions() == Definitions()


def test_a_file_that_was_named_must_be_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATASETS_FILE", "sales.toml")
    with pytest.raises(DefinitionsNotFoundError, match=r"sales\.toml"):
        configuration.definitions()


def test_the_default_file_named_must_be_there_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATASETS_FILE", "datasets.toml")
    with pytest.raises(DefinitionsNotFoundError):
        configuration.definitions()


def test_a_broken_file_is_refused_also_where_it_is_the_default(folder: Path) -> None:
    (folder / "datasets.toml").write_text("[datasets.sales]\n")
    with pytest.raises(DefinitionsError, match="files"):
        configuration.definitions()


def test_a_named_file_may_be_anywhere(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "elsewhere.toml"
    elsewhere.write_text("")
    monkeypatch.setenv("DATASETS_FILE", str(elsewhere))
    assert configuration.definitions() == Definitions()
