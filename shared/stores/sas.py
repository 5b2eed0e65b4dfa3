"""Addresses that allow one upload and nothing else, for a few minutes: shared access signatures (SAS)."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError
from azure.storage.blob import BlobSasPermissions, BlobServiceClient, UserDelegationKey, generate_blob_sas

from shared import clock
from shared.errors import PlatformError
from shared.ingest.upload_address import UploadAddress
from shared.names import UPLOADS
from shared.stores.faults import reason

LIFE = dt.timedelta(minutes=10)  # of an address: an upload must have begun by then
KEY_LIFE = dt.timedelta(hours=1)
SKEW = dt.timedelta(minutes=5)  # by which clocks may differ: a key from the future is none


class UploadAddresses:
    """Makes addresses: signed with the account's key where there is one, else on behalf of the app's identity."""

    def __init__(self, service: BlobServiceClient) -> None:
        self._service = service
        self._account_key: str | None = getattr(service.credential, "account_key", None)
        self._key: tuple[UserDelegationKey, dt.datetime] | None = None
        self._asking = threading.Lock()

    def address_for(self, name: str) -> UploadAddress:
        """Where to PUT the upload of this name; whoever has the address can do just that. Raises PlatformError."""
        url = self._service.get_blob_client(UPLOADS, name).url
        expires = (clock.moment() + LIFE).replace(microsecond=0)  # as the address says it
        token = generate_blob_sas(
            str(self._service.account_name),
            UPLOADS,
            name,
            permission=BlobSasPermissions(write=True),
            expiry=expires,
            protocol="https" if urlsplit(url).scheme == "https" else "https,http",
            **self._signed_with(expires),
        )
        return UploadAddress(name, f"{url}?{token}", clock.text(expires))

    def _signed_with(self, until: dt.datetime) -> dict[str, Any]:
        if self._account_key:
            return {"account_key": self._account_key}
        if not hasattr(self._service.credential, "get_token"):
            raise PlatformError("Storage is a connection string without AccountKey: nothing can be signed with it.")
        with self._asking:
            if self._key is None or self._key[1] < until:
                self._key = self._ask_for_key()
            return {"user_delegation_key": self._key[0]}

    def _ask_for_key(self) -> tuple[UserDelegationKey, dt.datetime]:
        now = clock.moment()
        try:
            key = self._service.get_user_delegation_key(now - SKEW, now + KEY_LIFE)
        except AzureError as error:
            raise PlatformError(f"Could not get a key to sign uploads with: {reason(error)}") from error
        return key, now + KEY_LIFE
