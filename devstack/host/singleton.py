"""One host at a time: a lock that is a leased blob, under which timers and blob scans run."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress

from azure.core.exceptions import AzureError, HttpResponseError
from azure.storage.blob import BlobLeaseClient, ContainerClient

_DURATION, _RENEW_AFTER, _ASK_AFTER = 30, 10.0, 2.0  # seconds


class Singleton:
    """Runs its work while it holds the lock; another host takes over when this one ends or dies."""

    def __init__(self, container: ContainerClient, name: str) -> None:
        self._blob = container.get_blob_client(f"locks/{name}")
        self._owner = {"host": socket.gethostname(), "pid": str(os.getpid())}

    async def run(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            lease = await asyncio.to_thread(self._acquire) or await asyncio.to_thread(self._take_over)
            if lease is None:
                await asyncio.sleep(_ASK_AFTER)
                continue
            task = asyncio.ensure_future(work())
            try:
                await self._keep(lease, task)
            finally:
                task.cancel()
                await asyncio.shield(asyncio.to_thread(_release, lease))

    async def _keep(self, lease: BlobLeaseClient, task: asyncio.Future[None]) -> None:
        """Renew the lease as long as the work runs; return when it is lost."""
        while True:
            done, _ = await asyncio.wait({task}, timeout=_RENEW_AFTER)
            if done:
                return task.result()
            try:
                await asyncio.to_thread(lease.renew)
            except HttpResponseError:
                return None
            except AzureError:
                continue  # storage does not answer; the lease holds for two more rounds

    def _acquire(self) -> BlobLeaseClient | None:
        lease = BlobLeaseClient(self._blob)
        try:
            with suppress(HttpResponseError):  # it is there already
                self._blob.upload_blob(b"")
            lease.acquire(_DURATION)
            self._blob.set_blob_metadata(self._owner, lease=lease)
        except AzureError:
            return None
        return lease

    def _take_over(self) -> BlobLeaseClient | None:
        """Do not wait for the lease of a host on this machine that was killed."""
        try:
            owner = self._blob.get_blob_properties().metadata
            if owner.get("host") != self._owner["host"] or _is_alive(int(owner["pid"])):
                return None
            BlobLeaseClient(self._blob).break_lease(0)
        except AzureError:
            return None
        return self._acquire()


def _release(lease: BlobLeaseClient) -> None:
    try:
        lease.release()
    except AzureError:
        return  # it runs out by itself


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
