"""Files as people send them (`tests/fixtures/csv`): read whole, with some rows rejected, or refused with a reason."""

import csv
import io

import pytest

GOOD = {
    "cr.csv": ["a", "b\rc", "d"],
    "crlf_with_bom.csv": ["Käse", 'a "b"; c'],
    "utf16.csv": ["Käse", "😀"],
    "multi_line.csv": ["first\nsecond\n\nfourth", "a, b"],
    "no_last_line_end.csv": ["a", "b"],
    "header_only.csv": [],
    "trailing_columns.csv": ["a", "b"],
    "blank_lines.csv": ["a", "b"],
    "single_column.csv": ["hello", None, "hello"],
    "formulas.csv": ["=1+1", "@SUM(A1)"],
}


@pytest.mark.parametrize("chunk", [1, 7, 1 << 20])
@pytest.mark.parametrize(("file", "texts"), GOOD.items(), ids=GOOD)
def test_a_good_file_is_read_whole(fixture_file, process_file, file, texts, chunk):
    result = process_file(fixture_file(f"good/{file}"), chunk=chunk)
    assert [record["text"] for record in result.records] == texts
    assert result.outcome.rejected == 0


REJECTS = {
    "widths.csv": (["1", "4"], [(3, "too_few_fields"), (4, "too_many_fields"), (7, "too_many_fields")]),
    "quotes.csv": (["2", "4", "5"], [(2, "text_after_quote"), (4, "text_after_quote")]),
    "footer.csv": (["1", "2"], [(4, "too_few_fields")]),
    "preamble.csv": ([], [(2, "too_many_fields"), (3, "too_many_fields")]),
}


@pytest.mark.parametrize("chunk", [1, 7, 1 << 20])
@pytest.mark.parametrize(("file", "expected"), REJECTS.items(), ids=REJECTS)
def test_bad_rows_are_rejected_and_the_others_kept(fixture_file, process_file, file, expected, chunk):
    ids, places = expected
    result = process_file(fixture_file(f"rejects/{file}"), chunk=chunk)
    assert [str(record["id"]) for record in result.records if "id" in record] == ids
    assert [(int(row[0]), row[2]) for row in result.rejects] == places
    assert (result.error.line, result.error.code) == places[0]


REFUSED = {
    "empty.csv": ("empty_file", None),
    "line_ends.csv": ("empty_file", None),
    "invalid_utf8.csv": ("encoding", 4),
    "nul.csv": ("not_csv", 3),
    "workbook.csv": ("not_csv", 1),
    "page.csv": ("not_csv", 1),
    "unterminated_quote.csv": ("unterminated_quote", 3),
    "duplicate_column.csv": ("duplicate_column", 1),
    "empty_column_name.csv": ("empty_column_name", 1),
    "two_delimiters.csv": ("delimiter", 1),
}


@pytest.mark.parametrize("chunk", [1, 7, 1 << 20])
@pytest.mark.parametrize(("file", "place"), REFUSED.items(), ids=REFUSED)
def test_a_file_that_is_no_good_is_refused_with_its_line_and_leaves_nothing(
    fixture_file, process_file, file, place, chunk
):
    result = process_file(fixture_file(f"refused/{file}"), chunk=chunk)
    assert (result.error.code, result.error.line) == place
    assert result.outcome.refused
    assert not result.outputs.documents
    assert not result.outputs.partials


def test_the_rejected_file_has_rows_as_they_were_with_where_and_why(fixture_file, process_file):
    result = process_file(fixture_file("rejects/quotes.csv"))
    assert list(csv.reader(io.StringIO(result.rejected_text))) == [
        ["_line", "_column", "_code", "_message", "id", "text"],
        ["2", "", "text_after_quote", result.error.message, '1,"a" and b'],
        ["4", "", "text_after_quote", result.error.message, '3,"d'],
    ]
