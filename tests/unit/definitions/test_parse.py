"""What a valid file becomes, and how a file that cannot be used at all is refused."""

import datetime as dt
import subprocess
import sys
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from shared.definitions.catalog import Definitions
from shared.definitions.errors import DefinitionsError, DefinitionsNotFoundError
from shared.definitions.model import Column, Dataset, Metric, Report
from shared.definitions.parse import load, parse

BERLIN = ZoneInfo("Europe/Berlin")


def test_the_example_of_the_design_is_understood(fixtures):
    definitions = load(fixtures / "design_example.toml")

    assert definitions.datasets == (
        Dataset(
            name="sales",
            files="sales/**",
            null_values=("", "NA"),
            max_rejected=0.1,
            columns=(
                Column("order_id", "string", required=True),
                Column("ordered_at", "datetime", required=True),
                Column("region", "string", one_of=("north", "south", "east", "west")),
                Column("quantity", "integer", min=1),
                Column("amount", "decimal", scale=2, min=Decimal("0.00")),
            ),
        ),
    )
    assert definitions.reports == (
        Report(
            name="sales_by_region",
            dataset="sales",
            period="day",
            time="ordered_at",
            group_by=("region",),
            metrics=(
                Metric("orders", "count"),
                Metric("revenue", "sum", "amount"),
                Metric("average", "mean", "amount"),
                Metric("largest", "max", "amount"),
            ),
        ),
    )


def test_every_key_of_a_dataset_lands_in_the_model(fixtures):
    dataset = load(fixtures / "every_key.toml").datasets[0]

    assert (dataset.name, dataset.files, dataset.delimiter) == ("meter-readings", "meters/*.csv", ";")
    assert dataset.encoding == "cp1252"
    assert dataset.null_values == ("NA", "-")
    assert (dataset.extra_columns, dataset.max_rejected, dataset.time_zone) == ("keep", 0.25, "Europe/Berlin")


def test_every_check_of_a_column_lands_in_the_model_in_the_type_of_its_column(fixtures):
    year_end = dt.datetime(2026, 12, 31, 23, 59, 59, tzinfo=dt.UTC)
    six = dt.datetime(2026, 1, 1, 6, tzinfo=BERLIN)

    assert load(fixtures / "every_key.toml").datasets[0].columns == (
        Column("meter", "string", True, one_of=("a1", "b2"), pattern=r"^[ab]\d$", max_length=2, unique=True),
        Column("count", "integer", min=-3, max=7),
        Column("load", "float", min=1.0, max=2.5),
        Column("price", "decimal", min=Decimal("0.100"), max=Decimal("99.999"), scale=3),
        Column("valid", "boolean"),
        Column("read_on", "date", min=dt.date(2026, 1, 1), max=dt.date(2026, 12, 31), format="%d.%m.%Y"),
        Column("read_at", "datetime", min=six, max=year_end, format="%d.%m.%Y %H:%M"),
    )


def test_every_metric_function_lands_in_the_model(fixtures):
    assert load(fixtures / "every_key.toml").reports[0].metrics == (
        Metric("readings", "count"),
        Metric("priced", "count", "price"),
        Metric("total", "sum", "count"),
        Metric("lowest", "min", "price"),
        Metric("last", "max", "read_on"),
        Metric("average", "mean", "load"),
        Metric("deviation", "std", "load"),
        Metric("days", "distinct", "read_on"),
        Metric("high", "percentile", "load", 95),
        Metric("low", "percentile", "load", 1),
    )


def test_every_key_of_a_report_lands_in_the_model(fixtures):
    report = load(fixtures / "every_key.toml").reports[0]

    assert (report.name, report.dataset) == ("load_by_hour", "meter-readings")
    assert (report.time, report.period, report.group_by) == ("read_at", "hour", ("meter", "valid"))


def test_only_a_files_pattern_is_needed():
    assert parse('[datasets.a]\nfiles = "a/**"', "t").datasets == (Dataset(name="a", files="a/**"),)


