"""States as they are stored: Parquet that says which definition they were made for."""

from __future__ import annotations

import io

import polars as pl

DEFINITION = "definition"


def pack(states: pl.DataFrame, definition: str) -> bytes:
    """A frame of states as a file. `definition` is the hash of all that shapes them."""
    buffer = io.BytesIO()
    states.write_parquet(buffer, metadata={DEFINITION: definition})
    return buffer.getvalue()


def unpack(data: bytes) -> pl.DataFrame:
    """The inverse of `pack`."""
    return pl.read_parquet(io.BytesIO(data))


def definition_of(data: bytes) -> str:
    """The hash of the definition that the states in a file were made for."""
    return pl.read_parquet_metadata(io.BytesIO(data)).get(DEFINITION, "")
