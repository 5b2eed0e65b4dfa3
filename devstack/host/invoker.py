"""Runs functions: one asyncio Task per invocation, the time limit of host.json, outputs, and the line in the log."""

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace

from devstack.host import log, worker
from devstack.host.functions import Function
from devstack.host.invocation import Call, Failure, Outcome, valid_trace_parent

_LOG = logging.getLogger(log.HOST)

Deliver = Callable[[Function, Call, Outcome], Awaitable[Outcome]]


class Invoker:
    """What all triggers call. `deliver` writes a successful invocation's outputs."""

    def __init__(self, timeout: float | None, deliver: Deliver) -> None:
        self._timeout = timeout
        self._deliver = deliver
        self._in_work: set[asyncio.Task[Outcome]] = set()

    async def invoke(self, function: Function, call: Call) -> Outcome:
        """Run a function once and log the outcome. Cancelling the caller leaves the function running."""
        invocation_id = str(uuid.uuid4())
        call = replace(call, trace_parent=valid_trace_parent(call.trace_parent))
        begin = time.perf_counter()
        task = asyncio.create_task(self._run(function, call, invocation_id))
        self._in_work.add(task)
        task.add_done_callback(self._in_work.discard)
        done, _ = await asyncio.wait({task}, timeout=self._timeout)
        if done:
            outcome = task.result()
        else:
            task.cancel()  # ends an async function; a sync one goes on in its thread, which nobody can kill
            outcome = Outcome(failure=Failure(f"Timeout value of {self._timeout:g} s exceeded by the function."))
        _log_outcome(function, call, outcome, invocation_id, time.perf_counter() - begin)
        return outcome

    async def drain(self) -> None:
        """Wait for the invocations in work."""
        while self._in_work:
            await asyncio.wait(self._in_work)

    async def _run(self, function: Function, call: Call, invocation_id: str) -> Outcome:
        log.started(invocation_id, function.name)
        try:
            outcome = await worker.invoke(function, call, invocation_id)
            return outcome if outcome.failure else await self._deliver(function, call, outcome)
        finally:
            log.ended(invocation_id)


def _log_outcome(function: Function, call: Call, outcome: Outcome, invocation_id: str, seconds: float) -> None:
    status = "Failed" if outcome.failure else "Succeeded"
    line = (
        f"Executed 'Functions.{function.name}' ({status}, {seconds * 1000:.0f} ms, {call.reason}, Id={invocation_id})"
    )
    if outcome.failure is None:
        _LOG.info(line)
    else:
        trace = outcome.failure.stack_trace.rstrip()
        _LOG.error("%s: %s%s", line, outcome.failure.message, f"\n{trace}" if trace else "")
