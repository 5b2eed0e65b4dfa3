"""One CSV record at a time, exactly: what is a record, where it ends, and what is none."""

import pytest

from shared.ingest.records import Malformed, Record, Unterminated, read_record


def first(text, delimiter=",", *, final=True):
    return read_record(text.encode(), 0, delimiter, final=final)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("a,b", ["a", "b"]),
        ("a,", ["a", ""]),
        (",", ["", ""]),
        ('"a,b",c', ["a,b", "c"]),
        ('"",""', ["", ""]),
        ('"a ""b"" c"', ['a "b" c']),
        ('""""', ['"']),
        ('"a\r\nb",c', ["a\r\nb", "c"]),
        ('a"b,c', ['a"b', "c"]),  # a quote inside an unquoted field is a character
        (' "a",b', [' "a"', "b"]),
    ],
)
def test_fields_are_read_as_rfc_4180_has_them(text, fields):
    assert first(text + "\n").fields == fields


def test_a_blank_line_has_no_fields_and_an_empty_quoted_one_has_one():
    assert (first("\na").fields, first('""\na').fields) == ([], [""])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_ends_a_record(end):
    assert first(f"a,b{end}c") == Record(["a", "b"], 3 + len(end), 1)


def test_lines_of_a_record_are_physical_lines():
    assert first('"a\nb\r\nc\rd"\n').lines == 4


@pytest.mark.parametrize("text", ["a,b", "a,b\r", '"a\n', '"a"', '"a""', '"a"\r', '"a"x'])
def test_a_record_that_may_go_on_is_not_read_yet(text):
    assert first(text, final=False) is None


def test_the_last_record_needs_no_line_end():
    assert first("a,b") == Record(["a", "b"], 3, 1)


@pytest.mark.parametrize("text", ['"a', 'a,"b\nc,d\n', '"a""'])
def test_a_quote_open_at_the_end_of_the_file_is_unterminated(text):
    with pytest.raises(Unterminated):
        first(text)


@pytest.mark.parametrize(
    ("text", "raw", "lines"),
    [
        ('"a"x,b\nc,d\n', '"a"x,b', 1),
        ('"5" disk",b\nc,d\n', '"5" disk",b', 1),
        ('"a"x,"b\nc",d\ne,f\n', '"a"x,"b\nc",d', 2),  # later fields are read on to the end of the record
        ('"a,"x,"b\nc",d\ne,f\n', '"a,"x,"b\nc",d', 2),
        ('"a\nb"x,c\nd,e\n', '"a\nb"x,c', 2),  # a field of two lines that ends inside a line
    ],
)
def test_text_after_a_closing_quote_makes_the_whole_record_malformed(text, raw, lines):
    assert first(text) == Malformed(raw, text.index(raw) + len(raw) + 1, lines)


@pytest.mark.parametrize(
    "text",
    [
        '"a,1\n"b",2\n',  # the quote that seems to close the first field opens the next row's
        'a,"1\nb,"2"\n',
        '"a"x,"b\nc,d\n',  # and here nothing closes it
    ],
)
def test_a_quote_that_was_never_closed_costs_one_line_where_the_next_shows_it(text):
    line = text.splitlines()[0]
    assert first(text) == Malformed(line, len(line) + 1, 1)


def test_any_character_may_separate_fields():
    for delimiter in ";\t|^$.* ":
        assert first(f'a{delimiter}"b{delimiter}c"\n', delimiter).fields == ["a", f"b{delimiter}c"]
