"""The typed values of a block of texts, each column read in the way that takes the least.

Nearly always one reading has a value for every text of a column, and the others are never tried.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from shared.definitions.model import Column
from shared.ingest.iso import Reading
from shared.ingest.types import readings, written


class ValueReader:
    """Reads the columns of one file. `columns`: the definition of each column, by its key in frames."""

    def __init__(self, columns: Mapping[str, Column], time_zone: str) -> None:
        self._columns = columns
        self._time_zone = time_zone
        self._readings = {key: readings(c, pl.col(key), time_zone) for key, c in columns.items()}

    def read(self, texts: pl.DataFrame) -> pl.DataFrame:
        """The values of `texts`: null where there is no text, or where it is not of its column's type.

        A column that the processed document writes in another way has a second one (`shown`) with what stands there.
        """
        first = [ways[0].value.alias(key) for key, ways in self._readings.items()]
        values = texts.lazy().select(first).collect()
        written_apart: list[pl.Series] = []
        for key, ways in self._readings.items():
            value, used = _read_rest(values[key], texts[key], ways)
            if used != [ways[0]]:
                values = values.with_columns(value)
            as_written = used[0].shown if len(used) == 1 else None
            if as_written is None:
                column = value.to_frame().select(written(self._columns[key], pl.col(key), self._time_zone))
            else:
                column = texts.select(as_written)
            written_apart.append(column.to_series().alias(shown(key)))
        return values.with_columns(written_apart)


def shown(key: str) -> str:
    """The column that has the values of the column `key` as the processed document writes them."""
    return f"{key}.shown"


def _read_rest(value: pl.Series, text: pl.Series, ways: tuple[Reading, ...]) -> tuple[pl.Series, list[Reading]]:
    """All values of a column out of those that the first way has found, and the ways in which there were any."""
    used = [ways[0]] if value.null_count() < value.len() else []
    if len(ways) == 1 or value.null_count() == text.null_count():
        return value, used
    at = (text.is_not_null() & value.is_null()).arg_true()
    for way in ways[1:]:
        found = text.gather(at).to_frame().lazy().select(way.value).collect().to_series()
        if found.null_count() < found.len():
            value = value.scatter(at, found)
            used.append(way)
            at = at.filter(found.is_null())
        if at.is_empty():
            break
    return value, used
