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
        self._readings = {key: readings(c, pl.col(key), time_zone) for key, c in columns.items() if c.type != "string"}
        ways = {key: ways[0] for key, ways in self._readings.items()}
        self._first = [way.value.alias(key) for key, way in ways.items()]
        self._first += [way.shown.alias(shown(key)) for key, way in ways.items() if way.shown is not None]

    def read(self, texts: pl.DataFrame) -> pl.DataFrame:
        """The values of `texts`: null where there is no text, or where it is not of its column's type.

        A column that the processed document writes in another way has a second one (`shown`) with what stands there.
        """
        first = texts.lazy().select(self._first).collect()
        values: list[pl.Series] = []
        for key in self._columns:
            if key not in self._readings:
                values += [texts[key], texts[key].alias(shown(key))]
            else:
                value, used = _read_rest(first[key], texts[key], self._readings[key])
                values += [value, self._shown(key, value, texts, first, used).alias(shown(key))]
        return pl.DataFrame(values)

    def _shown(
        self, key: str, value: pl.Series, texts: pl.DataFrame, first: pl.DataFrame, used: list[Reading]
    ) -> pl.Series:
        """A column as the document has it, made of its texts where they all were read in one way that says how."""
        as_written = used[0].shown if len(used) == 1 else None
        if as_written is None:
            return value.to_frame().select(written(self._columns[key], pl.col(key), self._time_zone)).to_series()
        if used[0] is self._readings[key][0]:
            return first[shown(key)]
        return texts.select(as_written).to_series()


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
