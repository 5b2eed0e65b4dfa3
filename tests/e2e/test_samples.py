"""The samples, from upload to report, against answers that the oracle worked out from the raw files."""

import csv
import io
import math
from datetime import datetime

import pytest


@pytest.fixture(scope="module")
def uploaded(pipeline, oracle):
    """Every sample uploaded, with its record, by name."""
    etags = {sample.name: pipeline.upload(sample.name, sample.content) for sample in oracle.samples()}
    return {name: pipeline.settled(name, etag) for name, etag in etags.items()}


def test_every_row_is_a_record_or_a_reject(uploaded, oracle):
    counted = {name: (r["status"], r["rows"], r["records"], r["rejected"]) for name, r in uploaded.items()}
    expected = {sample.name: ("processed", *oracle.counts(sample)) for sample in oracle.samples()}
    assert counted == expected


def test_processed_documents_hold_the_records_of_the_files(pipeline, uploaded, oracle):
    for sample in oracle.samples():
        document = pipeline.processed(uploaded[sample.name])
        assert list(document) == [
            "source", "dataset", "etag", "processed_at", "record_count", "rejected_count", "columns", "records",
        ]  # fmt: skip
        assert document["source"] == f"uploads/{sample.name}"
        assert document["etag"] == uploaded[sample.name]["etag"]
        expected = oracle.records(sample)
        assert document["record_count"] == len(document["records"]) == len(expected)
        shown = [
            {column: _as_python(value, example[column]) for column, value in record.items() if column in example}
            for record, example in zip(document["records"], expected, strict=True)
        ]
        assert shown == [{c: v for c, v in e.items() if c in s} for e, s in zip(expected, shown, strict=True)]


def _as_python(shown, example):
    """A value of the document in the type of the oracle's, so that they compare as values."""
    if shown is None or example is None or isinstance(example, bool | int | float | str):
        return shown
    if isinstance(example, datetime):
        return datetime.fromisoformat(shown)
    return type(example).fromisoformat(shown) if hasattr(example, "isoformat") else type(example)(shown)


def test_rejects_say_where_and_why(pipeline, uploaded, oracle):
    text = pipeline.rejected(uploaded[oracle.MISTAKES_FILE])
    rows = list(csv.DictReader(io.StringIO(text)))
    found = [(int(row["_line"]), row["_column"] or None, row["_code"]) for row in rows]
    assert found == [tuple(reject) for reject in oracle.REJECTS[oracle.MISTAKES_FILE]]
    assert all(row["_message"] for row in rows)


def test_the_record_names_the_first_error(uploaded, oracle):
    error = uploaded[oracle.MISTAKES_FILE]["firstError"]
    assert (error["line"], error["column"], error["code"]) == tuple(oracle.REJECTS[oracle.MISTAKES_FILE][0])


def test_only_a_file_with_rejects_has_a_rejected_file(uploaded, oracle):
    assert {name for name, record in uploaded.items() if record["rejectedFile"]} == set(oracle.REJECTS)


@pytest.mark.parametrize("report", ["weather_by_month", "earthquakes_by_day", "bird_strikes_by_month"])
def test_a_report_is_the_aggregate_over_all_files(pipeline, uploaded, oracle, report):
    periods = oracle.periods(report)
    assert periods
    for period in periods:
        shown = pipeline.report(report, period)
        expected = oracle.report(report, period)
        assert (shown["rows"], shown["files"]) == (expected["rows"], expected["files"])
        assert _close(shown["totals"], expected["totals"]), (period, shown["totals"], expected["totals"])
        groups = [{name: value for name, value in row.items() if name != "period"} for row in shown["value"]]
        assert _close(groups, expected["groups"]), (period, groups, expected["groups"])


def test_a_dataset_without_a_definition_keeps_a_report_of_its_own_name(pipeline, uploaded, oracle):
    shown, expected = pipeline.report("airports"), oracle.inferred_report()
    assert shown["rows"] == expected["rows"]
    for column, metrics in expected["columns"].items():
        for function, value in metrics.items():
            assert math.isclose(shown["totals"][f"{column}_{function}"], value, rel_tol=1e-12)


def test_rows_over_periods_come_page_by_page(pipeline, uploaded, oracle):
    pipeline.report("weather_by_month", "2012-01")
    rows, link = [], f"{pipeline.stack.host_url}/api/reports/weather_by_month?top=7"
    while link:
        page = pipeline.follow(link)
        assert len(page["value"]) <= 7
        rows += page["value"]
        link = page.get("nextLink")
    expected = [
        (period, group["location"])
        for period in oracle.periods("weather_by_month")
        for group in oracle.report("weather_by_month", period)["groups"]
    ]
    assert [(row["period"], row["location"]) for row in rows] == expected


def _close(shown, expected):
    """Equal, with floats compared as sums of floats must be."""
    if isinstance(expected, dict):
        return shown.keys() == expected.keys() and all(_close(shown[key], expected[key]) for key in expected)
    if isinstance(expected, list):
        return len(shown) == len(expected) and all(map(_close, shown, expected))
    if isinstance(expected, float):
        tolerance = getattr(expected, "within", 1e-9)
        return isinstance(shown, int | float) and math.isclose(shown, expected, rel_tol=tolerance, abs_tol=1e-12)
    return shown == expected
