"""Reading a TOML table key by key, with every mistake noted on the way instead of an end at the first."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from shared.definitions.errors import Mistake

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the file. A key that is missing or wrong reads as None; wrong ones leave a mistake behind."""

    values: Mapping[str, object]
    mistakes: list[Mistake]  # one list, shared by all tables of a file
    path: str = ""
    prefix: str = (
        ""  # of the keys in mistakes: an entry such as `quantity = { min = 1 }` is spoken of as `quantity.min`
    )

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def mistake(self, key: str, message: str) -> None:
        """Note what is wrong with a key; "" means the table itself."""
        place = f"{self.prefix}.{quoted_key(key)}" if self.prefix and key else self.prefix or (key and quoted_key(key))
        self.mistakes.append(Mistake(self.path, place, _on_one_line(message)))

    def expect_only(self, keys: Sequence[str], kind: str = "key") -> None:
        """Every other key is a mistake: a check with a typing error in its name must not be skipped in silence."""
        for key in self.values:
            if key not in keys:
                near = suggestion(key, keys, otherwise=f"there is only {', '.join(keys)}")
                self.mistake(key, f"unknown {kind}, {near}")

    def require(self, key: str, remedy: str) -> None:
        """A key that there is no default for."""
        if key not in self.values:
            self.mistake(key, f"is missing; {remedy}")

    def without(self, keys: Iterable[str]) -> Table:
        """The same table as if these keys were not there."""
        left_out = set(keys)
        return replace(self, values={key: value for key, value in self.values.items() if key not in left_out})

    def text(self, key: str) -> str | None:
        """A string."""
        value = self.values.get(key)
        if value is None or isinstance(value, str):
            return value
        self.mistake(key, f"must be a string, not {shown(value)}")
        return None

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A list of strings."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, list):
            self.mistake(key, f"must be a list of strings, not {shown(value)}")
            return None
        for item in value:
            if not isinstance(item, str):
                self.mistake(key, f"must have strings only, not {shown(item)}")
                return None
        return tuple(value)

    def flag(self, key: str) -> bool | None:
        """A boolean."""
        value = self.values.get(key)
        if value is None or isinstance(value, bool):
            return value
        self.mistake(key, f"must be true or false, not {shown(value)}")
        return None

    def whole(self, key: str, lowest: int, highest: int) -> int | None:
        """An integer within a range."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest:
            return value
        self.mistake(key, f"must be a whole number from {lowest} to {highest}, not {shown(value)}")
        return None

    def choice[Option: str](self, key: str, options: Sequence[Option]) -> Option | None:
        """One of a few words."""
        value = self.values.get(key)
        chosen = next((option for option in options if option == value), None)
        if value is not None and chosen is None:
            self.mistake(key, f"must be {alternatives(options)}, not {shown(value)}")
        return chosen

    def table(self, key: str) -> Table | None:
        """A table within this one."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, dict):
            path = f"{self.path}.{quoted_key(key)}" if self.path else quoted_key(key)
            return Table(value, self.mistakes, path)
        self.mistake(key, f"must be a table, not {shown(value)}")
        return None

    def tables(self) -> Iterator[tuple[str, Table]]:
        """All tables within this one, by name, in the order of the file."""
        for name in self.values:
            table = self.table(name)
            if table is not None:
                yield name, table

    def entries(self) -> Iterator[tuple[str, Table]]:
        """The same for tables that are entries of this one, mostly written on one line each."""
        for name, table in self.tables():
            yield name, replace(table, path=self.path, prefix=quoted_key(name))


def quoted_key(key: str) -> str:
    """A key as TOML wants it written."""
    return key if _BARE_KEY.fullmatch(key) else shown(key)


def alternatives(options: Sequence[str]) -> str:
    """`a, b or c`."""
    return f"{', '.join(options[:-1])} or {options[-1]}" if len(options) > 1 else "".join(options)


def suggestion(word: str, options: Iterable[str], otherwise: str) -> str:
    """What was probably meant, or another remedy where nothing is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - only where there is a mistake

    close = get_close_matches(word, list(options), n=1)
    return f"did you mean {shown(close[0])}?" if close else otherwise


def shown(value: object) -> str:
    """A value as the author of the file knows it, on one line and not too long."""
    match value:
        case dict():
            return "a table"
        case list():
            return "a list"
        case bool() | str():
            text = json.dumps(value, ensure_ascii=not str(value).isprintable())
        case int():
            text = str(value) if value.bit_length() <= 64 else "a number of more than 64 bits"
        case Decimal():
            text = str(value)
        case dt.date() | dt.time():  # a datetime is a date
            text = value.isoformat()
        case _:
            text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def _on_one_line(text: str) -> str:
    """Messages quote what is in the file, which may hold line ends and worse."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
