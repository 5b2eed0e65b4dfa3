"""What an OTLP receiver gets of a host that works: whole traces down to the services, links, metrics, logs."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from devstack.telemetry.model import Span
from shared.telemetry.instruments import METRICS
from tests.faults.kinds import COSMOS
from tests.faults.proxy import FaultProxy
from tests.telemetry.app import App, Serve
from tests.telemetry.otlp import Otlp, paths
from tests.telemetry.receiver import Receiver, until

HERE = Path(__file__).parent
GOOD_AND_BAD = (HERE / "uploads" / "good-and-bad.csv").read_bytes()
NO_GOOD = (HERE / "uploads" / "no-good.csv").read_bytes()
EVERY_SECOND = "* * * * * *"
TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture(scope="module")
def cosmos(telemetry_emulators: Any) -> Iterator[FaultProxy]:
    with FaultProxy(f"127.0.0.1:{telemetry_emulators.ports.cosmos}") as proxy:
        yield proxy


@pytest.fixture(scope="module")
def app(serve: Serve, receiver: Receiver, cosmos: FaultProxy) -> Iterator[App]:
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
        "COSMOS_ENDPOINT": f"http://{cosmos.address}",
        "DATASETS_FILE": str(HERE / "datasets.toml"),
        "RECONCILE_SCHEDULE": EVERY_SECOND,
    }
    with serve(settings) as running:
        yield running


@pytest.fixture(scope="module")
def story(app: App, cosmos: FaultProxy, otlp: Otlp) -> Any:
    """One file that is taken and one that is not, asked about, run again, while Cosmos DB is out for a moment."""
    taken = app.ingest("orders/tell-tale.csv", GOOD_AND_BAD)
    refused = app.ingest("orders/tell-tale-2.csv", NO_GOOD)
    until(lambda: not any(record["stale"] for record in app.records()), "reports that are true")
    parent = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
    answer = app.ask("GET", "reports/orders_by_buyer/2026-11?buyer=SECRET%20buyer", **parent)
    assert (answer.status_code, len(answer.json()["value"])) == (200, 1)
    assert app.ask("GET", f"files/{taken['id']}/rejected").status_code == 200
    assert app.ask("POST", f"files/{taken['id']}/reprocess").status_code == 202
    again = until(lambda: _again(app, taken), "the file run again")
    cosmos.next(COSMOS["503"])
    app.records()
    until(lambda: _has(otlp, again["traceId"], "reprocess"), "the last trace")
    until(lambda: otlp.points("pipeline.retries"), "the last metric")
    return SimpleNamespace(taken=taken, refused=refused, answer=answer, again=again)


def _again(app: App, before: dict[str, Any]) -> dict[str, Any] | None:
    found = app.ask("GET", f"files/{before['id']}").json()
    return found if found["status"] == "processed" and found["committed"] > before["committed"] else None


def _has(otlp: Otlp, trace: str, name: str) -> bool:
    return any(span.name == name for span in otlp.spans(trace))


def _tops(spans: list[Span]) -> list[Span]:
    known = {span.span_id for span in spans}
    return [span for span in spans if span.parent_id not in known]


# Traces


def test_all_that_an_ingest_does_is_one_tree_below_the_hosts_span(story: Any, otlp: Otlp) -> None:
    (top,) = _tops(otlp.spans(story.taken["traceId"]))
    assert top.name == "ingest"
    assert len(top.parent_id) == 16


def test_the_calls_of_the_services_hang_below_the_stages_that_make_them(story: Any, otlp: Otlp) -> None:
    found = paths(otlp.spans(story.taken["traceId"])).values()
    stages = "ingest > ingest file > "
    assert {
        stages + "claim > create_item files",
        stages + "parse > download > GET",
        stages + "publish > PUT",
        stages + "commit > replace_item files",
    } <= set(found)


def test_what_goes_over_the_wire_is_a_clients_span_with_address_and_status(story: Any, otlp: Otlp) -> None:
    spans = otlp.spans(story.taken["traceId"])
    below = paths(spans)
    (download,) = [span for span in spans if below[span.span_id].endswith("download > GET")]
    assert download.kind == "client"
    assert download.attributes["http.response.status_code"] == 206
    assert str(download.attributes["url.full"]).endswith(f"/uploads/{story.taken['name']}")


def test_an_operation_of_cosmos_db_is_one_clients_span_with_its_status_and_its_price(story: Any, otlp: Otlp) -> None:
    spans = otlp.spans(story.taken["traceId"])
    below = paths(spans)
    (commit,) = [span for span in spans if below[span.span_id].endswith("commit > replace_item files")]
    assert commit.kind == "client"
    assert commit.attributes["db.response.status_code"] == 200
    assert float(commit.attributes["azure.cosmosdb.operation.request_charge"]) > 0


def test_a_block_of_a_large_file_is_one_request_below_its_stage(app: App, otlp: Otlp) -> None:
    record = app.ingest("blocks/large.csv", b"item,amount\n" + b"a rather long name of an item,1\n" * 300_000)
    until(lambda: _has(otlp, record["traceId"], "ingest"), "its trace")
    found = Counter(paths(otlp.spans(record["traceId"])).values())
    stages = "ingest > ingest file > "
    assert found[stages + "parse > download > GET"] >= 2
    assert found[stages + "parse > PUT"] + found[stages + "publish > PUT"] >= 2


def test_no_span_comes_twice(story: Any, otlp: Otlp) -> None:
    times = Counter(span.span_id for span in otlp.spans())
    assert [span for span, count in times.items() if count > 1] == []


def test_a_call_continues_the_trace_of_its_caller(story: Any, otlp: Otlp) -> None:
    (top,) = _tops(otlp.spans(TRACE))
    assert (top.name, top.parent_id) == ("report_period", CALLER)


def test_an_answer_names_its_trace(story: Any) -> None:
    assert story.answer.headers["X-Trace-Id"] == TRACE


def test_the_read_of_cosmos_db_is_part_of_the_callers_trace(story: Any, otlp: Otlp) -> None:
    assert "report_period > read_item reports" in paths(otlp.spans(TRACE)).values()


def test_a_file_that_is_run_again_names_the_trace_of_that(story: Any, otlp: Otlp) -> None:
    found = paths(otlp.spans(story.again["traceId"])).values()
    assert "reprocess > ingest file > commit > replace_item files" in found


def test_a_refresh_links_to_the_ingest_that_made_it_necessary(story: Any, otlp: Otlp) -> None:
    (claim,) = [span for span in otlp.spans(story.taken["traceId"]) if span.name == "claim"]
    links = [link for span in otlp.spans() if span.name == "refresh report" for link in span.links]
    assert (claim.trace_id, claim.span_id) in {(link.trace_id, link.span_id) for link in links}


def test_a_request_that_is_sent_again_is_an_event_of_its_call(story: Any, otlp: Otlp) -> None:
    def told() -> list[tuple[str, Any]]:
        events = [(span.kind, event) for span in otlp.spans() for event in span.events]
        return [(kind, event.attributes) for kind, event in events if event.name == "retry"]

    assert until(told, "the event") == [("client", {"error.type": "503"})]


def test_the_sender_has_the_pipelines_name(story: Any, otlp: Otlp) -> None:
    assert {span.service for span in otlp.spans()} == {"pipeline"}


# Metrics


def test_every_metric_arrives(story: Any, otlp: Otlp) -> None:
    assert {metric.name for metric in METRICS} - {point.metric for point in otlp.points()} == set()


@pytest.mark.parametrize(
    ("metric", "attributes"),
    [
        ("pipeline.retries", {"pipeline.service": "cosmos", "error.type": "503"}),
        ("pipeline.ingest.rejects", {"pipeline.dataset": "orders", "pipeline.code": "one_of"}),
        ("pipeline.files", {"pipeline.dataset": "orders", "pipeline.status": "rejected"}),
    ],
)
def test_a_metric_says_of_what_it_is(story: Any, otlp: Otlp, metric: str, attributes: dict[str, str]) -> None:
    assert attributes in [dict(point.attributes) for point in otlp.points(metric)]


def test_no_metric_tells_of_a_single_file(story: Any, receiver: Receiver) -> None:
    assert [body for body in receiver.bodies("/v1/metrics") if b"tell-tale" in body] == []


# Logs


def test_a_log_line_has_the_ids_of_its_trace_invocation_and_file(story: Any, otlp: Otlp) -> None:
    (line,) = [line for line in otlp.logs() if line.trace_id == story.taken["traceId"]]
    (top,) = _tops(otlp.spans(line.trace_id))
    found = (line.attributes["faas.invocation_id"], line.attributes["pipeline.file.id"])
    assert found == (top.attributes["faas.invocation_id"], story.taken["id"])


# What is nobody's business


def test_no_value_of_the_data_is_in_anything_that_is_sent(story: Any, receiver: Receiver) -> None:
    assert (story.taken["records"], story.taken["rejected"], story.refused["status"]) == (2, 6, "rejected")
    values = (b"SECRET", b"271828")
    assert [request.path for request in receiver.requests if any(value in request.body for value in values)] == []
