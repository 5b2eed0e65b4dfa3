"""Binding expressions: `%SETTING%` at start-up, `{name}` from the trigger's data at each invocation."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from devstack.host.errors import HostError
from devstack.host.settings import setting

_SETTING = re.compile(r"%([^%]+)%")
_PARAMETER = re.compile(r"\{([^{}]+)\}")


def resolve_settings(text: str, wanted_by: str) -> str:
    """Replace each `%NAME%` by that setting."""
    return _SETTING.sub(lambda match: setting(match[1], wanted_by), text)


def expand(template: str, data: Mapping[str, Any]) -> str:
    """Replace each `{name}` by the trigger's data; `{a.b}` looks into an object; names are case-sensitive."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name == "rand-guid":
            return str(uuid.uuid4())
        if name == "DateTime":
            return datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
        found: Any = data
        for part in name.split("."):
            if not isinstance(found, Mapping) or part not in found:
                raise HostError(f"No value for named parameter '{name}' in {template!r}.")
            found = found[part]
        return str(found)

    return _PARAMETER.sub(value, template)


@dataclass(frozen=True)
class BlobPath:
    """The path of a blob trigger, `container/pattern`: which blobs it means, and what it captures from their names."""

    container: str
    names: tuple[str, ...]
    pattern: re.Pattern[str]

    def match(self, blob_name: str) -> dict[str, str] | None:
        """What the path captures from a blob's name, greedily, also across `/`; None where it does not match."""
        match = self.pattern.fullmatch(blob_name)
        return None if match is None else dict(zip(self.names, match.groups(), strict=True))


def parse_blob_path(path: str, wanted_by: str) -> BlobPath:
    container, _, pattern = path.partition("/")
    if not container or "{" in container:
        raise HostError(f"{wanted_by}: the path {path!r} must begin with the name of a container.")
    names = _PARAMETER.findall(pattern)
    if len(set(names)) != len(names):
        raise HostError(f"{wanted_by}: the path {path!r} names a parameter twice.")
    literals = [re.escape(part) for part in _PARAMETER.split(pattern)[::2]]
    expression = "(.+)".join(literals) if pattern else ".+"
    return BlobPath(container, tuple(names), re.compile(expression, re.DOTALL))
