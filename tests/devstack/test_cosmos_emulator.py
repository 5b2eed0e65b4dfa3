"""The Cosmos DB emulator answers as the service does, where the app relies on it. Over the wire, with the SDK."""

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from azure.core import MatchConditions
from azure.cosmos import ContainerProxy, CosmosClient, PartitionKey
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosHttpResponseError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)

from devstack.emulators import COSMOS_KEY, cosmos_endpoint
from devstack.stack import Stack


@pytest.fixture
def container(emulators: Stack) -> Iterator[ContainerProxy]:
    """An empty container, partitioned by /pk."""
    database = emulators.cosmos_database()
    made = database.create_container(f"test-{uuid.uuid4().hex}", PartitionKey(path="/pk"))
    yield made
    database.delete_container(made)


def query(container: ContainerProxy, text: str, partition: str | None = None, **parameters: object) -> list:
    """The results of a query, in one partition or across all."""
    named = [{"name": f"@{name}", "value": value} for name, value in parameters.items()]
    scope = {"partition_key": partition} if partition else {"enable_cross_partition_query": True}
    return list(container.query_items(text, parameters=named, **scope))


def put(container: ContainerProxy, *ids: str, pk: str = "a", **fields: object) -> None:
    for identifier in ids:
        container.upsert_item({"id": identifier, "pk": pk, **fields})


# What the launcher mends


def test_reading_a_missing_document_is_not_found(container):
    with pytest.raises(CosmosResourceNotFoundError):
        container.read_item("missing", "a")


def test_a_document_is_not_found_under_another_partition_key(container):
    put(container, "1", pk="a")
    with pytest.raises(CosmosResourceNotFoundError):
        container.read_item("1", "b")


def test_a_missing_container_is_not_found(emulators):
    with pytest.raises(CosmosResourceNotFoundError):
        emulators.cosmos_database().get_container_client("missing").create_item({"id": "1", "pk": "a"})


def test_a_container_that_was_taken_away_is_told_from_a_missing_document(emulators):
    """The SDK still has it in its cache: only the sub-status tells what is missing."""
    database = emulators.cosmos_database()
    container = database.create_container(f"test-{uuid.uuid4().hex}", PartitionKey(path="/pk"))
    put(container, "1")
    database.delete_container(container)
    with pytest.raises(CosmosResourceNotFoundError) as refused:
        container.read_item("1", "a")
    assert refused.value.sub_status == 1003


def test_a_missing_database_is_not_found(emulators):
    client = CosmosClient(cosmos_endpoint(emulators.ports), COSMOS_KEY, enable_endpoint_discovery=False)
    with pytest.raises(CosmosResourceNotFoundError):
        client.get_database_client("missing").get_container_client("files").create_item({"id": "1", "pk": "a"})


def test_a_query_sees_its_own_partition_only(container):
    put(container, "1", "2", pk="a")
    put(container, "3", pk="b")
    assert query(container, "SELECT VALUE c.id FROM c ORDER BY c.id", "a") == ["1", "2"]


def test_an_aggregate_sees_its_own_partition_only(container):
    put(container, "1", "2", pk="a")
    put(container, "3", pk="b")
    assert query(container, "SELECT VALUE COUNT(1) FROM c", "a") == [2]


def test_a_query_over_all_partitions_must_be_asked_for(container):
    with pytest.raises(CosmosHttpResponseError, match="Cross partition") as refused:
        list(container.query_items("SELECT * FROM c"))
    assert refused.value.status_code == 400


def test_a_wrong_account_key_is_refused(emulators):
    wrong = COSMOS_KEY.replace("C2y6", "AAAA")
    with pytest.raises(CosmosHttpResponseError) as refused:
        CosmosClient(cosmos_endpoint(emulators.ports), wrong, enable_endpoint_discovery=False)
    assert refused.value.status_code == 401


