"""A host that is told to end right after an ingest: what it has not sent yet still arrives."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from shared.telemetry.ending import LAST_SECONDS
from tests.telemetry.app import Serve
from tests.telemetry.envelopes import Ingestion, connection_string
from tests.telemetry.otlp import Otlp
from tests.telemetry.receiver import HANGS, Receiver

NEVER = "600000"  # milliseconds: only the end sends anything
MORE_THAN_ENOUGH = LAST_SECONDS + 4  # seconds: the promise, and what else a host does at its end


@dataclass(frozen=True)
class Ended:
    """What two receivers have got of a host that has ended, and the record of the file that was its last work."""

    record: dict[str, Any]
    otlp: Otlp
    ingestion: Ingestion
    exit_status: int | None


def ended(serve: Serve, name: str, otlp: Receiver, insights: Receiver) -> Ended:
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": otlp.url,
        "APPLICATIONINSIGHTS_CONNECTION_STRING": connection_string(insights.url),
        "OTEL_BSP_SCHEDULE_DELAY": NEVER,
        "OTEL_BLRP_SCHEDULE_DELAY": NEVER,
        "OTEL_METRIC_EXPORT_INTERVAL": NEVER,
    }
    with serve(settings) as app:
        record = app.ingest(name, b"item,amount\npear,1\n")
        exit_status = app.end(MORE_THAN_ENOUGH)
    return Ended(record, Otlp(otlp), Ingestion(insights), exit_status)


@pytest.fixture(scope="module")
def both_there(serve: Serve) -> Iterator[Ended]:
    with Receiver() as otlp, Receiver() as insights:
        yield ended(serve, "ends/both.csv", otlp, insights)


@pytest.fixture(scope="module")
def one_hangs(serve: Serve) -> Iterator[Ended]:
    """The OTLP receiver never answers."""
    with Receiver(HANGS) as otlp, Receiver() as insights:
        yield ended(serve, "ends/one.csv", otlp, insights)


def test_an_otlp_receiver_gets_the_spans(both_there: Ended) -> None:
    assert "ingest" in {span.name for span in both_there.otlp.spans(both_there.record["traceId"])}


def test_an_otlp_receiver_gets_the_log(both_there: Ended) -> None:
    assert both_there.record["traceId"] in {line.trace_id for line in both_there.otlp.logs()}


def test_an_otlp_receiver_gets_the_metrics(both_there: Ended) -> None:
    (files,) = both_there.otlp.points("pipeline.files")
    assert files.total == 1


@pytest.fixture(params=["both_there", "one_hangs"])
def told(request: pytest.FixtureRequest) -> Ended:
    """Application Insights is there, whatever becomes of the other receiver."""
    return request.getfixturevalue(request.param)


def test_application_insights_gets_the_spans(told: Ended) -> None:
    assert told.ingestion.dependency(told.record["traceId"], "ingest")


def test_application_insights_gets_the_log(told: Ended) -> None:
    assert len(told.ingestion.of("MessageData", told.record["traceId"])) == 1


def test_application_insights_gets_the_metrics(told: Ended) -> None:
    assert len(told.ingestion.metrics()["pipeline.files"]) == 1


def test_the_process_ends_in_time_by_itself(told: Ended) -> None:
    assert told.exit_status == 0
