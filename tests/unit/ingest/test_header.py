"""The header: column names, and the delimiter where none is declared."""

import pytest

from shared.ingest.header import read_header


def header_of(text, delimiter=","):
    header = read_header(text.encode(), delimiter, final=True)
    assert header is not None
    return header


def names(text, delimiter="auto"):
    return header_of(text, delimiter).names


def test_names_are_taken_as_they_are():
    assert names('id, name ,"a ""b"", c",^x$,*,line,c0,c0.value,größe\n') == (
        ("id", " name ", 'a "b", c', "^x$", "*", "line", "c0", "c0.value", "größe")
    )


def test_a_header_may_stand_after_blank_lines_and_cover_several():
    header = header_of('\r\n\n"a\nb",c\n1,2\n')
    assert (header.names, header.line, header.next_line) == (("a\nb", "c"), 3, 5)


def test_empty_names_at_the_end_are_dropped():
    assert names("a,b,,\n1,2,,\n") == ("a", "b")


@pytest.mark.parametrize(("text", "position"), [(",b\n", "1"), ("a,,c,,e\n", "2, 4"), (",\n", "1")])
def test_an_empty_name_is_refused_with_its_position(refusal, text, position):
    problem = refusal(lambda: names(text))
    assert problem.code == "empty_column_name"
    assert f"column {position}." in problem.message


def test_duplicate_names_are_refused_by_name(refusal):
    problem = refusal(lambda: names("\na,b,c,b,a\n"))
    assert (problem.code, problem.line, problem.column) == ("duplicate_column", 2, "a")
    assert "'a', 'b'" in problem.message


def test_names_that_differ_in_case_or_blanks_are_different():
    assert names("a,A,a \n") == ("a", "A", "a ")


@pytest.mark.parametrize("text", ["", "\n", "\r\n\r\r\n\n"])
def test_only_line_ends_are_an_empty_file(refusal, text):
    assert refusal(lambda: names(text)).code == "empty_file"


@pytest.mark.parametrize("text", ['a,"b\n1,2\n', '"a"b,c\n'])
def test_a_quote_that_does_not_close_is_refused(refusal, text):
    problem = refusal(lambda: names("\n" + text, ","))
    assert (problem.code, problem.line) == ("unterminated_quote", 2)


@pytest.mark.parametrize("text", ["", "\n", "a,b", "a,b\r", '"a\nb'])
def test_a_text_that_may_stop_short_of_the_header_is_no_header_yet(text):
    assert read_header(text.encode(), "auto", final=False) is None


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_by_which_rows_are_as_wide_as_the_header(delimiter):
    rows = [delimiter.join(row) for row in (["id", "price", "note"], ["1", "5", "x"], ["2", "7", "y"])]
    assert header_of("\n".join(rows), "auto").delimiter == delimiter


def test_decimal_commas_do_not_make_comma_the_delimiter():
    assert header_of("id;price;tax\n1;1,5;0,2\n2;2,5;0,3\n", "auto").delimiter == ";"


def test_delimiters_within_quotes_do_not_count():
    assert header_of('"a,b,c";d\n"1,2";3\n', "auto").delimiter == ";"
    assert header_of('"a,b";c\n1;2,5\n3;4,5\n', "auto").delimiter == ";"


def test_a_single_column_needs_no_delimiter():
    assert names("text\nhello, world\n") == ("text",)


def test_some_bad_rows_do_not_hide_the_delimiter():
    assert header_of("a;b\n1;2\n3\n4;5;6\n7;8\n", "auto").delimiter == ";"


def test_a_tie_is_refused_with_both_candidates(refusal):
    problem = refusal(lambda: names("\na,b;c\n1,2;3\n"))
    assert (problem.code, problem.line) == ("delimiter", 2)
    assert "comma or semicolon" in problem.message


def test_a_declared_delimiter_is_not_questioned():
    assert names("a,b;c\n1,2;3\n", ";") == ("a,b", "c")


@pytest.mark.parametrize("delimiter", ["^", "~", "\x01", "\x1f"])
def test_columns_between_unusual_delimiters_are_not_taken_for_one(refusal, delimiter):
    problem = refusal(lambda: names(f"a{delimiter}b\n1{delimiter}2\n3{delimiter}4\n"))
    assert problem.code == "delimiter"
    assert "`delimiter = " in problem.message


@pytest.mark.parametrize("text", ["a^b\n", "a^b\n1\n", "a~b\n1~2\n3~4~5\n", "a\n1^2\n"])
def test_one_column_may_have_such_characters(text):
    assert len(names(text)) == 1
