"""Spans of the Azure SDKs, by azure-core's tracing: one for each request."""

from __future__ import annotations

from typing import Any

from azure.core.tracing import SpanKind
from azure.core.tracing.ext.opentelemetry_span import OpenTelemetrySpan
from opentelemetry import trace
from opentelemetry.trace import Span


class SdkSpan(OpenTelemetrySpan):
    """A span of the SDK, where it says what no other says.

    Not those of the methods around the requests: they tell the same once more, call it an error where something is not
    there or a condition does not hold (the app asks like that all the time), and would cost a large file more than
    telemetry may. Nor those of requests below an operation of Cosmos DB, which has a span by the conventions for it.
    Nor those outside of every invocation: on one machine they are the host's, in the same process.
    """

    def __init__(self, span: Span | None = None, name: str | None = "span", **options: Any) -> None:
        if span is None and (options.get("kind") is not SpanKind.CLIENT or not _is_wanted(trace.get_current_span())):
            span = trace.INVALID_SPAN
        super().__init__(span, name, **options)


def _is_wanted(parent: Span) -> bool:
    is_operation = getattr(parent, "kind", None) is trace.SpanKind.CLIENT
    return parent.get_span_context().is_valid and not is_operation
