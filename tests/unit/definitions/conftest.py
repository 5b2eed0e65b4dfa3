"""Fixtures for reading `datasets.toml`: files beside this one, and short ways to the mistakes of a text."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.definitions.errors import DefinitionsError
from shared.definitions.parse import parse


@pytest.fixture
def fixtures() -> Path:
    return Path(__file__).parent / "fixtures"


@pytest.fixture
def mistakes_of() -> Callable[[str], list[str]]:
    """The mistakes of a text, a line each; none where it is accepted."""

    def mistakes(text: str) -> list[str]:
        try:
            parse(text, "datasets.toml")
        except DefinitionsError as error:
            return [str(mistake) for mistake in error.mistakes]
        return []

    return mistakes
