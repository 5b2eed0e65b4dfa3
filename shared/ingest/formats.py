"""strptime formats of dates and times, read as exactly as Python reads them.

polars (chrono) is more generous: it takes second 60 for the next minute, the year 26 for `%Y`, `%f` for nanoseconds,
and lets blanks be missing. So a text must match a pattern made of the format before polars reads it.
"""

from __future__ import annotations

import re

import polars as pl

PATTERNS = {
    **dict.fromkeys("YG", "[0-9]{4}"),
    **dict.fromkeys("y", "[0-9]{2}"),
    **dict.fromkeys("mdHIMUWV", "[0-9]{1,2}"),
    **dict.fromkeys("aAbB", "[A-Za-z]+"),
    "S": "[0-5]?[0-9]",
    "f": "[0-9]{1,6}",
    "p": "[AaPp][Mm]",
    "j": "[0-9]{1,3}",
    "u": "[1-7]",
    "w": "[0-6]",
    "z": "(?:[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])",
    "%": "%",
}
NOTHING = r"[^\s\S]"  # of a directive whose meaning would be a guess, such as %Z: no text matches
PREFERRED = (("%c", "%a %b %d %H:%M:%S %Y"), ("%x", "%m/%d/%y"), ("%X", "%H:%M:%S"))  # locale "C"
PIECE = re.compile(r"%(?P<directive>.)|(?P<blank>\s+)|(?P<literal>[^%\s]+)")


def read_date(text: pl.Expr, layout: str) -> pl.Expr:
    """The date of a text in this format, null where it is in another."""
    text, layout = _guarded(text, layout)
    return _in_posix_century(text.str.to_date(layout, strict=False), layout)


def read_datetime(text: pl.Expr, layout: str) -> pl.Expr:
    """The date and time of a text in this format, null where it is in another: in UTC if it has an offset."""
    text, layout = _guarded(text, layout)
    zone = "UTC" if has_offset(layout) else None
    return _in_posix_century(text.str.to_datetime(layout, strict=False, time_unit="us", time_zone=zone), layout)


def has_offset(layout: str) -> bool:
    """Whether texts in this format say how far they are from UTC."""
    return "%z" in layout.replace("%%", "")


def _guarded(text: pl.Expr, layout: str) -> tuple[pl.Expr, str]:
    """The text where it matches the format, and the format as polars spells it."""
    for directive, meaning in PREFERRED:
        layout = layout.replace(directive, meaning)
    if has_offset(layout):
        text = text.str.replace(r"(\d ?)Z$", "$1+0000")
    before, fraction, after = layout.partition("%f")
    matching = pl.when(text.str.contains(f"^{_pattern(layout)}$")).then(text)
    if not fraction:
        return matching, layout
    # `%.f` reads digits as a fraction, `%f` as a number of nanoseconds; it wants a point in front.
    pointed = matching.str.replace(f"^({_pattern(before)})({PATTERNS['f']})({_pattern(after)})$", "${1}.${2}${3}")
    return pointed, f"{before}%.f{after}"


def _pattern(layout: str) -> str:
    return "".join(_piece(piece) for piece in PIECE.finditer(layout))


def _piece(piece: re.Match[str]) -> str:
    if piece["directive"]:
        return PATTERNS.get(piece["directive"], NOTHING)
    return r"\s+" if piece["blank"] else re.escape(piece["literal"])


def _in_posix_century(value: pl.Expr, layout: str) -> pl.Expr:
    """`%y` in the range 69 to 99 is 1969 to 1999; polars begins at 70."""
    if "%y" not in layout:
        return value
    return pl.when(value.dt.year() == 2069).then(value.dt.offset_by("-100y")).otherwise(value)
