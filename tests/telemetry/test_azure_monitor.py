"""What Application Insights gets: the envelopes, each once, at its own address, with an OTLP receiver beside it."""

from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from shared.telemetry.instruments import METRICS
from tests.faults.kinds import Fault
from tests.faults.proxy import FaultProxy
from tests.telemetry.app import App, Serve
from tests.telemetry.envelopes import Ingestion, connection_string
from tests.telemetry.otlp import Otlp
from tests.telemetry.receiver import Receiver, until

RARELY = "0 0 0 1 1 *"
TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
REFUSED = Fault("refused", answer=b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}")


@pytest.fixture(scope="module")
def insights() -> Iterator[Receiver]:
    """Application Insights."""
    with Receiver() as running:
        yield running


@pytest.fixture(scope="module")
def ingestion(insights: Receiver) -> Ingestion:
    """What it has got."""
    return Ingestion(insights)


@pytest.fixture(scope="module")
def outside() -> Iterator[Receiver]:
    """The proxy that whoever calls any other address than those on this machine has to use."""
    with Receiver(502) as running:
        yield running


@pytest.fixture(scope="module")
def cosmos(telemetry_emulators: Any) -> Iterator[FaultProxy]:
    with FaultProxy(f"127.0.0.1:{telemetry_emulators.ports.cosmos}") as proxy:
        yield proxy


@pytest.fixture(scope="module")
def app(serve: Serve, insights: Receiver, receiver: Receiver, outside: Receiver, cosmos: FaultProxy) -> Iterator[App]:
    """As on Azure: the host is told that the app sends its own telemetry. And it goes to two receivers."""
    settings = {
        "APPLICATIONINSIGHTS_CONNECTION_STRING": connection_string(insights.url),
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
        "PYTHON_ENABLE_OPENTELEMETRY": "true",
        "WEBSITE_SITE_NAME": "shop-pipeline",
        "COSMOS_ENDPOINT": f"http://{cosmos.address}",
        "REFRESH_SCHEDULE": RARELY,  # nobody else asks Cosmos DB when the fault is due
        "HTTPS_PROXY": outside.url,
        "HTTP_PROXY": outside.url,
        "NO_PROXY": "127.0.0.1",
    }
    with serve(settings) as running:
        yield running


@pytest.fixture(scope="module")
def story(app: App, cosmos: FaultProxy, ingestion: Ingestion, otlp: Otlp) -> Any:
    """A file is taken, and a call meets a fault of Cosmos DB that is not worth another try."""
    taken = app.ingest("envelopes/a.csv", b"item,amount\npear,1\nplum,2\n")
    cosmos.next(REFUSED)
    answer = app.ask("GET", "reports/envelopes/all", traceparent=f"00-{TRACE}-{CALLER}-01")
    until(lambda: _names(ingestion, TRACE) and _names(ingestion, taken["traceId"]), "both traces")
    until(lambda: "pipeline.ingest.duration" in ingestion.metrics(), "the metrics")
    until(lambda: ingestion.of("MessageData", taken["traceId"]), "the log")
    until(lambda: {span.trace_id for span in otlp.spans()} >= {TRACE, taken["traceId"]}, "both traces")
    return SimpleNamespace(taken=taken, answer=answer)


def _names(ingestion: Ingestion, operation: str) -> set[str]:
    """The spans of an operation, once its invocation is among them."""
    names = {item.data["name"] for item in ingestion.of("RemoteDependencyData", operation)}
    return names if names & {"ingest", "report_period"} else set()


# Spans: the table `dependencies`


def test_the_spans_of_an_ingest_are_one_tree_below_the_hosts(story: Any, ingestion: Ingestion) -> None:
    found = ingestion.of("RemoteDependencyData", story.taken["traceId"])
    ids = {item.data["id"] for item in found}
    (top,) = [item for item in found if item.parent not in ids]
    assert top.data["name"] == "ingest"
    assert len(top.parent) == 16


def test_a_stage_is_a_dependency_within_the_process(story: Any, ingestion: Ingestion) -> None:
    whole = ingestion.dependency(story.taken["traceId"], "ingest file")
    commit = ingestion.dependency(story.taken["traceId"], "commit")
    assert (commit.data["type"], commit.parent, commit.data["success"]) == ("InProc", whole.data["id"], True)


def test_an_invocation_has_its_attributes_as_properties(story: Any, ingestion: Ingestion) -> None:
    properties = ingestion.dependency(story.taken["traceId"], "ingest").properties
    assert {"faas.trigger", "faas.invocation_id", "faas.coldstart"} <= set(properties)


