"""Retry policies (`@app.retry`) of timer functions."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from devstack.host.invocation import Failure, Outcome, Retry
from devstack.host.protos import RpcRetryOptions

Attempt = Callable[[Retry], Awaitable[Outcome]]


@dataclass(frozen=True)
class RetryPolicy:
    """How often to try again (-1: for ever), and how long to wait: fixed where both ends are equal, else doubling."""

    max_retry_count: int
    shortest: float
    longest: float

    def delay(self, retry_count: int) -> float:
        # 2**30 times anything is past every maximum; without the bound a long-lived retry overflows a float
        return min(self.longest, self.shortest * 2.0 ** min(retry_count, 30))


def retry_policy(options: RpcRetryOptions | None) -> RetryPolicy | None:
    if options is None:
        return None
    fields = vars(options)
    shortest = fields.get("delay_interval") or fields["minimum_interval"]
    longest = fields.get("delay_interval") or fields["maximum_interval"]
    return RetryPolicy(options.max_retry_count, shortest.total_seconds(), longest.total_seconds())


async def run_with_retries(policy: RetryPolicy | None, attempt: Attempt) -> Outcome:
    """Attempt until success or until the policy's retries are used up."""
    count = 0
    failure: Failure | None = None
    limit = policy.max_retry_count if policy else 0
    while True:
        outcome = await attempt(Retry(count, limit, failure))
        if policy is None or outcome.failure is None or count == limit:
            return outcome
        failure = outcome.failure
        await asyncio.sleep(policy.delay(count))
        count += 1
