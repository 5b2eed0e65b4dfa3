"""The options of host.json that this host knows."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devstack.host.errors import HostError

_TIME_SPAN = re.compile(r"(?:(\d+)\.)?(\d+):(\d{2}):(\d{2})(\.\d+)?")


@dataclass(frozen=True)
class BlobOptions:
    max_degree_of_parallelism: int
    poison_blob_threshold: int


@dataclass(frozen=True)
class QueueOptions:
    batch_size: int
    new_batch_threshold: int
    max_dequeue_count: int
    visibility_timeout: float
    base64: bool


@dataclass(frozen=True)
class HostOptions:
    route_prefix: str
    function_timeout: float | None
    blobs: BlobOptions
    queues: QueueOptions


def load_host_options(root: Path) -> HostOptions:
    """Read host.json, with the real host's defaults for what it leaves out."""
    path = root / "host.json"
    if not path.is_file():
        raise HostError(f"{path} is missing: the folder is not a function app, or --root names the wrong one.")
    document = read_json(path)
    extensions = document.get("extensions", {})
    blobs, queues, http = (extensions.get(name, {}) for name in ("blobs", "queues", "http"))
    batch_size = _integer(queues, "batchSize", 16, most=32)
    timeout = document.get("functionTimeout", "00:30:00")
    return HostOptions(
        route_prefix=str(http.get("routePrefix", "api")).strip("/"),
        function_timeout=None if timeout == "-1" else time_span(timeout, "functionTimeout"),
        blobs=BlobOptions(
            max_degree_of_parallelism=_integer(blobs, "maxDegreeOfParallelism", 8 * (os.cpu_count() or 1)),
            poison_blob_threshold=_integer(blobs, "poisonBlobThreshold", 5),
        ),
        queues=QueueOptions(
            batch_size=batch_size,
            new_batch_threshold=_integer(queues, "newBatchThreshold", batch_size // 2, least=0),
            max_dequeue_count=_integer(queues, "maxDequeueCount", 5),
            visibility_timeout=time_span(queues.get("visibilityTimeout", "00:00:00"), "visibilityTimeout"),
            base64=queues.get("messageEncoding", "base64") != "none",
        ),
    )


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object, or say which line of which file is wrong."""
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise HostError(f"{path}, line {error.lineno}: not valid JSON ({error.msg}).") from error
    if not isinstance(document, dict):
        raise HostError(f"{path}: a JSON object is expected.")
    return document


def time_span(text: Any, name: str) -> float:
    """Seconds of a .NET time span, `[d.]hh:mm:ss[.fff]`."""
    match = _TIME_SPAN.fullmatch(str(text))
    if match is None:
        raise HostError(f"host.json: {name} is {text!r}; write it as hh:mm:ss.")
    days, hours, minutes, seconds, fraction = match.groups(default="0")
    return int(days) * 86400 + int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(fraction)


def _integer(section: dict[str, Any], key: str, default: int, *, least: int = 1, most: int = 2**31) -> int:
    value = section.get(key, default)
    if not isinstance(value, int) or not least <= value <= most:
        raise HostError(f"host.json: {key} is {value!r}; it must be a whole number from {least} to {most}.")
    return value
