"""Storage queues: the few calls the host makes. (The SDK for queues would be one more dependency.)"""

import base64
import html
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import quote
from xml.etree import ElementTree as Xml

import urllib3

from devstack.host.storage_rest import Account, StorageError, call


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

    def __init__(self, account: Account, name: str) -> None:
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
