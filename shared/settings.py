"""Every setting that the app itself reads, once into one typed object. Nothing else reads the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from shared.errors import PipelineError

type BlobTriggerSource = Literal["LogsAndContainerScan", "EventGrid"]


class SettingsError(PipelineError):
    """Settings that are missing or make no sense, all of them at once."""

    code = "settings"

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(["The app's settings are not complete:", *(f"  {m}" for m in mistakes)]))


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """Where the data containers are: a connection string, or a blob endpoint reached with an identity."""

    connection_string: str | None = None
    blob_endpoint: str | None = None
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class CosmosSettings:
    """Where the file records and reports are. Without a key: Entra ID."""

    endpoint: str
    database: str
    key: str | None = None
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class TelemetrySettings:
    """Where telemetry goes: to Application Insights, to an OTLP receiver, to both, or nowhere."""

    application_insights: str | None = None  # a connection string
    otlp_endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """See `local.settings.json.example` for the names, docs/settings.md for what each is for."""

    storage: StorageSettings
    cosmos: CosmosSettings
    datasets_file: str | None  # None: the default one, where there is one
    blob_trigger_source: BlobTriggerSource
    max_file_bytes: int
    telemetry: TelemetrySettings = TelemetrySettings()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """The settings in `environment` (as a rule `os.environ`).

        Raises SettingsError with every mistake.
        """
        mistakes: list[str] = []
        settings = cls(
            storage=_storage(environment, mistakes),
            cosmos=CosmosSettings(
                endpoint=_required(environment, "COSMOS_ENDPOINT", "the address of the Cosmos DB account", mistakes),
                database=environment.get("COSMOS_DATABASE") or "pipeline",
                key=environment.get("COSMOS_KEY") or None,
                client_id=environment.get("AZURE_CLIENT_ID") or None,
            ),
            datasets_file=environment.get("DATASETS_FILE") or None,
            blob_trigger_source=_blob_trigger_source(environment, mistakes),
            max_file_bytes=_positive_integer(environment, "MAX_FILE_BYTES", 10 * 1024**3, mistakes),
            telemetry=_telemetry(environment, mistakes),
        )
        if mistakes:
            raise SettingsError(mistakes)
        return settings


def _required(environment: Mapping[str, str], name: str, purpose: str, mistakes: list[str]) -> str:
    value = environment.get(name, "").strip()
    if not value:
        mistakes.append(f"{name} is missing: {purpose}. See local.settings.json.example.")
    return value


def _storage(environment: Mapping[str, str], mistakes: list[str]) -> StorageSettings:
    storage = StorageSettings(
        connection_string=environment.get("Storage") or None,
        blob_endpoint=environment.get("Storage__blobServiceUri") or None,
        client_id=environment.get("Storage__clientId") or None,
    )
    if not storage.connection_string and not storage.blob_endpoint:
        mistakes.append("Storage is missing: a connection string, or Storage__blobServiceUri to use an identity.")
    return storage


def _telemetry(environment: Mapping[str, str], mistakes: list[str]) -> TelemetrySettings:
    telemetry = TelemetrySettings(
        application_insights=environment.get("APPLICATIONINSIGHTS_CONNECTION_STRING") or None,
        otlp_endpoint=environment.get("OTEL_EXPORTER_OTLP_ENDPOINT") or None,
    )
    protocol = environment.get("OTEL_EXPORTER_OTLP_PROTOCOL") or "http/protobuf"
    if telemetry.otlp_endpoint and protocol != "http/protobuf":
        mistakes.append(f"OTEL_EXPORTER_OTLP_PROTOCOL is {protocol!r}: must be http/protobuf, the only one there is.")
    if telemetry.otlp_endpoint and not telemetry.otlp_endpoint.startswith(("http://", "https://")):
        mistakes.append(
            f"OTEL_EXPORTER_OTLP_ENDPOINT is {telemetry.otlp_endpoint!r}: must be an address such as "
            "http://127.0.0.1:4318."
        )
    return telemetry


def _blob_trigger_source(environment: Mapping[str, str], mistakes: list[str]) -> BlobTriggerSource:
    match environment.get("BLOB_TRIGGER_SOURCE") or "LogsAndContainerScan":
        case "LogsAndContainerScan":
            return "LogsAndContainerScan"
        case "EventGrid":
            return "EventGrid"
        case other:
            mistakes.append(f"BLOB_TRIGGER_SOURCE is {other!r}: must be LogsAndContainerScan or EventGrid.")
            return "LogsAndContainerScan"


def _positive_integer(environment: Mapping[str, str], name: str, default: int, mistakes: list[str]) -> int:
    text = environment.get(name) or str(default)
    if not re.fullmatch("0*[1-9][0-9]{0,17}", text):
        mistakes.append(f"{name} is {text!r}: must be a whole number above 0.")
        return default
    return int(text)
