"""Damage to one row changes no other row.

The law. Take a table of texts whose values neither begin nor end with a quote, a delimiter or a line end. (A value
like `","` makes what follows an opened quote look like well-formed CSV, and then nobody can tell.) Write it properly,
and damage the bytes of one row, but for its last line end. Then

1. every other row comes out unchanged, in its place, and lines are counted as before;
2. nothing else comes out but records made of the damaged row's own text: so no two rows are merged into one record;
3. or the file is refused, because the damage is no text, or leaves a quote open for good.
"""

import csv
import io
import re
from dataclasses import dataclass

from hypothesis import assume, given
from hypothesis import strategies as st

from shared.definitions.model import Column

LINE_END = re.compile(r"\r\n|\n|\r")
inner = st.text(st.sampled_from('ab1é,,"\n\r ;') | st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)
letters = st.text("abcxyzé", min_size=1, max_size=3)
values = st.just("") | letters | st.tuples(letters, inner, letters).map("".join)


@dataclass(frozen=True)
class Damaged:
    """A written table and what became of one of its rows."""

    header: str
    before: list[str]  # rows as they are written
    was: str
    now: str
    after: list[str]
    end: str  # of each line

    @property
    def text(self):
        return "".join(row + self.end for row in [self.header, *self.before, self.now, *self.after])


@st.composite
def damaged_tables(draw, damage):
    width = draw(st.integers(1, 4))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    table = draw(st.lists(st.lists(values, min_size=width, max_size=width), min_size=1, max_size=7))
    written = [_written(row, end, quoting) for row in table]
    at = draw(st.integers(0, len(table) - 1))
    start = draw(st.integers(0, len(written[at])))
    stop = draw(st.integers(start, min(start + 3, len(written[at]))))
    now = written[at][:start] + draw(damage) + written[at][stop:]
    header = ",".join(f"n{index}" for index in range(width))
    return Damaged(header, written[:at], written[at], now, written[at + 1 :], end)


def _written(row, end, quoting):
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator=end, quoting=quoting).writerow(row)
    return buffer.getvalue().removesuffix(end)


def _fields(row):
    return next(csv.reader(io.StringIO(row, newline=""), strict=True))


def _processed(answer, table, chunk):
    """What becomes of the file with a row at its end that is too wide: it must be refused, on its line.

    Every column is a text, so that none but damaged rows are refused.
    """
    names = table.header.split(",")
    columns = [Column(name, "string") for name in names]
    data = table.text + ",".join(["z"] * (len(names) + 1))
    read = answer(data, *columns, delimiter=",", null_values=(), chunk=chunk)
    return read, [list(record.values()) for record in read.records]


quotes = st.sampled_from(['"', '""', '"x', 'x"', '",', ',"', '"\n', '\n"', '","', '"",""'])
harmless = st.text(st.sampled_from("x,; \n\r\t\ufeff"), max_size=3)


@given(damaged_tables(quotes | harmless), st.integers(1, 50) | st.just(1 << 20))
def test_every_row_that_is_not_damaged_comes_out_unchanged_or_the_file_is_refused(answer, table, chunk):
    read, records = _processed(answer, table, chunk)
    if read.refused:
        assert read.refused.code == "unterminated_quote"
        assert '"' in table.now
        return
    before, after = [_fields(row) for row in table.before], [_fields(row) for row in table.after]
    assert records[: len(before)] == before
    behind = len(records) - len(after)
    assert records[behind:] == after
    for record in records[len(before) : behind]:
        assert _made_of(record, table.now), f"{record!r} is not made of {table.now!r} alone"
    line, code, _ = read.rejects[-1]
    assert (line, code) == (1 + len(LINE_END.findall(table.text)), "too_many_fields")


def _made_of(record, text):
    """Whether the fields of a record stand in a text, in their order. Quotes are left out: some were doubled."""
    at, text = 0, text.replace('"', "")
    for value in (field.replace('"', "") for field in record):
        found = text.find(value, at)
        if found < 0:
            return False
        at = found + len(value)
    return True


@given(damaged_tables(st.text(st.sampled_from("xy, ;\té"), max_size=3)), st.integers(1, 50))
def test_damage_without_a_quote_costs_one_row_at_most(answer, table, chunk):
    assume('"' not in table.was)  # what is taken out may be a quote
    read, records = _processed(answer, table, chunk)
    others = len(table.before) + len(table.after)
    assert others <= len(records) <= others + 1
    assert len(records) + len(read.rejects) <= others + 2  # the damaged row, and the last


@given(damaged_tables(st.just("\0")), st.sampled_from([b"\0", b"\xff", b"\xc3(", b"\xed\xa0\x80"]), st.integers(1, 50))
def test_damage_that_is_no_text_refuses_the_file_at_its_line(answer, table, damage, chunk):
    text = table.text
    problem = answer(text.encode().replace(b"\0", damage), delimiter=",", chunk=chunk).refused
    assert problem.code == ("not_csv" if damage == b"\0" else "encoding")
    assert problem.line == 1 + len(LINE_END.findall(text[: text.index("\0")]))