def test_query_work_does_not_grow_with_the_square_of_the_rows(container):
    """As the package comes, this query copies 400,000 growing lists: minutes, beyond the client's patience."""
    put(container, "1", tags=[1] * 400_000, pair=[1])
    rows = "SELECT VALUE COUNT(1) FROM c JOIN t IN c.tags JOIN p IN c.pair"
    found = container.query_items(rows, partition_key="a", read_timeout=20, retry_total=0)
    assert list(found) == [400_000]


def test_returning_a_long_list_does_not_grow_with_its_square(container):
    put(container, "1", tags=[1] * 400_000)
    found = container.query_items("SELECT VALUE c.tags FROM c", partition_key="a", read_timeout=20, retry_total=0)
    assert [len(tags) for tags in found] == [400_000]


# What the data layer relies on


def test_create_refuses_an_id_that_is_there(container):
    put(container, "1")
    with pytest.raises(CosmosResourceExistsError):
        container.create_item({"id": "1", "pk": "a"})


def test_the_same_id_may_be_in_two_partitions(container):
    put(container, "1", pk="a", n=1)
    put(container, "1", pk="b", n=2)
    assert container.read_item("1", "b")["n"] == 2


@pytest.mark.parametrize("operation", ["replace", "upsert", "delete"])
def test_a_change_under_an_old_etag_fails(container, operation):
    old = container.create_item({"id": "1", "pk": "a"})
    put(container, "1", n=2)
    condition = {"etag": old["_etag"], "match_condition": MatchConditions.IfNotModified}
    change = {
        "replace": lambda: container.replace_item("1", old, **condition),
        "upsert": lambda: container.upsert_item(old, **condition),
        "delete": lambda: container.delete_item("1", "a", **condition),
    }
    with pytest.raises(CosmosAccessConditionFailedError):
        change[operation]()
    assert container.read_item("1", "a")["n"] == 2


def test_compare_and_set_loses_no_update_of_16_threads(container):
    put(container, "counter", n=0)

    def add_one(_: int) -> None:
        while True:
            seen = container.read_item("counter", "a")
            try:
                condition = {"etag": seen["_etag"], "match_condition": MatchConditions.IfNotModified}
                container.replace_item("counter", {**seen, "n": seen["n"] + 1}, **condition)
            except CosmosAccessConditionFailedError:
                continue
            return

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(add_one, range(64)))
    assert container.read_item("counter", "a")["n"] == 64


def test_delete_takes_the_document_out(container):
    put(container, "1")
    container.delete_item("1", "a")
    assert query(container, "SELECT * FROM c", "a") == []


def test_replacing_a_missing_document_is_not_found(container):
    with pytest.raises(CosmosResourceNotFoundError):
        container.replace_item("missing", {"id": "missing", "pk": "a"})


def test_deleting_a_missing_document_is_not_found(container):
    with pytest.raises(CosmosResourceNotFoundError):
        container.delete_item("missing", "a")


def test_pages_by_key(container):
    put(container, "1", "2", "3", "4")
    page = "SELECT TOP @n VALUE c.id FROM c WHERE c.pk = @pk AND c.id > @last ORDER BY c.id"
    assert query(container, page, "a", n=2, pk="a", last="1") == ["2", "3"]


def test_orders_descending_by_one_field(container):
    for number in (2, 3, 1):
        put(container, str(number), at=f"2026-11-{number:02}")
    assert query(container, "SELECT TOP 2 VALUE c.id FROM c ORDER BY c.at DESC") == ["3", "2"]