def test_a_file_has_its_attributes_as_properties(story: Any, ingestion: Ingestion) -> None:
    properties = ingestion.dependency(story.taken["traceId"], "ingest file").properties
    expected = {
        "file.path": "envelopes/a.csv",
        "file.size": "26",
        "pipeline.file.id": story.taken["id"],
        "pipeline.dataset": "envelopes",
        "pipeline.status": "processed",
        "pipeline.rows": "2",
        "pipeline.records": "2",
        "pipeline.rejects": "0",
    }
    assert expected.items() <= properties.items()


def test_an_operation_of_cosmos_db_is_a_dependency_of_that_type_with_its_charge(
    story: Any, ingestion: Ingestion
) -> None:
    created = ingestion.dependency(story.taken["traceId"], "create_item files")
    assert (created.data["type"], created.data["target"]) == ("azure.cosmosdb", "pipeline")
    assert float(created.properties["azure.cosmosdb.operation.request_charge"]) > 0


def test_what_goes_over_the_wire_is_a_dependency_with_address_and_status(story: Any, ingestion: Ingestion) -> None:
    found = ingestion.of("RemoteDependencyData", story.taken["traceId"])
    below = {item.data["id"] for item in found if item.data["name"] == "download"}
    requests = [item.data for item in found if item.parent in below]
    assert {(data["type"], data["resultCode"], data["success"]) for data in requests} == {("HTTP", "206", True)}
    assert [data["data"] for data in requests if not data["data"].endswith("/uploads/envelopes/a.csv")] == []


# Faults: the table `exceptions`


def test_a_fault_is_one_exception_of_the_call_that_met_it(story: Any, ingestion: Ingestion) -> None:
    assert story.answer.status_code == 503
    (fault,) = ingestion.of("ExceptionData")
    assert (fault.operation, fault.parent) == (TRACE, ingestion.dependency(TRACE, "read_item reports").data["id"])
    assert "CosmosHttpResponseError" in fault.data["exceptions"][0]["typeName"]


def test_where_it_ends_it_is_a_dependency_that_failed(story: Any, ingestion: Ingestion) -> None:
    top = ingestion.dependency(TRACE, "report_period")
    assert (top.data["success"], top.parent) == (False, CALLER)


# Logs and metrics: the tables `traces` and `customMetrics`


def test_a_log_line_belongs_to_its_operation_and_names_invocation_and_file(story: Any, ingestion: Ingestion) -> None:
    (line,) = ingestion.of("MessageData", story.taken["traceId"])
    assert line.data["message"].startswith(f"{story.taken['id']} is processed")
    invocation = ingestion.dependency(story.taken["traceId"], "ingest").properties["faas.invocation_id"]
    found = (line.properties["faas.invocation_id"], line.properties["pipeline.file.id"])
    assert found == (invocation, story.taken["id"])


def test_the_metrics_have_their_names_and_attributes(story: Any, ingestion: Ingestion) -> None:
    found = ingestion.metrics()
    of_an_ingest = {metric.name for metric in METRICS if metric.name.startswith("pipeline.ingest")}
    assert of_an_ingest - {"pipeline.ingest.rejects"} <= set(found)
    assert {"pipeline.dataset", "pipeline.status"} <= set(found["pipeline.files"][0])
    attributes = {"db.operation.name": "create_item", "db.collection.name": "files"}
    assert attributes in [_of_cosmos(point) for point in found["azure.cosmosdb.client.operation.request_charge"]]


def _of_cosmos(point: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in point.items() if key.startswith("db.")}


# Who sends it, and where to


def test_all_of_it_names_the_function_app(story: Any, ingestion: Ingestion) -> None:
    kinds = ("RemoteDependencyData", "MessageData", "MetricData", "ExceptionData")
    assert {item.tags["ai.cloud.role"] for kind in kinds for item in ingestion.of(kind)} == {"shop-pipeline"}


def test_both_receivers_get_every_span_once(story: Any, ingestion: Ingestion, otlp: Otlp) -> None:
    traces = (TRACE, story.taken["traceId"])
    there = Counter(item.data["id"] for trace in traces for item in ingestion.of("RemoteDependencyData", trace))
    here = Counter(span.span_id for trace in traces for span in otlp.spans(trace))
    assert there == here
    assert set(there.values()) == {1}


def test_both_receivers_get_every_log_line_once(story: Any, ingestion: Ingestion, otlp: Otlp) -> None:
    there = [item.data["message"] for item in ingestion.of("MessageData", story.taken["traceId"])]
    here = [line.text for line in otlp.logs() if line.trace_id == story.taken["traceId"]]
    assert there == here
    assert len(there) == 1


def test_nothing_is_sent_anywhere_else(story: Any, insights: Receiver, outside: Receiver) -> None:
    assert {request.path for request in insights.requests} == {"/v2.1/track"}
    assert outside.requests == []
