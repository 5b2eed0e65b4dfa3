"""Settings: what the app is told by its environment, and one message with all that is wrong with it."""

import json
from pathlib import Path

import pytest

from shared.settings import CosmosSettings, Settings, SettingsError, StorageSettings, TelemetrySettings

EXAMPLE = Path(__file__).parents[2] / "local.settings.json.example"
LEAST = {"Storage": "connection string", "COSMOS_ENDPOINT": "https://account"}


def mistakes(environment: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        Settings.from_environment(environment)
    first, *others = str(raised.value).splitlines()
    assert first == "The app's settings are not complete:"
    return [line.strip() for line in others]


def test_the_example_is_complete() -> None:
    settings = Settings.from_environment(json.loads(EXAMPLE.read_text())["Values"])
    assert (settings.cosmos.database, settings.datasets_file) == ("pipeline", "datasets.toml")


def test_two_settings_are_enough() -> None:
    settings = Settings.from_environment(LEAST)
    assert settings.storage == StorageSettings("connection string")
    assert settings.cosmos == CosmosSettings("https://account", "pipeline")
    assert (settings.datasets_file, settings.max_file_bytes) == (None, 10 * 1024**3)
    assert (settings.blob_trigger_source, settings.telemetry) == ("LogsAndContainerScan", TelemetrySettings())


def test_on_azure_an_identity_takes_the_place_of_keys() -> None:
    settings = Settings.from_environment(
        {
            "Storage__blobServiceUri": "https://blobs",
            "Storage__clientId": "storage identity",
            "COSMOS_ENDPOINT": "https://account",
            "AZURE_CLIENT_ID": "identity",
            "BLOB_TRIGGER_SOURCE": "EventGrid",
        }
    )
    assert settings.storage == StorageSettings(None, "https://blobs", "storage identity")
    assert settings.cosmos == CosmosSettings("https://account", "pipeline", None, "identity")
    assert settings.blob_trigger_source == "EventGrid"


def test_everything_that_is_missing_is_one_message() -> None:
    assert mistakes({}) == [
        "Storage is missing: a connection string, or Storage__blobServiceUri to use an identity.",
        "COSMOS_ENDPOINT is missing: the address of the Cosmos DB account. See local.settings.json.example.",
    ]


def test_what_is_missing_and_what_makes_no_sense_come_together() -> None:
    environment = {"Storage": "x", "COSMOS_ENDPOINT": " ", "BLOB_TRIGGER_SOURCE": "Polling", "MAX_FILE_BYTES": "10 GB"}
    assert [line.split()[0] for line in mistakes(environment)] == [
        "COSMOS_ENDPOINT",
        "BLOB_TRIGGER_SOURCE",
        "MAX_FILE_BYTES",
    ]


def test_a_setting_that_makes_no_sense_is_shown_with_what_it_must_be() -> None:
    assert mistakes(LEAST | {"BLOB_TRIGGER_SOURCE": "Polling"}) == [
        "BLOB_TRIGGER_SOURCE is 'Polling': must be LogsAndContainerScan or EventGrid."
    ]


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "1e9", " 1", "١", "9" * 5000])
def test_a_size_is_a_whole_number_above_zero(text: str) -> None:
    assert mistakes(LEAST | {"MAX_FILE_BYTES": text})[0].startswith("MAX_FILE_BYTES is ")


def test_an_empty_setting_counts_as_missing() -> None:
    empty = {
        "DATASETS_FILE": "",
        "COSMOS_DATABASE": "",
        "MAX_FILE_BYTES": "",
        "APPLICATIONINSIGHTS_CONNECTION_STRING": "",
    }
    assert Settings.from_environment(LEAST | empty) == Settings.from_environment(LEAST)
