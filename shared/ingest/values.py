"""The typed values of a block of texts, each column read in the way that takes the least.

Nearly always one reading has a value for every text of a column, and the others are never tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

import polars as pl

from shared.definitions.model import Column
from shared.ingest.iso import Reading
from shared.ingest.types import readings, written

SAMPLE = 100  # texts among which one is looked for that is not missing
# What several columns are made of is computed once. The other optimisations take longer than they save here.
ONCE_EACH = pl.QueryOptFlags.none(comm_subexpr_elim=True)


class ValueReader:
    """Reads the columns of one file. `columns`: the definition of each column, by its key in frames."""

    def __init__(self, columns: Mapping[str, Column], time_zone: str) -> None:
        self._columns = {key: c for key, c in columns.items() if c.type != "string"}
        self._time_zone = time_zone
        self._readings = {key: readings(c, pl.col(key), time_zone) for key, c in self._columns.items()}

    def read(self, texts: pl.DataFrame) -> pl.DataFrame:
        """The texts, and behind them their values: null where there is no text, or none of its column's type.

        A column of strings is its own value. A column that the processed document may write in another way than its
        values has a third one (`shown`) with what stands there.
        """
        readings = {key: _likeliest_first(ways, texts[key]) for key, ways in self._readings.items()}
        first = [ways[0].value.alias(value(key)) for key, ways in readings.items()]
        first += [ways[0].shown.alias(shown(key)) for key, ways in readings.items() if ways[0].shown is not None]
        rows = texts.lazy().with_columns(first).collect(engine="in-memory", optimizations=ONCE_EACH)
        return rows.with_columns(
            series for key, ways in readings.items() for series in self._other_ways(key, ways, rows)
        )

    def _other_ways(self, key: str, ways: tuple[Reading, ...], rows: pl.DataFrame) -> Iterator[pl.Series]:
        """What becomes of a column where its first way to be read is not the only one, or does not say what to show."""
        column = self._columns[key]
        values, used = _read_rest(rows[value(key)], rows[key], ways)
        if used == [ways[0]] and (ways[0].shown is not None or column.type != "datetime"):
            return
        yield values
        as_written = used[0].shown if len(used) == 1 else None
        if as_written is None:
            as_written = written(column, pl.col(value(key)), self._time_zone)
        yield rows.with_columns(values).select(as_written.alias(shown(key))).to_series()


def _likeliest_first(ways: tuple[Reading, ...], text: pl.Series) -> tuple[Reading, ...]:
    """The way that reads the first text, then the others: in a column most texts have one form."""
    if len(ways) == 1 or ways[0].pattern is None:
        return ways
    sample = next((given for given in text.head(SAMPLE) if given is not None), "")
    likely = next((way for way in ways if way.pattern and re.search(way.pattern, sample)), ways[0])
    return (likely, *(way for way in ways if way is not likely))


def value(key: str) -> str:
    """The column that has the values of the column `key` of texts."""
    return f"{key}.value"


def shown(key: str) -> str:
    """The column that has the values of the column `key` as the processed document writes them."""
    return f"{key}.shown"


def values_of(rows: pl.DataFrame, keys: Iterable[str]) -> pl.DataFrame:
    """The values out of what was read, under the keys of their columns."""
    return _picked(rows, keys, value)


def shown_of(rows: pl.DataFrame, keys: Iterable[str]) -> pl.DataFrame:
    """The same as the processed document shows it."""
    return _picked(rows, keys, shown, value)


def _picked(rows: pl.DataFrame, keys: Iterable[str], *names: Callable[[str], str]) -> pl.DataFrame:
    """Under each key the first of its columns by these names that there is, or else its text."""
    there = set(rows.columns)
    found = {key: next((name(key) for name in names if name(key) in there), key) for key in keys}
    return pl.DataFrame([rows[name].alias(key) for key, name in found.items()])


def _read_rest(values: pl.Series, text: pl.Series, ways: tuple[Reading, ...]) -> tuple[pl.Series, list[Reading]]:
    """All values of a column out of those that the first way has found, and the ways in which there were any."""
    used = [ways[0]] if values.null_count() < values.len() else []
    if len(ways) == 1 or values.null_count() == text.null_count():
        return values, used
    at = (text.is_not_null() & values.is_null()).arg_true()
    for way in ways[1:]:
        found = text.gather(at).to_frame().lazy().select(way.value).collect().to_series()
        if found.null_count() < found.len():
            values = values.scatter(at, found)
            used.append(way)
            at = at.filter(found.is_null())
        if at.is_empty():
            break
    return values, used
