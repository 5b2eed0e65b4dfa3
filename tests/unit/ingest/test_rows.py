"""Blocks of rows: whatever the blocks, the same rows on the same lines; and what is no row at all."""

import csv
import io
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import RejectedFile
from shared.ingest.records import MAX_RECORD
from shared.ingest.regular import RegularRows
from shared.ingest.table import SAMPLE, open_table


def codes(rows):
    return [(reject.problem.line, reject.problem.code, reject.fields) for reject in rows.rejects]


@pytest.mark.parametrize("piece", [1, 2, 7, None])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_have_their_physical_lines(read_rows, piece, end):
    text = end.join(["a,b", "1,2", "", '"3', '4",5', "", "6,7", "8,9", ""])
    rows = read_rows(text, piece)
    assert rows.lines == [2, 4, 7, 8]
    assert rows.fields == [("1", "2"), (f"3{end}4", "5"), ("6", "7"), ("8", "9")]


@pytest.mark.parametrize("piece", [1, 3, None])
def test_mixed_line_ends_are_read_alike(read_rows, piece):
    rows = read_rows("a,b\r\n1,2\r3,4\n\r5,6\r\r\n7,8", piece)
    assert list(zip(rows.lines, rows.fields, strict=True)) == [
        (2, ("1", "2")),
        (3, ("3", "4")),
        (5, ("5", "6")),
        (7, ("7", "8")),
    ]


@pytest.mark.parametrize("piece", [1, 2, 5, None])
def test_rows_of_another_width_are_rejected_wherever_they_are(read_rows, piece):
    rows = read_rows('a,b\n1\n2,3,4\n"5\n5",6\n7\n\n8,9\n0,0,0', piece)
    assert codes(rows) == [
        (2, "too_few_fields", ("1",)),
        (3, "too_many_fields", ("2", "3", "4")),
        (6, "too_few_fields", ("7",)),
        (9, "too_many_fields", ("0", "0", "0")),
    ]
    assert rows.lines == [4, 8]


def test_short_and_long_rows_that_make_up_for_each_other_are_both_rejected(read_rows):
    rows = read_rows("a,b,c\n1,2\n3,4,5,6\n7,8,9\n")
    assert [code for _, code, _ in codes(rows)] == ["too_few_fields", "too_many_fields"]


def test_a_row_longer_by_empty_fields_makes_up_for_no_short_one(read_rows):
    rows = read_rows("a,b\n1\n2,3,\n")
    assert (codes(rows), rows.fields) == ([(2, "too_few_fields", ("1",))], [("2", "3")])


def test_a_value_under_a_dropped_empty_header_rejects_its_row(read_rows):
    rows = read_rows("a,b,\n1,2,\n3,4,x\n5,6\n")
    assert (rows.fields, rows.rejects[0].problem.line) == ([("1", "2"), ("5", "6")], 3)


@pytest.mark.parametrize("piece", [1, 4, None])
def test_a_malformed_row_is_rejected_raw_and_the_next_rows_keep_their_lines(read_rows, piece):
    rows = read_rows('a,b\n1,2\n"3"x,4\n5,6\n"7\n8"y,9\n0,0\n', piece)
    assert codes(rows) == [(3, "text_after_quote", ('"3"x,4',)), (5, "text_after_quote", ('"7\n8"y,9',))]
    assert list(zip(rows.lines, rows.fields, strict=True)) == [(2, ("1", "2")), (4, ("5", "6")), (7, ("0", "0"))]


@pytest.mark.parametrize("piece", [1, 6, None])
def test_an_unclosed_quote_costs_its_row_alone_where_a_quoted_row_follows(read_rows, piece):
    rows = read_rows('a,b\n"1,2\n"3","4"\n"5","6"\n', piece)
    assert codes(rows) == [(2, "text_after_quote", ('"1,2',))]
    assert rows.fields == [("3", "4"), ("5", "6")]


@pytest.mark.parametrize("piece", [1, 6, None])
def test_a_quote_that_is_never_closed_rejects_the_file_at_its_line(refusal, read_rows, piece):
    problem = refusal(lambda: read_rows('a,b\n1,2\n\n3,"4\n5,6\n7,8\n', piece))
    assert (problem.code, problem.line) == ("unterminated_quote", 4)


