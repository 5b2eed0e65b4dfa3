"""Signed requests to a storage service, where the SDK has no package here (queues) or is too slow (long listings)."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from urllib.parse import quote, urlencode, urlsplit

import urllib3

_VERSION = "2021-12-02"
_HTTP = urllib3.PoolManager(maxsize=16, retries=False, timeout=urllib3.Timeout(connect=5, read=30))


class StorageError(Exception):
    """Storage refused a call or could not be reached."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Account:
    """A storage account's name and key, and the endpoint of one of its services."""

    name: str
    key: bytes
    endpoint: str


def call(
    account: Account, method: str, path: str, query: dict[str, str], body: bytes = b""
) -> urllib3.BaseHTTPResponse:
    """One signed request to the service."""
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


def _authorization(account: Account, method: str, length: int, headers: dict[str, str], resource: list[str]) -> str:
    """The SharedKey signature; the empty lines are for headers that are never sent."""
    canonical = [f"{name}:{headers[name]}" for name in sorted(headers)]
    lines = [method, "", "", str(length or ""), *[""] * 8, *canonical, *resource]
    signature = hmac.digest(account.key, "\n".join(lines).encode(), hashlib.sha256)
    return f"SharedKey {account.name}:{base64.b64encode(signature).decode()}"
