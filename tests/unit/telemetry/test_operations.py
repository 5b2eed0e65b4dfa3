"""The queries of docs/operations.md, of the alerts and of the workbook ask for what there is."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from azure.monitor.opentelemetry.exporter._generated.exporter.models import RemoteDependencyData
from azure.monitor.opentelemetry.exporter.export.trace._exporter import _convert_span_to_envelope

from tests.unit.telemetry import seen
from tests.unit.telemetry.kql import problems
from tests.unit.telemetry.tables import ROOT
from tests.unit.telemetry.vocabulary import LINKS, vocabulary

INFRA = ROOT / "infra"
DOCUMENT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"^##+ (.+)$", DOCUMENT, re.MULTILINE)
KNOWN = vocabulary()


def in_the_document() -> Iterator[tuple[str, str]]:
    for part in re.split(r"^##+ ", DOCUMENT, flags=re.MULTILINE):
        for number, query in enumerate(re.findall(r"```kusto\n(.*?)```", part, re.DOTALL), 1):
            yield f"{part.splitlines()[0]} {number}", query


def in_the_workbook(part: Any) -> Iterator[tuple[str, str]]:
    if isinstance(part, dict) and isinstance(part.get("query"), str):
        yield f"workbook: {part.get('title')}", part["query"].replace("{TimeRange:grain}", "1h")
    values = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    for value in values:
        yield from in_the_workbook(value)


QUERIES = {
    **dict(in_the_document()),
    **{path.name: path.read_text(encoding="utf-8") for path in sorted((INFRA / "alerts").glob("*.kql"))},
    **dict(in_the_workbook(json.loads((INFRA / "workbook.json").read_text(encoding="utf-8")))),
}


@pytest.mark.parametrize("title", QUERIES)
def test_a_query_asks_for_what_there_is(title: str) -> None:
    assert problems(QUERIES[title], KNOWN) == []


def test_messages_that_queries_look_for_are_written() -> None:
    asked = re.findall(r'message (?:startswith|has) "([^"]+)"', DOCUMENT)
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "shared").rglob("*.py"))
    assert asked
    assert [text for text in asked if text not in code] == []


def test_every_alert_has_a_section_and_every_section_is_of_an_alert() -> None:
    bicep = (INFRA / "modules" / "alerts.bicep").read_text(encoding="utf-8")
    alerts = re.findall(r"^ +name: '([a-z-]+)'\n +title:", bicep, re.MULTILINE)
    assert HEADINGS[HEADINGS.index("When an alert fires") + 1 :] == alerts


# The checker finds what it is there for

GOOD = """let runs = dependencies | where name == "reconcile" | project operation_Id; // those
dependencies
| where name == "ingest file" and operation_Id in (runs) and customDimensions["pipeline.status"] == "failed"
| summarize files = sum(itemCount) by file = tostring(customDimensions["file.path"])
| where files > 1"""

BROKEN = {
    "a bracket that is not closed": ("in (runs)", "in (runs", "( is not closed"),
    "a bracket that closes nothing": ('["file.path"])', '["file.path"]))', ") closes nothing"),
    "brackets of two kinds": ('["file.path"]', '["file.path")', ") closes nothing"),
    "a text that is not closed": ('"reconcile"', '"reconcile', '" is not closed'),
    "a table that is none": ("\ndependencies", "\ndependency", "dependency is unknown"),
    "an operator that is none": ("| summarize", "| summarise", "| summarise is no operator"),
    "a function that is none": ("tostring(", "toString(", "toString is unknown"),
    "a column of another table": ("sum(itemCount)", "sum(valueSum)", "valueSum is unknown"),
    "a name that the query does not give": ("files > 1", "file_count > 1", "file_count is unknown"),
    "a column that names no function": (
        "by file = tostring",
        "by operation_Name, file = tostring",
        "operation_Name is unknown",
    ),
    "a function of which the host does not tell": (
        '\ndependencies\n| where name == "ingest file"',
        '\nrequests\n| where name == "ingest"',
        'nothing in requests is called "ingest"',
    ),
    "a function that the app has not": ('"reconcile"', '"reconcil"', 'nothing in dependencies is called "reconcil"'),
    "a span that the app has not": ('"ingest file"', '"ingesting"', 'nothing in dependencies is called "ingesting"'),
    "a metric among the spans": (
        '"ingest file"',
        '"pipeline.files"',
        'nothing in dependencies is called "pipeline.files"',
    ),
    "an attribute of another span": (
        '"file.path"',
        '"pipeline.report"',
        'customDimensions of dependencies has no "pipeline.report" there',
    ),
    "an attribute that the exporter drops": (
        '"file.path"',
        '"error.type"',
        'customDimensions of dependencies has no "error.type" there',
    ),
    "a value that an attribute never has": ('"failed"', '"broken"', 'pipeline.status is never "broken"'),
}


def test_nothing_is_wrong_with_a_good_query() -> None:
    assert problems(GOOD, KNOWN) == []


@pytest.mark.parametrize("mistake", BROKEN)
def test_a_mistake_in_a_query_is_found(mistake: str) -> None:
    old, new, said = BROKEN[mistake]
    assert old in GOOD
    assert said in problems(GOOD.replace(old, new, 1), KNOWN)


def test_a_query_without_a_table_is_found() -> None:
    assert problems("print 1", KNOWN)[0] == "no table is asked"


# What the checker takes for known is what Azure Monitor's exporter writes


@pytest.fixture
def exported(pipeline: Any, told: Any, context: Any, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    """Every span that the app can tell, and the row that the exporter makes of it."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    seen.tell_all(pipeline, context)
    return [(span, _convert_span_to_envelope(span).data.base_data) for span in told.spans]


def test_every_span_becomes_a_row_of_dependencies_with_its_name(exported: list[tuple[Any, Any]]) -> None:
    assert {(type(row), row.name == span.name) for span, row in exported} == {(RemoteDependencyData, True)}


def test_a_row_has_the_dimensions_that_queries_can_ask_for(exported: list[tuple[Any, Any]]) -> None:
    found: dict[str, set[str]] = {name: set() for name in KNOWN.dimensions["dependencies"]}
    for span, row in exported:
        found[seen.name_of(span)] |= set(row.properties)
    of_any = {LINKS, "pipeline.code"}
    assert found == {
        name: known - of_any | found[name] & of_any for name, known in KNOWN.dimensions["dependencies"].items()
    }


def test_rows_of_cosmos_db_have_a_type_of_their_own(exported: list[tuple[Any, Any]]) -> None:
    types = {seen.name_of(span) == seen.OPERATION: row.type for span, row in exported}
    assert types == {True: "azure.cosmosdb", False: "InProc"}


def test_a_refresh_has_its_links_as_text(exported: list[tuple[Any, Any]]) -> None:
    (row,) = [row for span, row in exported if span.name == "refresh report"]
    assert [set(link) for link in json.loads(row.properties[LINKS])] == [{"operation_Id", "id"}]
