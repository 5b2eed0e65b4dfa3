"""One call of a function and its outcome, as triggers and the worker hand them to each other."""

import re
import secrets
from dataclasses import dataclass, field

from devstack.host.protos import TypedData

MANUAL = "This function was programmatically called via the host APIs."  # the reason of such a call
_TRACE_PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")


@dataclass(frozen=True)
class Failure:
    message: str
    stack_trace: str = ""


@dataclass(frozen=True)
class Retry:
    """Where in its retry policy an invocation is."""

    count: int = 0
    limit: int = 0
    failure: Failure | None = None


@dataclass(frozen=True)
class Call:
    """What a trigger asks for: the trigger parameter's value, its metadata, and a few words on why."""

    value: TypedData
    reason: str
    metadata: dict[str, TypedData] = field(default_factory=dict)
    trace_parent: str = ""
    trace_state: str = ""
    retry: Retry = field(default_factory=Retry)


@dataclass(frozen=True)
class Outcome:
    """What came of it: a failure, or the return value and the values of output parameters by name."""

    failure: Failure | None = None
    return_value: TypedData | None = None
    outputs: dict[str, TypedData] = field(default_factory=dict)


def valid_trace_parent(header: str) -> str:
    """The caller's W3C trace parent where it sent a valid one, else a new one, sampled."""
    if _TRACE_PARENT.fullmatch(header):
        return header
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
