"""What the app is told from outside: its settings and its definitions, each read once. Light to import."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from shared.definitions.catalog import Definitions
from shared.definitions.errors import DefinitionsNotFoundError
from shared.definitions.parse import load
from shared.settings import Settings

ROOT = Path(__file__).parent.parent
DEFAULT_DATASETS_FILE = "datasets.toml"


@cache
def settings() -> Settings:
    """The settings of this process. Raises SettingsError with every mistake."""
    return Settings.from_environment(os.environ)


@cache
def definitions() -> Definitions:
    """The definitions of this process. Raises DefinitionsError with every mistake."""
    return definitions_in(settings().datasets_file)


def definitions_in(file: str | None) -> Definitions:
    """The datasets and reports of a file. Raises DefinitionsError with every mistake.

    Without a name and without the default file there are none: the app needs no definitions to start.
    """
    try:
        return load(ROOT / (file or DEFAULT_DATASETS_FILE))
    except DefinitionsNotFoundError:
        if file:
            raise
        return Definitions()
