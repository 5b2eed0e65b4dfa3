"""What the ingestion endpoint of Application Insights has got."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.telemetry.receiver import Receiver

INSTRUMENTATION_KEY = "00000000-0000-0000-0000-0000000000aa"


@dataclass(frozen=True, slots=True)
class Envelope:
    """One item: a row of the table that its type stands for."""

    kind: str  # RemoteDependencyData (dependencies), MessageData (traces), MetricData, ExceptionData …
    tags: dict[str, str]
    data: dict[str, Any]

    @property
    def operation(self) -> str:
        return self.tags.get("ai.operation.id", "")

    @property
    def parent(self) -> str:
        return self.tags.get("ai.operation.parentId", "")

    @property
    def properties(self) -> dict[str, str]:
        """The customDimensions."""
        return self.data.get("properties") or {}


@dataclass(frozen=True, slots=True)
class Ingestion:
    """What has come so far; asked anew each time."""

    receiver: Receiver

    def of(self, kind: str, operation: str | None = None) -> list[Envelope]:
        """All items of a type, or those of one operation."""
        found = [item for body in self.receiver.bodies("/v2.1/track") for item in map(_envelope, json.loads(body))]
        return [item for item in found if item.kind == kind and operation in (None, item.operation)]

    def dependency(self, operation: str, name: str) -> Envelope:
        """The one span of this name."""
        (found,) = [item for item in self.of("RemoteDependencyData", operation) if item.data["name"] == name]
        return found

    def metrics(self) -> dict[str, list[dict[str, str]]]:
        """Of each metric the properties of its points."""
        found: dict[str, list[dict[str, str]]] = {}
        for item in self.of("MetricData"):
            for metric in item.data["metrics"]:
                found.setdefault(metric["name"], []).append(item.properties)
        return found


def connection_string(url: str) -> str:
    """To send everything to this address."""
    return f"InstrumentationKey={INSTRUMENTATION_KEY};IngestionEndpoint={url}/"


def _envelope(item: dict[str, Any]) -> Envelope:
    assert item["iKey"] == INSTRUMENTATION_KEY
    return Envelope(item["data"]["baseType"], item["tags"], item["data"]["baseData"])
