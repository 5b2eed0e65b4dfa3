"""Limits and faults of Cosmos DB: what is refused, what is sent, and how soon and how plainly it is given up."""

import re
from dataclasses import replace
from unittest.mock import Mock

import pytest
from azure.core.exceptions import ServiceRequestError
from azure.core.pipeline.transport import RequestsTransport
from azure.cosmos import ContainerProxy, PartitionKey
from azure.cosmos.exceptions import CosmosResourceNotFoundError

from shared.errors import Conflict, DocumentTooLarge, PlatformError
from shared.ingest.file_record import FileRecord
from shared.reports.document import ReportDocument
from shared.settings import CosmosSettings
from shared.stores import cosmos, file_records
from shared.stores.file_records import FileRecords


def record(dataset: str, record_id: str = "a-csv", **fields) -> FileRecord:
    return FileRecord(record_id, f"{record_id}.csv", dataset, **fields)


def document(report: str, period: str, rows: int = 1, **fields) -> ReportDocument:
    return ReportDocument(report, "sales", period, rows=rows, **fields)


# Size


def test_a_document_that_the_service_would_refuse_is_not_sent(reports, partition, sent):
    too_large = document(partition, "all", groups=({"text": "x" * cosmos.MAX_DOCUMENT},))
    with pytest.raises(DocumentTooLarge, match=rf"{partition}/all has 1,900,\d\d\d bytes"):
        reports.save(too_large, None)
    assert sent.requests == []


def test_letters_outside_ascii_are_sent_in_the_size_that_was_checked(reports, partition, sent):
    large = document(partition, "all", groups=({"text": "日" * 630_000},))
    reports.save(large, None)
    assert 1_890_000 < max(sent.sizes) <= cosmos.MAX_DOCUMENT
    assert reports.get(partition, "all").value == large


# Requests


def test_every_operation_inside_a_partition_is_one_request(files, partition, sent):
    files.get(partition, "warm-up: the SDK reads the container before its first use")
    sent.requests.clear()
    saved = files.save(record(partition, stale=("r/all",)), None)
    saved = files.save(saved.value, saved.etag)
    files.get(partition, "a-csv")
    files.get(partition, "missing")
    files.sharing(partition, "r/all")
    assert sent.requests == ["POST docs", "PUT a-csv", "GET a-csv", "GET missing", "POST docs"]


def test_a_conflict_is_not_tried_again(files, partition, sent):
    old = files.save(record(partition), None)
    files.save(record(partition), old.etag)
    sent.requests.clear()
    with pytest.raises(Conflict):
        files.save(record(partition), old.etag)
    with pytest.raises(Conflict):
        files.save(record(partition), None)
    assert sent.requests == ["PUT a-csv", "POST docs"]


# Faults


def test_an_account_that_refuses_connections_is_given_up_soon_with_one_line(nobody_listens, cosmos_settings, waits):
    with pytest.raises(PlatformError) as fault:
        cosmos.connect(CosmosSettings(f"http://{nobody_listens}/", "pipeline", key=cosmos_settings.key or "a2V5"))
    assert re.fullmatch(r"Could not reach Cosmos DB: no answer \(.*Connection refused\)", str(fault.value))
    assert sum(waits) <= 10


@pytest.mark.parametrize("operation", ["get", "query", "save"])
def test_an_account_that_goes_away_is_given_up_soon(files, partition, operation, waits, monkeypatch):
    def refuse(self, request, **options):
        raise ServiceRequestError("HTTPConnection(…): Failed to establish a new connection: Connection refused")

    files.get(partition, "warm-up")
    monkeypatch.setattr(RequestsTransport, "send", refuse)
    operations = {
        "get": lambda: files.get(partition, "a-csv"),
        "query": lambda: files.sharing(partition, "r/all"),
        "save": lambda: files.save(record(partition), None),
    }
    with pytest.raises(PlatformError, match=r"no answer \(Connection refused\)$"):
        operations[operation]()
    assert sum(waits) <= 10
    monkeypatch.undo()  # the clean-up wants to reach the account


def test_a_wrong_key_is_a_fault_that_says_so(cosmos_settings, waits):
    with pytest.raises(PlatformError, match=r"^Could not reach Cosmos DB: status 401: .+$"):
        cosmos.connect(replace(cosmos_settings, key="d3Jvbmcga2V5"))
    assert sum(waits) <= 10


def test_a_key_that_is_none_is_a_fault_that_names_the_setting(cosmos_settings):
    with pytest.raises(PlatformError, match="COSMOS_KEY is not an account key"):
        cosmos.connect(replace(cosmos_settings, key="not base64"))


@pytest.mark.parametrize("operation", ["get", "query", "create", "replace"])
@pytest.mark.parametrize("missing", ["database", "container"])
def test_a_missing_database_or_container_is_a_fault_that_says_so(
    cosmos_settings, missing, operation, unique, monkeypatch
):
    """Not "no document", not a Conflict: an ingest would go on trying for ever."""
    monkeypatch.setattr(file_records, "FILES", unique if missing == "container" else file_records.FILES)
    settings = replace(cosmos_settings, database=unique) if missing == "database" else cosmos_settings
    files = FileRecords(cosmos.connect(settings))
    operations = {
        "get": lambda: files.get("d", "a-csv"),
        "query": lambda: files.sharing("d", "r/all"),
        "create": lambda: files.save(record("d"), None),
        "replace": lambda: files.save(record("d"), '"old"'),
    }
    with pytest.raises(PlatformError, match=f"{unique}.*: no such database or container"):
        operations[operation]()


def test_writing_to_a_container_that_was_taken_away_is_a_fault(cosmos_settings, database, unique, monkeypatch):
    """The SDK still has it in its cache, and sends the document at once."""
    if cosmos_settings.key is None:
        pytest.skip("the account is reached with Entra ID, which may not create the container to take away")
    monkeypatch.setattr(file_records, "FILES", unique)
    database.create_container(unique, PartitionKey(path="/pk"))
    files = FileRecords(database)
    files.save(record("d"), None)
    database.delete_container(unique)
    with pytest.raises(PlatformError):
        files.save(record("d", "b-csv"), None)


def test_reading_from_a_container_that_was_taken_away_is_a_fault(files, monkeypatch):
    """As the service answers: only the sub-status tells. The local emulator gives none."""
    request = Mock(url="https://account/dbs/pipeline/colls/files/docs/a-csv/")
    response = Mock(status_code=404, headers={"x-ms-substatus": "1003"}, request=request)
    answer = CosmosResourceNotFoundError(message="Collection does not exist.", response=response)
    monkeypatch.setattr(ContainerProxy, "read_item", Mock(side_effect=answer))
    with pytest.raises(PlatformError, match="no such database or container"):
        files.get("d", "a-csv")
