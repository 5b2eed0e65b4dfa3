"""The processed document and the rejected file, as their readers find them."""

import csv
import io
import json

import pytest

from shared.definitions.model import Column

EVERY_TYPE = (
    Column("s", "string"),
    Column("i", "integer"),
    Column("f", "float"),
    Column("d", "decimal", scale=2),
    Column("b", "boolean"),
    Column("day", "date"),
    Column("at", "datetime"),
)


def test_the_processed_document_has_its_keys_in_order(process_file):
    result = process_file("a,b\n1,x\n,y\nz\n", name="ä/b #1.csv")
    assert list(result.document.items()) == [
        ("source", "uploads/ä/b #1.csv"),
        ("dataset", "sales"),
        ("etag", '"etag"'),
        ("processed_at", "2026-11-20T13:00:00.000Z"),
        ("record_count", 2),
        ("rejected_count", 1),
        ("columns", {"a": "integer", "b": "string"}),
        ("records", [{"a": 1, "b": "x"}, {"a": None, "b": "y"}]),
    ]
    assert result.outcome.processed == "processed/ä/b #1.json"


@pytest.mark.parametrize("chunk", [60, 1 << 20])
def test_every_type_in_json(process_file, chunk):
    text = (
        "s,i,f,d,b,day,at\n"
        "x,9223372036854775807,0.1,1.5,yes,2026-11-20,2026-11-20 13:00\n"
        ",,,,,,\n"
        "y,-1,1e21,-0.01,0,0001-01-01,2026-11-20T13:00:00.000001Z\n"
    )
    result = process_file(text, *EVERY_TYPE, chunk=chunk)
    assert [list(record.values()) for record in result.records] == [
        ["x", 9223372036854775807, 0.1, "1.50", True, "2026-11-20", "2026-11-20T13:00:00Z"],
        [None] * 7,
        ["y", -1, 1e21, "-0.01", False, "0001-01-01", "2026-11-20T13:00:00.000001Z"],
    ]
    assert result.document["columns"] == {column.name: column.type for column in EVERY_TYPE}


def test_strings_and_names_survive_json_whatever_they_hold(process_file):
    values = ['"', "\\", "\n", "\r\n", "\t", "\x01\x1f\x7f", "\u2028", "😀", "</script>", "a,\nb", "]}"]
    name = 'n "\\\n\u2028}'
    buffer = io.StringIO()
    csv.writer(buffer).writerows([[name, "x"], *([value, "x"] for value in values)])
    assert [record[name] for record in process_file(buffer.getvalue()).records] == values


def test_records_stand_on_a_line_each(process_file):
    result = process_file("a\n1\n2\n")
    lines = result.outputs.documents["processed/a/b.json"].decode().splitlines()
    assert [json.loads(line.rstrip(",")) for line in lines[1:3]] == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize("text", ["a,b\n", "a,b\nx\n"])
def test_a_file_without_records_is_a_valid_document(process_file, text):
    assert process_file(text).records == []


def test_without_rejects_there_is_no_rejected_file_and_an_older_one_goes(process_file, outputs):
    process_file("a,b\n1\n", outputs=outputs)
    assert "rejected/a/b.csv" in outputs.documents
    result = process_file("a,b\n1,2\n", outputs=outputs)
    assert result.outcome.rejected_file is None
    assert list(outputs.documents) == ["processed/a/b.json"]


FIELDS = ["plain", 'say "x"', '"x" said', "a;b", "two\nlines", "cr\rhere", " blanks ", "", "=1+1", "'", "ü😀"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_rejected_file_has_the_fields_exactly_as_they_were(process_file, delimiter):
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerows([["n", "x"], *(["bad", field] for field in FIELDS)])
    result = process_file(buffer.getvalue(), Column("n", "integer"), Column("x", "string"), delimiter=delimiter)
    rows = list(csv.reader(io.StringIO(result.rejected_text, newline=""), delimiter=delimiter))
    assert rows[0] == ["_line", "_column", "_code", "_message", "n", "x"]
    assert [row[4:] for row in rows[1:]] == [["bad", field] for field in FIELDS]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_rejects_mended_and_stripped_of_the_four_columns_are_a_file_to_upload(process_file, encoding):
    columns = (Column("n", "integer"), Column("x", "string"))
    text = 'n;x\n1;Käse\nbad;Brötchen\n2;"a;b"\nbad;"q ""q"""\n'
    first = process_file(text.encode(encoding), *columns, encoding=encoding)
    rejected = first.outputs.documents["rejected/a/b.csv"]
    rows = list(csv.reader(io.StringIO(rejected.decode("utf-8")), delimiter=";"))
    mark = "\ufeff" if rows[0][0].startswith("\ufeff") else ""
    mended = io.StringIO()
    csv.writer(mended, delimiter=";").writerows([field.replace("bad", "3") for field in row[4:]] for row in rows)
    second = process_file((mark + mended.getvalue()).encode(), *columns, encoding=encoding)
    assert second.records == [{"n": 3, "x": "Brötchen"}, {"n": 3, "x": 'q "q"'}]


def test_rejects_stand_in_the_order_of_their_lines(process_file):
    text = "a,b\n1,1\nx,2\n3\n1,4\ny,5\n1,2,3\n"
    result = process_file(text, Column("a", "integer", unique=True), Column("b", "integer"))
    assert [(int(row[0]), row[2]) for row in result.rejects] == [
        (3, "type"),
        (4, "too_few_fields"),
        (5, "unique"),
        (6, "type"),
        (7, "too_many_fields"),
    ]
    assert result.outcome.codes == {"type": 2, "too_few_fields": 1, "unique": 1, "too_many_fields": 1}
