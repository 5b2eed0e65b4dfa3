"""Types without a definition, over the whole column: nothing is lost, and what would be is text."""

import json

import pytest

from shared.ingest.blocks import read_blocks
from shared.ingest.header import Header
from shared.ingest.inference import infer_fields


def inferred(*values):
    """The type of a column with these values, each in a block of its own."""
    lines = [f"{value},x\n".encode() for value in values]
    header = Header(("a", "b"), 2, ",", 0, 1, 2)
    return infer_fields(header, read_blocks(header, lines))[0].type


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["0", "-1", "999999999999999999", ""], "integer"),
        (["1", "2.5", "-0.25", "0"], "float"),
        (["123456789.012345", "0.1"], "float"),
        (["true", "false", ""], "boolean"),
        (["2026-11-20", "2024-02-29"], "date"),
        (["2026-11-20T13:00:00", "2026-11-20T13:00:00.5Z", "2026-11-20T13:00:00+02:00"], "datetime"),
        (["a", "1"], "string"),
    ],
)
def test_a_column_has_the_type_that_every_value_fits(values, kind):
    assert inferred(*values) == kind


@pytest.mark.parametrize(
    "value",
    [
        "007", "+1", "-01", "1_000", " 1", "1e5", "12345678901234567890", "1" * 30, "1000000000000000000",  # numbers
        "0.1234567890123456", "1234567890.1234567", "00.5", ".5", "5.", "inf", "nan", "NaN", "-",
        "NA", "null", "None", "True", "yes", "FALSE",  # not the truth values of JSON
        "2026-02-30", "2026-1-1", "20.11.2026", "2026-11-20T25:00:00", "2026-11-20T13:00:60", "2026-11-20 13:00",
    ],
)  # fmt: skip
def test_one_value_that_a_type_would_change_makes_the_column_text(value):
    assert inferred("1", value) == inferred(value) == "string"


def test_whole_and_broken_numbers_together_are_floats_but_with_a_date_text():
    assert (inferred("1", "1.5"), inferred("1", "2026-11-20")) == ("float", "string")


def test_a_late_value_decides_too():
    assert inferred(*["1"] * 50, "x") == "string"


def test_an_empty_column_is_text():
    assert inferred("", "", "") == inferred() == "string"


def test_a_type_is_found_behind_many_empty_values():
    assert inferred(*[""] * 20, "5") == "integer"


def test_every_value_comes_out_as_it_went_in(process_file):
    long = "123456789012345678901234567890"
    text = (
        f"id,zip,n,f,flag,day,at,empty\n{long},00501,-5,0.1,true,2026-11-20,2026-11-20T13:00:00+02:00,\nNA,null,,,,,,\n"
    )
    result = process_file(text)
    assert result.records == [
        {"id": long, "zip": "00501", "n": -5, "f": 0.1, "flag": True, "day": "2026-11-20",
         "at": "2026-11-20T13:00:00+02:00", "empty": None},
        {"id": "NA", "zip": "null", "n": None, "f": None, "flag": None, "day": None, "at": None, "empty": None},
    ]  # fmt: skip
    assert list(result.document["columns"].values()) == [
        "string", "string", "integer", "float", "boolean", "date", "datetime", "string",
    ]  # fmt: skip


def test_fifteen_significant_digits_survive_as_a_number(process_file):
    texts = ["0.123456789012345", "99999999999999.9", "-1.00000000000001"]
    result = process_file("a\n" + "\n".join(texts) + "\n")
    assert [record["a"] for record in result.records] == [float(text) for text in texts]
    assert [f"{record['a']:.15g}" for record in result.records][1] == texts[1]


@pytest.mark.parametrize(
    "texts", [["1.10", "2.5", "", "0.000"], ["1", "2.5", "-0"], ["5.0", "0.00001"], ["0.5", "1.25"]]
)
def test_numbers_stand_in_the_document_digit_by_digit(process_file, texts):
    result = process_file('x,n,"say ""n""",m\n' + "".join(f"}}{text},{text},a,{text}\n" for text in texts))
    assert result.document["columns"]["n"] == "float"
    document = result.outputs.documents["processed/a/b.json"].decode()
    records = json.loads(document, parse_float=str, parse_int=str)["records"]
    assert records == [{"x": "}" + t, "n": t or None, 'say "n"': "a", "m": t or None} for t in texts]
    assert result.records[0]["n"] == float(texts[0])


def test_malformed_rows_do_not_count_for_types_and_are_rejected(process_file):
    result = process_file("a,b\n1,2\nx\n3,4\n")
    assert result.document["columns"] == {"a": "integer", "b": "integer"}
    assert result.outcome.codes == {"too_few_fields": 1}


def test_null_values_hold_for_a_dataset_that_defines_no_columns(process_file):
    result = process_file("a,b\n1,NA\nNA,-\n", null_values=("", "NA"))
    assert result.records == [{"a": 1, "b": None}, {"a": None, "b": "-"}]


def test_the_largest_inferred_integers_are_exact(process_file):
    result = process_file("a\n999999999999999999\n-999999999999999999\n")
    assert [record["a"] for record in result.records] == [10**18 - 1, 1 - 10**18]
