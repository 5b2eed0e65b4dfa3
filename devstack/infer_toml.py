"""A dataset and a report as a section of `datasets.toml`, whatever is in their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from shared.definitions.model import Column, Dataset, Report

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
WIDEST_KEY = 40  # that others are aligned with
ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

# What a draft may have, in the order in which it reads best.
DATASET_KEYS = ("files", "delimiter", "encoding", "null_values")
COLUMN_KEYS = ("type", "scale", "format", "required", "unique", "one_of")
REPORT_KEYS = ("dataset", "time", "period", "group_by")

type Entries = dict[str, object]
type Notes = Mapping[str, Sequence[str]]  # comments by the name of what they are about


def section(dataset: Dataset, report: Report, about: Sequence[str], notes: Notes, column_notes: Notes) -> str:
    """The text. `about` stands above all of it; `notes` are on keys of the dataset, `column_notes` on columns."""
    settings = _differing(dataset, Dataset(""), DATASET_KEYS)
    columns = {
        column.name: _inline(_differing(column, Column("", "string"), COLUMN_KEYS)) for column in dataset.columns
    }
    table = f"datasets.{_key(dataset.name)}"
    shape = _differing(report, Report("", ""), REPORT_KEYS)
    metrics = {m.name: _value(f"{m.function}({m.column})" if m.column else m.function) for m in report.metrics}
    parts = (
        [_comment(line) for line in about],
        [f"[{table}]", *_lines({key: _value(value) for key, value in settings.items()}, notes)],
        [f"[{table}.columns]", *_lines(columns, column_notes)],
        [f"[reports.{_key(report.name)}]", *_lines({key: _value(value) for key, value in shape.items()}, {})],
        [f"[reports.{_key(report.name)}.metrics]", *_lines(metrics, {})],
    )
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def quoted(text: str) -> str:
    """A text as TOML writes it, on one line; what nobody could see is written as its number."""
    return f'"{"".join(_escaped(char) for char in text)}"'


def _escaped(char: str) -> str:
    if char in ESCAPES:
        return ESCAPES[char]
    if char.isprintable():
        return char
    return f"\\u{ord(char):04X}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08X}"


def _key(name: str) -> str:
    return name if BARE_KEY.fullmatch(name) else quoted(name)


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    return quoted(value) if isinstance(value, str) else str(value)


def _inline(values: Mapping[str, object]) -> str:
    return f"{{ {', '.join(f'{key} = {_value(value)}' for key, value in values.items())} }}"


def _differing(value: Dataset | Column | Report, default: Dataset | Column | Report, keys: Sequence[str]) -> Entries:
    """The keys that have to be written, in this order: a column's type also where it is `string`."""
    return {key: getattr(value, key) for key in keys if key == "type" or getattr(value, key) != getattr(default, key)}


def _lines(entries: Mapping[str, str], notes: Notes) -> Iterable[str]:
    """An entry a line, values below each other, each under the comments on it."""
    keys = {name: _key(name) for name in entries}
    width = max((len(key) for key in keys.values() if len(key) <= WIDEST_KEY), default=0)
    for name, text in entries.items():
        yield from (_comment(note) for note in notes.get(name, ()))
        yield f"{keys[name]:<{width}} = {text}"


def _comment(text: str) -> str:
    return f"# {''.join(char if char.isprintable() else ascii(char)[1:-1] for char in text)}"
