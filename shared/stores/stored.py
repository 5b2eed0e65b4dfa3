"""A value with the ETag under which it may be replaced: the unit of compare-and-set."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stored[T]:
    """A value as it was read. Saving under another ETag than this raises Conflict."""

    value: T
    etag: str


@dataclass(frozen=True, slots=True)
class ListedPartial:
    """A blob in `partials` as a listing shows it."""

    name: str
    etag: str
    modified: dt.datetime
