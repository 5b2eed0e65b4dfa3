"""What somebody asks of a report, as it came. Light to import: every cold start of the API needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.errors import Mistake


@dataclass(frozen=True, slots=True)
class Asked:
    """The arguments of a request as they came; `mistakes` are those that have been found before."""

    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    first: str | None = None  # from
    last: str | None = None  # to
    orderby: str | None = None
    select: str | None = None
    by: str | None = None
    top: int = 100
    cursor: Any = None
    mistakes: tuple[Mistake, ...] = ()
