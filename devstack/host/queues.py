"""Storage queues over their REST interface: the few calls the host makes, with the account key."""

import base64
import hashlib
import hmac
import html
from dataclasses import dataclass, replace
from email.utils import formatdate, parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import quote, urlencode, urlsplit
from xml.etree import ElementTree as Xml

import urllib3

_VERSION = "2021-12-02"
_HTTP = urllib3.PoolManager(maxsize=16, retries=False, timeout=urllib3.Timeout(connect=5, read=30))


class StorageError(Exception):
    """Storage refused a call or could not be reached."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class QueueAccount:
    """Where the queues of a storage account are, and its key."""

    name: str
    key: bytes
    endpoint: str


@dataclass(frozen=True)
class QueueMessage:
    """A received message; `text` is as it is stored. A renewal gives it a new pop receipt."""

    id: str
    text: str
    pop_receipt: str
    dequeue_count: int
    inserted: str
    expires: str
    next_visible: str


class Queue:
    """One queue of an account. Safe to use from several threads."""

    def __init__(self, account: QueueAccount, name: str) -> None:
        self.account = account
        self.name = name

    def create(self) -> None:
        self._call("PUT", "", {})

    def put(self, text: str) -> None:
        """Add a message; creates the queue where it is missing."""
        body = f"<QueueMessage><MessageText>{html.escape(text, quote=False)}</MessageText></QueueMessage>".encode()
        query = {"messagettl": "-1"}
        try:
            self._call("POST", "/messages", query, body)
        except StorageError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            self.create()
            self._call("POST", "/messages", query, body)

    def get(self, count: int, visibility: int) -> list[QueueMessage]:
        """Receive up to `count` messages and hide them for some seconds; none where there is no queue yet."""
        query = {"numofmessages": str(count), "visibilitytimeout": str(visibility)}
        try:
            answer = self._call("GET", "/messages", query)
        except StorageError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return []
            raise
        return [_read_message(element) for element in Xml.fromstring(answer.data)]  # noqa: S314 - the account's own answer

    def renew(self, message: QueueMessage, visibility: int) -> QueueMessage:
        """Hide a received message for so many more seconds (0 shows it)."""
        query = {"popreceipt": message.pop_receipt, "visibilitytimeout": str(visibility)}
        answer = self._call("PUT", f"/messages/{message.id}", query)
        return replace(message, pop_receipt=answer.headers["x-ms-popreceipt"])

    def delete(self, message: QueueMessage) -> None:
        self._call("DELETE", f"/messages/{message.id}", {"popreceipt": message.pop_receipt})

    def _call(self, method: str, path: str, query: dict[str, str], body: bytes = b"") -> urllib3.BaseHTTPResponse:
        return call(self.account, method, f"/{quote(self.name)}{path}", query, body)


def call(
    account: QueueAccount, method: str, path: str, query: dict[str, str], body: bytes = b""
) -> urllib3.BaseHTTPResponse:
    """One signed request to the queue service."""
    url = account.endpoint + path
    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": _VERSION}
    resource = [f"/{account.name}{urlsplit(url).path}", *(f"{name}:{query[name]}" for name in sorted(query))]
    headers["Authorization"] = _authorization(account, method, len(body), headers, resource)
    if query:
        url += "?" + urlencode(query, quote_via=quote)
    try:
        answer = _HTTP.request(method, url, body=body or None, headers=headers)
    except urllib3.exceptions.HTTPError as error:
        raise StorageError(f"{account.endpoint} does not answer: {error}") from error
    if answer.status >= HTTPStatus.BAD_REQUEST:
        code = answer.headers.get("x-ms-error-code", answer.reason)
        raise StorageError(f"{method} {account.endpoint}{path}: {answer.status} {code}", answer.status)
    return answer


def _authorization(
    account: QueueAccount, method: str, length: int, headers: dict[str, str], resource: list[str]
) -> str:
    """The SharedKey signature; the empty lines are for headers that are never sent."""
    canonical = [f"{name}:{headers[name]}" for name in sorted(headers)]
    lines = [method, "", "", str(length or ""), *[""] * 8, *canonical, *resource]
    signature = hmac.digest(account.key, "\n".join(lines).encode(), hashlib.sha256)
    return f"SharedKey {account.name}:{base64.b64encode(signature).decode()}"


def _read_message(element: Xml.Element) -> QueueMessage:
    def text(tag: str) -> str:
        return element.findtext(tag) or ""

    def time(tag: str) -> str:
        return parsedate_to_datetime(text(tag)).strftime("%Y-%m-%dT%H:%M:%S+00:00")

    return QueueMessage(
        id=text("MessageId"),
        text=text("MessageText"),
        pop_receipt=text("PopReceipt"),
        dequeue_count=int(text("DequeueCount")),
        inserted=time("InsertionTime"),
        expires=time("ExpirationTime"),
        next_visible=time("TimeNextVisible"),
    )


def encode_body(body: bytes, *, as_base64: bool) -> str:
    """The text under which a message is stored (`extensions.queues.messageEncoding`)."""
    return base64.b64encode(body).decode() if as_base64 else body.decode()


def decode_body(text: str, *, as_base64: bool) -> bytes:
    """The message stored under the text; ValueError where it is not in the encoding that host.json says."""
    return base64.b64decode(text, validate=True) if as_base64 else text.encode()
