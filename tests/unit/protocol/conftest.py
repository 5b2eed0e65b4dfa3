"""The search over interleavings, as a fixture."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.unit.protocol.search import Clock, Happening, Processing, Search


@pytest.fixture
def search(new_pipeline: type[Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Search]]:
    """Search what follows from a story. `before`: what has happened, and been dealt with, before."""
    clock = Clock(monkeypatch)
    Processing(monkeypatch)

    def make(*story: Happening, before: tuple[Happening, ...] = ()) -> Search:
        return Search(new_pipeline, clock, before, story)

    logging.disable()  # what thousands of workers have to say
    yield make
    logging.disable(logging.NOTSET)
