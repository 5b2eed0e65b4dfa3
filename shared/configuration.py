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
    """The datasets and reports of DATASETS_FILE. Raises DefinitionsError with every mistake.

    Without the setting and without the default file there are none: the app needs no definitions to start.
    """
    name = settings().datasets_file
    try:
        return load(ROOT / (name or DEFAULT_DATASETS_FILE))
    except DefinitionsNotFoundError:
        if name:
            raise
        return Definitions()
