"""The ways to read rows give one answer: the fast reading, the lines that it takes out of damage, the exact reading."""

import csv
import io
import random
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ingest import blocks
from shared.ingest.regular import RegularRows

CELLS = ["", "a", "b c", "é😀", "\ufeff", ";", "1", '"q"', '"x,y"', '"1\n2"', '"3\r4"', '"\r\n"', '""', '"a""b"', '" "']
ODD = ['"', '"x"y', 'x"y', '""x', '"x" ', "\r", '"\n', "\x85"]
ENDS = ["\n"] * 8 + ["\r\n", "\r\n", "\r", "\n\n"]

regular_cells = st.sampled_from(CELLS)
lines_of_two = st.lists(regular_cells, min_size=2, max_size=2)
other_lines = st.lists(st.sampled_from(CELLS + ODD), min_size=1, max_size=4)
lines = st.tuples(lines_of_two | lines_of_two | lines_of_two | other_lines, st.sampled_from(ENDS))
texts = st.lists(lines, max_size=10).map(lambda rows: "".join(",".join(row) + end for row, end in rows))


@contextmanager
def without(*ways):
    """Without some of the fast ways: `blocks` that are read at once, `lines` out of a block with damage."""
    with ExitStack() as stack:
        if "blocks" in ways:
            stack.enter_context(patch.object(RegularRows, "read", return_value=None))
        if "lines" in ways:
            none = patch.object(RegularRows, "regular_lines", lambda _, lines: pl.repeat(False, len(lines), eager=True))
            stack.enter_context(none)
        yield


@given(texts, st.sampled_from(["a,b\n", "a,b,\r\n", '"a",b\r']), st.integers(1, 40) | st.just(1 << 20))
def test_all_ways_to_read_a_text_agree(answer, rows, header, chunk):
    fast = answer(header + rows, delimiter=",", chunk=chunk)
    with without("blocks"):
        assert answer(header + rows, delimiter=",", chunk=chunk) == fast
    with without("blocks", "lines"):
        assert answer(header + rows, delimiter=",", chunk=chunk) == fast


@given(
    st.lists(st.sampled_from([*CELLS, *ODD]), max_size=10), st.sampled_from(["\n", "\r\n", "\r"]), st.integers(1, 30)
)
def test_all_ways_to_read_one_column_agree(answer, values, end, chunk):
    text = end.join(["a", *values])
    fast = answer(text, delimiter=",", chunk=chunk)
    with without("blocks", "lines"):
        assert answer(text, delimiter=",", chunk=chunk) == fast


# polars parses large texts in several threads, and guesses where a row begins: what it is given must leave no doubt.
QUOTED_LINES = ['"\n"', '"a,b\n1,2\n3,4\n"', '"\n""\n"', '",\n,"', '"x\r\ny,"', '""","""\n']


@pytest.mark.parametrize("seed", range(2))
def test_a_large_text_full_of_quoted_line_ends_is_read_as_csv_reads_it(answer, seed):
    choice = random.Random(seed)
    cells = ["", "plain", "12", '"a ""b"""', *QUOTED_LINES[:5]]
    text = "a,b,c\n" + "".join(",".join(choice.choices(cells, k=3)) + "\n" for _ in range(40_000))
    expected = [row for row in csv.reader(io.StringIO(text, newline="")) if row][1:]
    read = answer(text, delimiter=",", null_values=("no such",))
    assert not read.rejects
    assert [list(record.values()) for record in read.records] == expected


@pytest.mark.parametrize("row", ['1,5" disk\n', '1,"x"y\n', "1\n", '"1\n', "\n"])
def test_one_odd_row_holds_no_others_up_however_large_the_file(answer, row):
    """`MAX_RECORD` is for records, not for what waits behind one."""
    text = "a,b\n" + row + '"1",2\n' * 200
    with patch.object(blocks, "MAX_RECORD", 100):
        assert len(answer(text, delimiter=",", chunk=50).records) >= 200