@pytest.mark.parametrize(
    "condition",
    [
        "ARRAY_CONTAINS(c.stale, 'north')",
        "ARRAY_LENGTH(c.stale) > 0",
        "c.status IN ('failed', 'processed')",
        "c.status = 'failed' OR c.status = 'processed'",
        "ARRAY_CONTAINS(@statuses, c.status)",
        "c.firstError.line > 1",
        "IS_DEFINED(c.status) AND NOT IS_NULL(c.status)",
        "EXISTS (SELECT VALUE s FROM s IN c.stale WHERE s = 'north')",
    ],
)
def test_filters_across_partitions(container, condition):
    put(container, "hit", pk="a", status="processed", stale=["north"], firstError={"line": 2})
    put(container, "miss", pk="b", stale=[])
    found = query(container, f"SELECT VALUE c.id FROM c WHERE {condition}", statuses=["processed"])
    assert found == ["hit"]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("c.n = 1", ["one"]),
        ("c.n = @one AND c.pk = @pk", ["one"]),
        ("c.n = 1 AND c.text = '1'", []),
        ("c.n = 1 OR c.text = '1'", ["one", "text"]),
        ("NOT (c.n = 1)", ["two"]),  # a comparison with what is not there is neither true nor false
        ("c.n != 1 AND c.pk = @pk", ["two"]),
        ("NOT (c.n IN (1)) AND c.n > 0", ["two"]),
        ("c.n IN (1, 2) AND c.n IN (@one, 3)", ["one"]),
        ("1 = c.n", ["one"]),
        ("c.n = c.same", ["two"]),
        ("c.n = '1'", []),
        ("c.flag = true", ["one"]),
        ("c.nothing = null", ["text"]),
        ("c.inner.n = 7", ["two"]),
        ("c['n'] = 2", ["two"]),
        ("c.n BETWEEN 2 AND 3", ["two"]),
        ("c.n + 1 = 2", ["one"]),
    ],
)
def test_conditions_find_the_documents_that_they_name(container, condition, found):
    put(container, "one", n=1, flag=True)
    put(container, "two", n=2, same=2, inner={"n": 7})
    put(container, "text", text="1", nothing=None)
    parameters = {"one": 1, "pk": "a"}
    assert sorted(query(container, f"SELECT VALUE c.id FROM c WHERE {condition}", **parameters)) == sorted(found)


def test_conditions_on_the_elements_of_a_list_are_not_taken_for_those_on_the_document(container):
    put(container, "1", tags=[{"n": 1}], n=2)
    assert query(container, "SELECT VALUE t.n FROM c JOIN t IN c.tags WHERE t.n = 1") == [1]
    assert query(container, "SELECT VALUE c.n FROM c IN c.tags WHERE c.n = 1") == [1]


def test_an_aggregate_is_over_the_documents_of_its_condition(container):
    put(container, "1", "2", stale=True)
    put(container, "3", stale=False)
    assert query(container, "SELECT VALUE COUNT(1) FROM c WHERE c.stale = true") == [2]


def test_projects_fields(container):
    put(container, "1", status="processed")
    (found,) = query(container, "SELECT c.id, c.pk, c._etag FROM c WHERE c.pk = @pk", "a", pk="a")
    assert found == {"id": "1", "pk": "a", "_etag": container.read_item("1", "a")["_etag"]}


def test_counts_nothing_as_zero(container):
    assert query(container, "SELECT VALUE COUNT(1) FROM c WHERE c.pk = @pk", "a", pk="a") == [0]


def test_ids_and_partition_keys_may_be_unicode(container):
    put(container, "größe 日本", pk="Zürich")
    assert query(container, "SELECT VALUE c.id FROM c", "Zürich") == ["größe 日本"]
    assert container.read_item("größe 日本", "Zürich")["pk"] == "Zürich"


def test_holds_documents_of_nearly_two_megabytes(container):
    put(container, "1", text="x" * 1_900_000)
    assert len(json.dumps(container.read_item("1", "a"))) > 1_900_000


def test_takes_writes_of_16_threads(container):
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda n: put(container, f"{n:03}"), range(200)))
    assert query(container, "SELECT VALUE COUNT(1) FROM c", "a") == [200]


def test_states_a_request_charge(container):
    put(container, "1")
    assert float(container.read_item("1", "a").get_response_headers()["x-ms-request-charge"]) > 0
