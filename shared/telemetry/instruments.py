"""Metrics, as OpenTelemetry's instruments. What they count has few kinds: no attribute is ever a file's name."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from opentelemetry.metrics import CallbackOptions, Counter, Histogram, Meter, Observation

type Attributes = tuple[tuple[str, str], ...]

SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0)  # bounds of histograms
NEWS = 90.0  # seconds: metrics are sent every minute, so a reading is told once or twice
UNITS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: docs/telemetry.md has the same, with its attributes."""

    kind: Literal["counter", "gauge", "histogram"]
    name: str
    unit: str
    about: str


BYTES = Metric("counter", "pipeline.ingest.bytes", "By", "Bytes of the uploads that were ingested.")
ROWS = Metric("counter", "pipeline.ingest.rows", "{row}", "Rows that were read.")
RECORDS = Metric("counter", "pipeline.ingest.records", "{record}", "Rows that passed all checks.")
REJECTS = Metric("counter", "pipeline.ingest.rejects", "{reject}", "Rows that failed a check, by its code.")
INGEST_SECONDS = Metric("histogram", "pipeline.ingest.duration", "s", "From the claim of a file to its commit.")
FILES = Metric("counter", "pipeline.files", "{file}", "Files that have come to an end, by how.")
KNOWN_FILES = Metric("gauge", "pipeline.files.known", "{file}", "Files there are, by status.")
REFRESH_SECONDS = Metric("histogram", "pipeline.refresh.duration", "s", "Making one period of a report true again.")
STALE_AGE = Metric("gauge", "pipeline.reports.stale.age", "s", "Age of the oldest change that no report shows yet.")
REQUEST_CHARGE = Metric(
    "histogram",
    "azure.cosmosdb.client.operation.request_charge",
    "{request_unit}",
    "What operations of Cosmos DB have cost.",
)
RETRIES = Metric("counter", "pipeline.retries", "{retry}", "Requests to a service that had to be sent again.")
METRICS = (
    BYTES,
    ROWS,
    RECORDS,
    REJECTS,
    INGEST_SECONDS,
    FILES,
    KNOWN_FILES,
    REFRESH_SECONDS,
    STALE_AGE,
    REQUEST_CHARGE,
    RETRIES,
)


class Gauge:
    """What was measured last, by attributes, told for as long as it is news.

    OpenTelemetry's own gauge tells its last value every minute until the process ends: a process that has measured once
    would say forever that all is well, and contradict those that measure now.
    """

    def __init__(self) -> None:
        self._readings: dict[Attributes, tuple[float, float]] = {}  # when, and what

    def set(self, value: float, attributes: Mapping[str, str] | None = None) -> None:
        """It is this now."""
        self._readings[tuple((attributes or {}).items())] = (monotonic(), value)

    def observe(self, _: CallbackOptions) -> Iterator[Observation]:
        """What is news."""
        from opentelemetry.metrics import Observation

        now = monotonic()
        for attributes, (since, value) in list(self._readings.items()):
            if now - since < NEWS:
                yield Observation(value, dict(attributes))


class Instruments:
    """An instrument for each metric."""

    def __init__(self, meter: Meter) -> None:
        self.counters: dict[Metric, Counter] = {
            metric: meter.create_counter(metric.name, metric.unit, metric.about)
            for metric in METRICS
            if metric.kind == "counter"
        }
        self.gauges = {metric: Gauge() for metric in METRICS if metric.kind == "gauge"}
        for metric, gauge in self.gauges.items():
            meter.create_observable_gauge(metric.name, [gauge.observe], metric.unit, metric.about)
        self.histograms: dict[Metric, Histogram] = {
            metric: meter.create_histogram(
                metric.name,
                metric.unit,
                metric.about,
                explicit_bucket_boundaries_advisory=SECONDS if metric.unit == "s" else UNITS,
            )
            for metric in METRICS
            if metric.kind == "histogram"
        }
