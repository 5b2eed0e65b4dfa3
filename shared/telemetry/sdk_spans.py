"""Spans of the Azure SDKs, by azure-core's tracing."""

from __future__ import annotations

from http import HTTPStatus
from types import TracebackType
from typing import Any

from azure.core.exceptions import HttpResponseError
from azure.core.tracing.ext.opentelemetry_span import OpenTelemetrySpan
from opentelemetry import trace
from opentelemetry.trace import Span

ANSWERS = frozenset(
    {HTTPStatus.NOT_MODIFIED, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}
)
# One for each block of a large file, and the request below each says the same: a third of all spans of a large ingest,
# which would cost it more than telemetry may.
BLOCKS = frozenset({"BlobClient.stage_block", "BlockBlobOperations.stage_block", "BlobOperations.download"})


class SdkSpan(OpenTelemetrySpan):
    """A span of the SDK that does not call it an error where a condition does not hold or something is not there.

    The app asks like that all the time; where it is an error after all, the span around it says so.
    The transfer of a block has no span besides that of its request.
    A call outside of every invocation is not told at all: on one machine those are the host's, in the same process.
    """

    def __init__(self, span: Span | None = None, name: str | None = "span", **options: Any) -> None:
        if span is None and (name in BLOCKS or not trace.get_current_span().get_span_context().is_valid):
            span = trace.INVALID_SPAN
        super().__init__(span, name, **options)

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(exception_value, HttpResponseError) and exception_value.status_code in ANSWERS:
            super().__exit__(None, None, None)
        else:
            super().__exit__(exception_type, exception_value, traceback)
