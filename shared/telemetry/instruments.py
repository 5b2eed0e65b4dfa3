"""Metrics, as OpenTelemetry's instruments. What they count has few kinds: no attribute is ever a file's name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from opentelemetry.metrics import Counter, Histogram, Meter
    from opentelemetry.metrics import _Gauge as Gauge

SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0)  # bounds of histograms
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


class Instruments:
    """An instrument for each metric."""

    def __init__(self, meter: Meter) -> None:
        of_kind = {kind: [metric for metric in METRICS if metric.kind == kind] for kind in ("counter", "gauge")}
        self.counters: dict[Metric, Counter] = {
            metric: meter.create_counter(metric.name, metric.unit, metric.about) for metric in of_kind["counter"]
        }
        self.gauges: dict[Metric, Gauge] = {
            metric: meter.create_gauge(metric.name, metric.unit, metric.about) for metric in of_kind["gauge"]
        }
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
