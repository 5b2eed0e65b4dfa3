"""Any table that Python's `csv` writes comes back equal, in any dialect, encoding and cut into any chunks."""

import csv
import io
import re
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from shared.definitions.model import Column

LINE_END = re.compile(r"\r\n|\n|\r")
DELIMITERS = ",;\t|^ :.a0-\x01\\'#"
ENCODINGS = {  # how a file is written: what its dataset declares, and characters that are odd there
    "utf-8": ("utf-8", ""),
    "utf-8-sig": ("latin-1", "é😀"),  # a mark wins
    "utf-16": ("utf-8", "é😀Ⰱ∊"),  # the last two have bytes that are a line end and a comma elsewhere
    "utf-32": ("utf-8", "é😀Ⰱ∊"),
    "utf-16-le": ("utf-16-le", "é😀Ⰱ∊"),
    "utf-32-be": ("utf-32-be", "é😀Ⰱ∊"),
    "latin-1": ("latin-1", "é\x80\xff\xa0"),
    "cp1252": ("cp1252", "é€„“Ž"),
    "shift_jis": ("shift_jis", "表ソポ能ｱ"),  # second bytes that are `\\` and `|` elsewhere
    "gb18030": ("gb18030", "张陓😀㐀"),
}
SPECIAL = '""",,;\t|\r\n \ufeff#\\\'\x85\u2028\x0b\x1c'


ANY_CHARACTER = st.characters(codec="utf-8", exclude_characters="\0")
ASCII = st.characters(min_codepoint=1, max_codepoint=126)


@dataclass(frozen=True)
class File:
    """What csv.writer made of a table, and on which line each row begins."""

    data: bytes
    names: list[str]
    rows: list[tuple[int, list[str]]]
    delimiter: str
    encoding: str  # the declared one


@st.composite
def files(draw):
    encoding = draw(st.sampled_from([*["utf-8"] * len(ENCODINGS), *ENCODINGS]))
    declared, odd = ENCODINGS[encoding]
    special = st.sampled_from([c for c in SPECIAL if _can_hold(encoding, c)] + list(odd))
    cells = st.text(special | (ASCII if odd else ANY_CHARACTER), max_size=6)
    width = draw(st.integers(1, 4))
    names = draw(st.lists(cells.filter(_is_name), min_size=width, max_size=width, unique=True))
    regular = st.lists(cells, min_size=width, max_size=width)
    rows = draw(st.lists(regular | regular | regular | st.lists(cells, min_size=1, max_size=6), max_size=8))
    delimiter = draw(st.sampled_from(DELIMITERS))
    buffer = io.StringIO(newline="")
    writer = csv.writer(
        buffer,
        delimiter=delimiter,
        lineterminator=draw(st.sampled_from(["\n", "\r\n", "\r"])),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_STRINGS])),
    )
    writer.writerow(names)
    lines = []
    for row in rows:
        lines.append(1 + len(LINE_END.findall(buffer.getvalue())))
        writer.writerow(row)
    data = buffer.getvalue().encode(encoding)
    return File(data, names, list(zip(lines, rows, strict=True)), delimiter, declared)


def _can_hold(encoding, character):
    try:
        return character.encode(encoding).decode(encoding) == character
    except UnicodeEncodeError:
        return False


def _is_name(text):
    return text != "" and not text.startswith("\ufeff")


def _fits(row, width):
    return len(row) >= width and not any(row[width:])


@given(files(), st.integers(1, 60) | st.just(1 << 20))
def test_what_csv_writes_comes_back_equal_and_rows_of_another_width_are_rejected_as_they_were(answer, file, chunk):
    columns = [Column(name, "string") for name in file.names]
    read = answer(file.data, *columns, delimiter=file.delimiter, encoding=file.encoding, null_values=(), chunk=chunk)
    width = len(file.names)
    assert read.refused is None
    assert list(read.records) == [
        dict(zip(file.names, row[:width], strict=True)) for _, row in file.rows if _fits(row, width)
    ]
    assert list(read.rejects) == [
        (line, "too_few_fields" if len(row) < width else "too_many_fields", tuple(row))
        for line, row in file.rows
        if not _fits(row, width)
    ]


@given(files(), st.integers(1, 60))
def test_without_a_definition_the_size_of_chunks_changes_nothing(answer, file, chunk):
    settings = {"delimiter": file.delimiter, "encoding": file.encoding}
    assert answer(file.data, chunk=chunk, **settings) == answer(file.data, **settings)


simple = st.text(st.characters(codec="utf-8", exclude_characters='\0"\r\n,;\t|'), min_size=1, max_size=5)


@given(
    st.lists(simple.filter(_is_name), min_size=2, max_size=5, unique=True),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.data(),
)
def test_auto_finds_the_delimiter_where_no_other_occurs(answer, names, delimiter, end, data):
    rows = data.draw(st.lists(st.lists(simple, min_size=len(names), max_size=len(names)), max_size=5))
    text = "".join(delimiter.join(row) + end for row in [names, *rows])
    read = answer(text, *(Column(name, "string") for name in names))
    assert list(read.records) == [dict(zip(names, row, strict=True)) for row in rows]
