"""docs/telemetry.md names what the app tells, all of it and nothing else."""

from typing import Any

import pytest

from shared.telemetry.instruments import METRICS
from shared.telemetry.names import Key, Stage
from tests.unit.telemetry import seen
from tests.unit.telemetry.tables import code, table

DOCUMENT = "telemetry.md"
SPANS = {" ".join(code(row["span"])) or row["span"]: row for row in table(DOCUMENT, "span")}
ANY = code(SPANS.pop("any")["attributes"])  # what each span may have
METRIC_ROWS = {name: row for row in table(DOCUMENT, "metric") for name in code(row["metric"])}


@pytest.fixture(autouse=True)
def all_told(pipeline: Any, told: Any, context: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    seen.tell_all(pipeline, context)


def test_every_stage_is_a_span_of_the_document() -> None:
    assert set(SPANS) - {seen.FUNCTION, seen.OPERATION} == {stage.value for stage in Stage}


def test_every_span_of_the_document_is_told_and_none_besides(told: Any) -> None:
    assert set(seen.spans(told)) == set(SPANS)


@pytest.mark.parametrize("name", SPANS)
def test_a_span_has_the_attributes_of_its_row(name: str, told: Any) -> None:
    assert seen.spans(told)[name].attributes - ANY == code(SPANS[name]["attributes"])


def test_what_any_span_may_have_is_told(told: Any) -> None:
    attributes = set().union(*(span.attributes for span in seen.spans(told).values()))
    assert attributes >= ANY


@pytest.mark.parametrize("name", SPANS)
def test_a_span_has_the_kind_of_its_row(name: str, told: Any) -> None:
    assert seen.spans(told)[name].kinds == {SPANS[name]["kind"]}


@pytest.mark.parametrize("name", [name for name, row in SPANS.items() if code(row["below"])])
def test_a_span_is_where_its_row_says(name: str, told: Any) -> None:
    assert seen.spans(told)[name].above == code(SPANS[name]["below"])


def test_events_have_the_attributes_of_their_rows(told: Any) -> None:
    rows = {name: row for row in table(DOCUMENT, "event") for name in code(row["event"])}
    found = seen.events(told)
    found["exception"] = set()  # OpenTelemetry's own
    assert found == {name: code(row["attributes"]) for name, row in rows.items()}


def test_every_metric_has_the_kind_and_unit_of_its_row() -> None:
    documented = {name: (row["kind"], " ".join(code(row["unit"]))) for name, row in METRIC_ROWS.items()}
    assert {metric.name: (metric.kind, metric.unit) for metric in METRICS} == documented


def test_every_metric_is_told_with_the_attributes_of_its_row(told: Any) -> None:
    documented = {name: code(row["attributes"]) for name, row in METRIC_ROWS.items()}
    found = {name: {key for attributes, _ in points for key in attributes} for name, points in told.metrics.items()}
    assert found == documented


def test_log_records_have_the_attributes_of_the_document(told: Any) -> None:
    documented = set().union(*(code(row["attributes"]) for row in table(DOCUMENT, "on")))
    assert {key for log in told.logs for key in log.log_record.attributes} == documented


def test_every_attribute_has_a_row_and_every_row_is_one() -> None:
    documented = [name for row in table(DOCUMENT, "attribute") for name in code(row["attribute"])]
    assert sorted(documented) == sorted(key.value for key in Key)


def test_every_attribute_is_told_somewhere(told: Any) -> None:
    found = {key for span in seen.spans(told).values() for key in span.attributes}
    found |= {key for points in told.metrics.values() for attributes, _ in points for key in attributes}
    assert {key.value for key in Key} == found
