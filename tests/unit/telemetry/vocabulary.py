"""What queries can ask for: the tables of docs/telemetry.md, as Azure Monitor's exporter writes them."""

from __future__ import annotations

import re
from typing import get_args

from azure.monitor.opentelemetry.exporter.export.trace._exporter import _is_standard_attribute

from shared.api.call import ROUTE_PREFIX
from shared.api.contract import OPERATIONS
from shared.ingest.status import STATUSES
from shared.telemetry.tracing import Trigger
from tests.unit.telemetry.kql import Vocabulary
from tests.unit.telemetry.seen import FUNCTION, OPERATION
from tests.unit.telemetry.tables import ROOT, code, table

LINKS = "_MS.links"
COSMOS = ("read_item", "create_item", "replace_item", "delete_item", "query_items")


def functions() -> set[str]:
    """The app's functions."""
    triggered = (ROOT / "blueprints").glob("*.py")
    named = re.compile(r'^@blueprint\.function_name\("(\w+)"\)', re.MULTILINE)
    return {name for path in triggered for name in named.findall(path.read_text(encoding="utf-8"))} | {
        operation.name for operation in OPERATIONS
    }


def kept(attributes: set[str]) -> set[str]:
    """Those attributes of a span that the exporter writes into customDimensions."""
    return {attribute for attribute in attributes if not _is_standard_attribute(attribute)}


def vocabulary() -> Vocabulary:
    """Names, attributes and values, by table."""
    spans = {" ".join(code(row["span"])): kept(code(row["attributes"])) for row in table("telemetry.md", "span")}
    of_any = spans.pop("")
    spans = {name: attributes | of_any | {LINKS} for name, attributes in spans.items()}
    metrics = {" ".join(code(row["metric"])): code(row["attributes"]) for row in table("telemetry.md", "metric")}
    logs = set().union(*(code(row["attributes"]) for row in table("telemetry.md", "on"))) | {"logger_name"}
    operations = {f"{operation} {container}" for operation in COSMOS for container in ("files", "reports")}
    called = dict.fromkeys(functions(), FUNCTION) | dict.fromkeys(operations, OPERATION)
    routes = {f"{operation.method} {ROUTE_PREFIX}/{operation.route}" for operation in OPERATIONS}
    return Vocabulary(
        {"dependencies": spans, "customMetrics": metrics, "traces": {"": logs}, "exceptions": {"": logs}},
        {
            "dependencies": {name: name for name in spans} | called,
            "customMetrics": {name: name for name in metrics},
            "requests": dict.fromkeys(routes, ""),  # and timers, in newer hosts; never blobs and queues
        },
        {
            "pipeline.status": set(STATUSES),
            "pipeline.service": {"blob", "cosmos"},
            "faas.trigger": set(get_args(Trigger.__value__)),
            "faas.coldstart": {"True", "False", "true"},
        },
    )
