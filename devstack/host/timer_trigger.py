"""Timer triggers: runs on schedule, one at a time, and notices runs missed while no host was there."""

import asyncio
import json
import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.blob import BlobClient

from devstack.host import log
from devstack.host.binding_expressions import resolve_settings
from devstack.host.errors import HostError
from devstack.host.functions import Function
from devstack.host.invocation import MANUAL, Call
from devstack.host.invoker import Invoker
from devstack.host.ncrontab import Schedule, parse_schedule
from devstack.host.protos import TypedData
from devstack.host.retries import run_with_retries

_LOG = logging.getLogger(log.HOST)
_LONGEST_SLEEP = 60.0  # seconds, after which the clock is read again: it may have been set, or the machine suspended


@dataclass(frozen=True)
class Status:
    """What is known of a timer's runs; kept in a blob while no host runs."""

    last: datetime | None
    next: datetime

    def to_json(self) -> str:
        last = (self.last or datetime(1, 1, 1, tzinfo=UTC)).isoformat()
        return json.dumps({"Last": last, "Next": self.next.isoformat(), "LastUpdated": last})


class TimerListener:
    """Runs one timer function."""

    def __init__(self, function: Function, status: BlobClient, invoker: Invoker) -> None:
        self._function = function
        self._invoker = invoker
        self._schedule = _schedule(function)
        # As the real host does: keeping account of schedules below a minute would cost more than a missed run
        options = function.trigger.options
        self._status = status if options.get("useMonitor", True) and not _is_frequent(self._schedule) else None
        self._run_on_startup = bool(options.get("runOnStartup"))

    async def run(self) -> None:
        """Wait for each occurrence and run the function, until cancelled."""
        status = await self._first_status()
        if status.next <= datetime.now(UTC):
            status = await self._invoke(status, "a scheduled run was missed", past_due=True)
        elif self._run_on_startup:
            status = await self._invoke(status, "run on start-up")
        while True:
            await _sleep_until(status.next)
            status = await self._invoke(status, "Timer fired")

    def manual_call(self) -> Call:
        """The call the admin API asks for."""
        now = datetime.now(UTC)
        status = Status(None, self._schedule.next_after(now))
        return self._call(status, MANUAL, past_due=False)

    async def _invoke(self, status: Status, reason: str, *, past_due: bool = False) -> Status:
        begin = max(datetime.now(UTC), status.next) if reason == "Timer fired" else datetime.now(UTC)
        call = self._call(status, reason, past_due=past_due)
        function = self._function
        await run_with_retries(function.retry, lambda retry: self._invoker.invoke(function, replace(call, retry=retry)))
        # Occurrences that a long run covered are skipped, as the real host does
        status = Status(begin, self._schedule.next_after(max(begin, datetime.now(UTC))))
        await self._save(status)
        return status

    def _call(self, status: Status, reason: str, *, past_due: bool) -> Call:
        info = {
            "Schedule": {"AdjustForDST": True},
            "ScheduleStatus": json.loads(status.to_json()) if self._status else None,
            "IsPastDue": past_due,
        }
        return Call(TypedData(json=json.dumps(info)), reason)

    async def _first_status(self) -> Status:
        """The stored status where the schedule is still the same, else a new one (also stored)."""
        now = datetime.now(UTC)
        status = Status(None, self._schedule.next_after(now))
        if self._status is None:
            return status
        try:
            text = await asyncio.to_thread(lambda blob: blob.download_blob().readall(), self._status)
            stored = json.loads(text)
            last, expected = datetime.fromisoformat(stored["Last"]), datetime.fromisoformat(stored["Next"])
            if last.year == 1 or self._schedule.next_after(last) == expected:
                return Status(last, expected)
        except ResourceNotFoundError:
            pass
        except (AzureError, ValueError, KeyError, TypeError) as error:
            _LOG.warning("The state of timer '%s' cannot be read; it starts anew. %s", self._function.name, error)
        await self._save(status)
        return status

    async def _save(self, status: Status) -> None:
        if self._status is None:
            return
        try:
            await asyncio.to_thread(self._status.upload_blob, status.to_json(), overwrite=True)
        except AzureError as error:
            _LOG.warning("The state of timer '%s' cannot be written. %s", self._function.name, error)


def _schedule(function: Function) -> Schedule:
    expression = resolve_settings(function.trigger.options["schedule"], function.described())
    try:
        return parse_schedule(expression)
    except ValueError as error:
        raise HostError(f"{function.described()}: {error}.") from error


def _is_frequent(schedule: Schedule) -> bool:
    first = schedule.next_after(datetime.now(UTC))
    return schedule.next_after(first) - first < timedelta(minutes=1)


async def _sleep_until(moment: datetime) -> None:
    while (remaining := (moment - datetime.now(UTC)).total_seconds()) > 0:
        await asyncio.sleep(min(remaining, _LONGEST_SLEEP))
