"""The wiring: parts made on first use and kept, and services that do not answer told by name."""

from types import SimpleNamespace

import pytest

from shared.app import App
from shared.definitions.catalog import Definitions
from shared.errors import PlatformError
from shared.settings import Settings

# A connection string and an address of nothing: making the app must not reach for either.
ENVIRONMENT = {
    "Storage": "UseDevelopmentStorage=true",
    "COSMOS_ENDPOINT": "http://127.0.0.1:9",
    "COSMOS_KEY": "a2V5",
    "MAX_FILE_BYTES": "123",
}


@pytest.fixture
def app() -> App:
    return App(Settings.from_environment(ENVIRONMENT), Definitions())


def down(*_: object) -> None:
    raise PlatformError("no answer")


def up(*_: object) -> None:
    return None


def test_making_the_app_makes_no_request(app: App) -> None:
    assert app.blobs is app.blobs


def test_the_parts_share_their_stores_and_settings(app: App) -> None:
    app.__dict__["files"], app.__dict__["reports"] = object(), object()
    assert app.ingest.max_bytes == 123
    assert app.ingest.records is app.reconcile.records is app.refresh.records
    assert app.reader.reports is app.refresh.renewal.reports is app.sweep.reports
    assert app.reconcile.ingest is app.file_requests.ingest is app.ingest
    assert app.file_requests.records is app.files


def test_a_part_that_could_not_be_made_is_tried_again(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.stores.cosmos.connect", down)
    with pytest.raises(PlatformError):
        _ = app.files
    database = SimpleNamespace(get_container_client=lambda name: name)
    monkeypatch.setattr("shared.stores.cosmos.connect", lambda _: database)
    assert app.files is app.files


@pytest.mark.parametrize(
    ("blobs", "cosmos", "missing"),
    [
        (up, up, []),
        (down, up, ["Blob Storage"]),
        (up, down, ["Cosmos DB"]),
        (down, down, ["Blob Storage", "Cosmos DB"]),
    ],
)
def test_services_that_do_not_answer_are_named(app: App, blobs: object, cosmos: object, missing: list[str]) -> None:
    app.__dict__["blobs"] = SimpleNamespace(check=blobs)
    app.__dict__["files"] = SimpleNamespace(get=cosmos)
    app.__dict__["reports"] = SimpleNamespace(get=cosmos)
    assert app.unreachable() == missing
