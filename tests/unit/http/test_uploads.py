"""POST /uploads: which names get an address, and what that address allows."""

import datetime as dt
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from azure.core.exceptions import ServiceRequestError
from azure.storage.blob import BlobServiceClient, UserDelegationKey

from blueprints import uploads
from shared.stores.sas import KEY_LIFE, LIFE, UploadAddresses

NOON = dt.datetime(2026, 11, 20, 12, 0, 0, tzinfo=dt.UTC)
KEY = "a2V5"


class Identity:
    """An account that is reached with an identity, and the keys that it gives out."""

    account_name = "account"
    credential = SimpleNamespace(get_token=None)

    def __init__(self) -> None:
        self.asked: list[tuple[dt.datetime, dt.datetime]] = []

    def get_blob_client(self, container: str, name: str) -> Any:
        return SimpleNamespace(url=f"https://account.blob.core.windows.net/{container}/{name}")

    def get_user_delegation_key(self, start: dt.datetime, expiry: dt.datetime) -> UserDelegationKey:
        self.asked.append((start, expiry))
        key = UserDelegationKey()
        key.signed_oid, key.signed_tid, key.signed_service, key.signed_version = "oid", "tid", "b", "2025-01-01"
        key.signed_start, key.signed_expiry, key.value = f"{start:%FT%TZ}", f"{expiry:%FT%TZ}", KEY
        return key


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[dt.datetime], None]:
    """Sets the time. It is noon."""

    def at(now: dt.datetime) -> None:
        monkeypatch.setattr("shared.clock.moment", lambda: now)

    at(NOON)
    return at


@pytest.fixture
def post(
    clock: object, monkeypatch: pytest.MonkeyPatch, call: Callable[..., Any], request_of: Callable[..., Any]
) -> Callable[..., Any]:
    """POST /uploads with a body; the account has an `endpoint` and a key, unless it is given."""

    def post(body: Any, account: Any = None, endpoint: str = "https://account.blob.core.windows.net") -> Any:
        account = account or BlobServiceClient.from_connection_string(
            f"AccountName=account;AccountKey={KEY};BlobEndpoint={endpoint}"
        )
        monkeypatch.setattr(uploads, "app", lambda: SimpleNamespace(upload_addresses=UploadAddresses(account)))
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return call(uploads.create_upload, request_of(body=data))

    return post


def allowed(answer: Any) -> dict[str, str]:
    """What the address in an answer allows."""
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.body["url"]).query).items()}


def test_a_name_gets_the_request_that_uploads_it(post: Any) -> None:
    answer = post({"name": "sales/a.csv"})
    assert answer.status == 201
    assert answer.body["name"] == "sales/a.csv"
    assert answer.body["url"].startswith("https://account.blob.core.windows.net/uploads/sales/a.csv?")
    assert (answer.body["method"], answer.body["headers"]) == ("PUT", {"x-ms-blob-type": "BlockBlob"})


def test_an_address_allows_to_write_this_one_blob_for_ten_minutes_over_tls(post: Any) -> None:
    answer = post({"name": "sales/a.csv"})
    token = allowed(answer)
    assert (token["sp"], token["sr"], token["spr"]) == ("w", "b", "https")
    assert token["se"] == "2026-11-20T12:10:00Z"
    assert answer.body["expiresAt"] == "2026-11-20T12:10:00.000Z"


def test_without_tls_an_address_can_be_used_where_the_endpoint_has_none(post: Any) -> None:
    assert allowed(post({"name": "a.csv"}, endpoint="http://127.0.0.1:10000/account"))["spr"] == "https,http"


def test_an_answer_with_an_address_is_kept_by_nobody(post: Any) -> None:
    assert post({"name": "a.csv"}).headers["Cache-Control"] == "no-store"


def test_a_name_is_a_name_whatever_is_in_it(post: Any) -> None:
    answer = post({"name": "what?/100%#ü &.csv"})
    assert urlsplit(answer.body["url"]).path == "/uploads/what%3F/100%25%23%C3%BC%20%26.csv"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "is empty"),
        ("x" * 897 + ".csv", "has 901 characters"),
        ("a/" * 300 + ".csv", "folders"),
        ("/a.csv", "without a name"),
        ("a//b.csv", "without a name"),
        ("../a.csv", "ends with a dot"),
        ("a/../../rejected/b.csv", "ends with a dot"),
        ("a/./b.csv", "ends with a dot"),
        ("a\\b.csv", "backslash"),
        ("a\r\nX-Header: 1.csv", "line ends"),
        ("a\0.csv", "no text"),
        ("a\u2028.csv", "no text"),
        ("a\ud800.csv", "no text"),
        ("photo.jpg", "must end in one of .csv"),
        ("sales/", "without a name"),
    ],
)
def test_a_name_that_would_come_to_no_good_gets_no_address(post: Any, name: str, why: str) -> None:
    answer = post({"name": name})
    (mistake,) = answer.body["errors"]
    assert (answer.status, mistake["parameter"]) == (400, "name")
    assert why in mistake["message"]


@pytest.mark.parametrize("body", [b"", b"name=a.csv", b"\xff", b"[" * 5000, [], "a.csv", None, 1])
def test_what_is_no_object_is_refused(post: Any, body: Any) -> None:
    assert post(body).status == 400


def test_every_mistake_in_a_body_is_named(post: Any) -> None:
    answer = post({"name": 1, "size": 1, "type": "x"})
    assert [error["parameter"] for error in answer.body["errors"]] == ["size", "type", "name"]
    assert "is missing" in post({}).body["detail"]


def test_the_file_itself_is_too_much_of_a_body(post: Any) -> None:
    assert post(b" " * 10_001).status == 413


def test_with_an_identity_an_address_is_signed_on_its_behalf(post: Any) -> None:
    answer = post({"name": "a.csv"}, Identity())
    assert {"skoid", "sktid", "ske"} <= allowed(answer).keys()
    assert allowed(answer)["sp"] == "w"


def test_a_key_to_sign_with_is_asked_for_again_only_when_addresses_would_outlive_it(clock: Any) -> None:
    account = Identity()
    addresses = UploadAddresses(account)  # type: ignore[arg-type]
    for minutes in (0, 20, 50):
        clock(NOON + dt.timedelta(minutes=minutes))
        addresses.address_for("a.csv")
    assert len(account.asked) == 1
    clock(NOON + KEY_LIFE - LIFE + dt.timedelta(seconds=1))
    addresses.address_for("a.csv")
    assert len(account.asked) == 2


def test_a_key_is_valid_for_clocks_that_are_behind(post: Any) -> None:
    account = Identity()
    post({"name": "a.csv"}, account)
    assert account.asked[0][0] < NOON


def test_where_nothing_can_be_signed_it_is_the_platform_that_does_not_answer(
    post: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ServiceRequestError("refused")

    account = Identity()
    monkeypatch.setattr(account, "get_user_delegation_key", refuse)
    assert post({"name": "a.csv"}, account).status == 503
    without_key = BlobServiceClient("https://account.blob.core.windows.net?sv=1&sig=x")
    assert post({"name": "a.csv"}, without_key).status == 503