def test_a_record_without_end_is_given_up_before_it_fills_the_memory(refusal):
    pulled = 0

    def pieces():
        nonlocal pulled
        yield b'a,b\n1,"2'
        for _ in range(100):
            pulled += 1
            yield b"x" * (MAX_RECORD // 4)

    problem = refusal(lambda: list(open_table(pieces(), ",").blocks))
    assert (problem.code, problem.line) == ("unterminated_quote", 2)
    assert pulled < 10


def test_a_header_may_be_longer_than_the_sample(read_rows):
    names = [f"column {index}" for index in range(40_000)]
    rows = read_rows(",".join(names) + "\n" + ",".join("1" for _ in names) + "\n", piece=100_000)
    assert rows.header.names == tuple(names)
    assert len(rows.fields) == 1


def test_header_and_rows_may_meet_in_the_middle_of_a_line_end(read_rows):
    size = SAMPLE
    header = "a," + "b" * (size - 3)
    rows = read_rows(f"{header}\r\n1,2\r\n", piece=size)
    assert (rows.lines, rows.fields) == ([2], [("1", "2")])


@pytest.mark.parametrize("text", ["a,b", "a,b\n", "a,b\r\n\r\n\n"])
def test_a_header_alone_has_no_rows(read_rows, text):
    assert read_rows(text).fields == []


def test_a_single_column_keeps_empty_values_apart_from_blank_lines(read_rows):
    rows = read_rows('a\n1\n\n""\n  \n2\n')
    assert list(zip(rows.lines, rows.fields, strict=True)) == [(2, ("1",)), (4, ("",)), (5, ("  ",)), (6, ("2",))]


@pytest.mark.parametrize(
    "value", ["\ufeff", "\ufeffx", "#x", " x ", "\x1a", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "NA", "null", "\\N"]
)
@pytest.mark.parametrize("width", [1, 2])
def test_no_value_means_anything_to_the_reader(read_rows, value, width):
    names = ["a", "b"][:width]
    row = [value, "x"][:width]
    rows = read_rows("\n".join(",".join(line) for line in (names, row, row)) + "\n")
    assert rows.fields == [tuple(row), tuple(row)]


fields = st.text(
    st.characters(codec="utf-8", exclude_characters="\0") | st.sampled_from('",;\t|\r\n \ufeff#'), max_size=6
)
tables = st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(fields, min_size=width, max_size=width), max_size=8))
dialects = st.tuples(
    st.sampled_from(",;\t|^$. "),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables, dialects, st.integers(1, 40))
def test_what_csv_writes_comes_back_equal_in_any_dialect_and_any_pieces(read_rows, table, dialect, piece):
    delimiter, end, quoting = dialect
    width = len(table[0]) if table else 1
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow([f"n{index}" for index in range(width)])
    writer.writerows(table)
    assert read_rows(buffer.getvalue(), piece, delimiter).fields == [tuple(row) for row in table]


cells = st.sampled_from(["", "a", "b c", "\ufeff", "é", ";"] * 3 + ['"q"', '"', '"x"y', '"1\n2"', '""'])
ends = st.sampled_from(["\n"] * 6 + ["\r\n", "\r", "\n\n"])
lines_of_two = st.tuples(st.lists(cells, min_size=2, max_size=2), ends)
other_lines = st.tuples(st.lists(cells, min_size=1, max_size=4), ends)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(lines_of_two | lines_of_two | other_lines, max_size=8), st.integers(1, 30))
def test_the_fast_path_and_the_exact_one_give_the_same_answer_for_any_text(read_rows, lines, piece):
    text = "a,b\n" + "".join(",".join(row) + end for row, end in lines)
    fast = rows_or_refusal(read_rows, text, piece)
    with no_fast_reading():
        exact = rows_or_refusal(read_rows, text, len(text))
    assert fast == exact


@contextmanager
def no_fast_reading():
    """No text and no line is regular: everything goes through the exact reading."""
    with (
        patch.object(RegularRows, "read", return_value=None),
        patch.object(RegularRows, "regular_lines", lambda _, lines: lines.is_null()),
    ):
        yield


def rows_or_refusal(read_rows, text, piece):
    try:
        return read_rows(text, piece)
    except RejectedFile as refused:
        return refused.problem
