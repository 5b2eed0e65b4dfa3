"""Receivers of telemetry: three providers (traces, metrics, logs), with an exporter for each receiver.

Imported where a setting asks for one. OpenTelemetry's SDK and the exporters are imported here, each where it is used.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.settings import TelemetrySettings
from shared.telemetry.complaints import soften
from shared.telemetry.correlation import Correlated
from shared.telemetry.ending import End
from shared.telemetry.instruments import Instruments
from shared.telemetry.providers import Telemetry

if TYPE_CHECKING:
    from opentelemetry.sdk._logs import LogRecordProcessor
    from opentelemetry.sdk.metrics.export import MetricReader
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanProcessor

SCOPE = "pipeline"  # who measures: the name of the tracer and the meter
LOGGER = "shared"  # the logger whose records are sent: that of the app, without those of its libraries
DEFAULTS = {
    # The host decides for a whole trace, and the app does as it has decided. Azure Monitor's own default would keep
    # five traces a second, whatever the host keeps.
    "OTEL_TRACES_SAMPLER": "parentbased_always_on",
    # Azure Monitor's own default asks the metadata service of virtual machines, which is not there.
    "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "azure_functions",
    # Figures of the exporter about itself, for Microsoft and among the app's own, and remote switches. They go to
    # addresses that no setting names, and their own ends would hold up that of the process for half a minute.
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED": "true",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "true",
}
# Instrumentations of libraries that the app does not use, or that azure-core's own spans stand for.
NO_INSTRUMENTATION = {
    name: {"enabled": False}
    for name in ("azure_sdk", "django", "fastapi", "flask", "psycopg2", "requests", "urllib", "urllib3", "httpx")
}


@dataclass(slots=True)
class Receivers:
    """What finished spans, log records and metrics are handed to."""

    spans: list[SpanProcessor] = field(default_factory=list)
    logs: list[LogRecordProcessor] = field(default_factory=list)
    metrics: list[MetricReader] = field(default_factory=list)


def start(settings: TelemetrySettings) -> Telemetry:
    """Send telemetry to the receivers that the settings name, until the process ends."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    soften()
    end = End()
    receivers = _otlp(end) if settings.otlp_endpoint else Receivers()
    if settings.application_insights:
        _start_with_azure_monitor(settings.application_insights, receivers)
    else:
        _start(receivers)
    return _begin(end)


def _otlp(end: End) -> Receivers:
    """An OTLP receiver. The exporters read its address, headers and so on from the variables that OTLP names."""
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return Receivers(
        [end.aside(BatchSpanProcessor(OTLPSpanExporter()))],
        [end.aside(BatchLogRecordProcessor(OTLPLogExporter()))],
        [end.aside(PeriodicExportingMetricReader(OTLPMetricExporter()))],
    )


def _resource() -> Resource:
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource

    found = Resource.create()  # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES are read there
    if not str(found.attributes[SERVICE_NAME]).startswith("unknown_service"):
        return found
    return found.merge(Resource({SERVICE_NAME: os.environ.get("WEBSITE_SITE_NAME") or SCOPE}))


def _start_with_azure_monitor(connection_string: str, others: Receivers) -> None:
    """Providers as Azure Monitor's distro makes them; APPLICATIONINSIGHTS_AUTHENTICATION_STRING says as whom."""
    from azure.monitor.opentelemetry import configure_azure_monitor

    configure_azure_monitor(
        connection_string=connection_string,
        resource=_resource(),
        logger_name=LOGGER,
        span_processors=others.spans,
        log_record_processors=others.logs,
        metric_readers=others.metrics,
        instrumentation_options=NO_INSTRUMENTATION,
        # The host has both for the whole instance.
        enable_live_metrics=False,
        enable_performance_counters=False,
    )


def _start(receivers: Receivers) -> None:
    """Providers for these receivers alone."""
    from opentelemetry import metrics, trace
    from opentelemetry._logs import set_logger_provider
    from opentelemetry.instrumentation.logging.handler import LoggingHandler
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.trace import TracerProvider

    resource = _resource()
    traces, logs = TracerProvider(resource=resource), LoggerProvider(resource=resource)
    for spans in receivers.spans:
        traces.add_span_processor(spans)
    for records in receivers.logs:
        logs.add_log_record_processor(records)
    trace.set_tracer_provider(traces)
    metrics.set_meter_provider(MeterProvider(receivers.metrics, resource=resource))
    set_logger_provider(logs)
    logging.getLogger(LOGGER).addHandler(LoggingHandler(logger_provider=logs))


def _begin(end: End) -> Telemetry:
    """Tell from here on."""
    from azure.core.settings import settings as sdk
    from opentelemetry import _logs, metrics, trace

    from shared.telemetry.sdk_spans import SdkSpan

    sdk.tracing_implementation = SdkSpan
    logger = logging.getLogger(LOGGER)
    if not logger.isEnabledFor(logging.INFO):
        logger.setLevel(logging.INFO)
    for handler in logger.handlers:
        handler.addFilter(Correlated())
    end.at_exit([trace.get_tracer_provider(), metrics.get_meter_provider(), _logs.get_logger_provider()])
    return Telemetry(trace.get_tracer(SCOPE), Instruments(metrics.get_meter(SCOPE)))