def test_a_report_may_have_the_name_of_the_dataset_it_is_over(fixtures):
    assert load(fixtures / "every_key.toml").reports[1].name == "anything"


def test_an_empty_file_defines_nothing():
    assert parse("", "t") == Definitions()


def test_a_decimal_bound_keeps_the_digits_as_they_are_written():
    columns = 'd = { type = "decimal", scale = 18, min = 1234567890123456789.012345678901234567 }'
    dataset = parse(f'[datasets.a]\nfiles = "a/**"\n[datasets.a.columns]\n{columns}', "t").datasets[0]

    assert dataset.columns[0].min == Decimal("1234567890123456789.012345678901234567")


@pytest.mark.parametrize("bound", ["2026-07-01T12:00:00", '"2026-07-01T12:00:00"', "2026-07-01T10:00:00Z"])
def test_a_datetime_bound_without_an_offset_is_in_the_time_zone_of_the_dataset(bound):
    head = '[datasets.a]\nfiles = "a/**"\ntime_zone = "Europe/Berlin"\n[datasets.a.columns]\n'
    dataset = parse(f'{head}at = {{ type = "datetime", min = {bound} }}', "t").datasets[0]

    assert dataset.columns[0].min == dt.datetime(2026, 7, 1, 10, tzinfo=dt.UTC)


@pytest.mark.parametrize("bound", ["2026-07-01T12:00:00", '"2026-07-01T12:00:00-04:00"', "2026-07-01T10:00:00Z"])
@pytest.mark.parametrize("time_zone", ["UTC", "Europe/Berlin"])
def test_a_datetime_bound_can_be_compared_with_a_column_in_the_time_zone_of_the_dataset(bound, time_zone):
    head = f'[datasets.a]\nfiles = "a/**"\ntime_zone = "{time_zone}"\n[datasets.a.columns]\n'
    dataset = parse(f'{head}at = {{ type = "datetime", min = {bound} }}', "t").datasets[0]
    column = pl.Series([0]).cast(pl.Datetime("us", time_zone))

    assert pl.select(column < pl.lit(dataset.columns[0].min)).item()


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    (tmp_path / "datasets.toml").write_bytes(b'\xef\xbb\xbf[datasets.a]\nfiles = "a/**"')

    assert load(tmp_path / "datasets.toml").dataset("a")


def test_a_missing_file_is_an_error_of_its_own_kind_with_a_remedy(tmp_path):
    with pytest.raises(DefinitionsNotFoundError, match="no such file; create it, or unset DATASETS_FILE"):
        load(tmp_path / "datasets.toml")


def test_a_path_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(DefinitionsError) as caught:
        load(tmp_path)

    assert str(caught.value) == f"{tmp_path}: 1 mistake\ncannot be read: Is a directory"


def test_a_file_that_is_not_utf_8_is_refused_naming_the_line(tmp_path):
    (tmp_path / "datasets.toml").write_bytes(b'[datasets.a]\nfiles = "\xe4/**"')

    with pytest.raises(DefinitionsError, match="line 2: not UTF-8"):
        load(tmp_path / "datasets.toml")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[datasets\n", "line 1, column 10: not valid TOML: Expected ']' at the end of a table declaration"),
        ("[datasets.a]\nfiles = ", "line 2, column 9: not valid TOML: Invalid value"),
        ("[datasets.a]\n\n[datasets.a]", "line 3, column 12: not valid TOML: Cannot declare ('datasets', 'a') twice"),
        ("a = " + "[" * 5000, "lists or tables are nested too deeply"),
        ("a = " + "9" * 5000, "a number is too long"),
        ("a = 1e99999999999999999999", "a number is too long"),
    ],
    ids=["table", "end", "twice", "nested", "digits", "exponent"],
)
def test_what_is_not_toml_is_one_mistake_with_its_place(mistakes_of, text, line):
    assert mistakes_of(text) == [line]


def test_reading_definitions_imports_neither_polars_nor_an_azure_sdk():
    code = "import sys, shared.definitions.parse; print({'polars', 'azure'} & {n.split('.')[0] for n in sys.modules})"

    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
