"""What telemetry is called: every span and attribute of the app's own. `docs/telemetry.md` says what each is for.

OpenTelemetry's semantic conventions where they have a name, `pipeline.` where they have none.
"""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """Spans. Besides these, one for each invocation, with the name of its function, and those of the Azure SDKs."""

    INGEST = "ingest file"
    CLAIM = "claim"
    DOWNLOAD = "download"
    PARSE = "parse"
    PUBLISH = "publish"
    COMMIT = "commit"
    REFRESH = "refresh report"


class Key(StrEnum):
    """Attributes of spans, metrics and log records."""

    # https://opentelemetry.io/docs/specs/semconv/faas/faas-spans/
    TRIGGER = "faas.trigger"
    INVOCATION = "faas.invocation_id"
    COLDSTART = "faas.coldstart"
    # https://opentelemetry.io/docs/specs/semconv/http/http-spans/
    METHOD = "http.request.method"
    ROUTE = "http.route"
    STATUS_CODE = "http.response.status_code"
    # https://opentelemetry.io/docs/specs/semconv/registry/attributes/file/
    FILE_PATH = "file.path"
    FILE_SIZE = "file.size"
    # https://opentelemetry.io/docs/specs/semconv/database/azure-cosmosdb/
    DB_SYSTEM = "db.system.name"
    DB_NAMESPACE = "db.namespace"
    DB_COLLECTION = "db.collection.name"
    DB_OPERATION = "db.operation.name"
    DB_STATUS = "db.response.status_code"
    REQUEST_CHARGE = "azure.cosmosdb.operation.request_charge"
    ERROR = "error.type"

    FILE_ID = "pipeline.file.id"
    DATASET = "pipeline.dataset"
    GENERATION = "pipeline.generation"
    STATUS = "pipeline.status"
    ROWS = "pipeline.rows"
    RECORDS = "pipeline.records"
    REJECTS = "pipeline.rejects"
    BYTES = "pipeline.bytes"
    BUSY = "pipeline.busy"
    CODE = "pipeline.code"
    REPORT = "pipeline.report"
    PERIOD = "pipeline.period"
    FILES = "pipeline.files"
    SERVICE = "pipeline.service"
