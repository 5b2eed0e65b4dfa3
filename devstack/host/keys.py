"""Function keys: who may call what."""

import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devstack.host.errors import HostError
from devstack.host.host_json import read_json

BLOBS_EXTENSION = "blobs_extension"


@dataclass(frozen=True)
class Keys:
    """The keys of the app; the master key opens everything."""

    master: str
    default: str
    system: Mapping[str, str]

    def allow_function(self, key: str, level: str) -> bool:
        """Whether the key satisfies a function's auth level."""
        if level == "ANONYMOUS":
            return True
        return self.allow_admin(key) or (level == "FUNCTION" and _same(key, self.default))

    def allow_admin(self, key: str) -> bool:
        return _same(key, self.master)

    def allow_webhook(self, key: str, extension: str) -> bool:
        return self.allow_admin(key) or _same(key, self.system.get(extension, ""))


def load_keys(path: Path) -> Keys:
    """Read the keys, or make new ones in a file that only its owner can read."""
    if not path.exists():
        made = {"master": _new_key(), "default": _new_key(), "systemKeys": {BLOBS_EXTENSION: _new_key()}}
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(made, file, indent=2)
    document = read_json(path)
    try:
        keys = Keys(document["master"], document["default"], document["systemKeys"])
    except KeyError as error:
        raise HostError(f"{path}: {error} is missing; delete the file to have new keys made.") from error
    if not all(isinstance(key, str) and key for key in (keys.master, keys.default, *keys.system.values())):
        raise HostError(f"{path}: a key is empty or not a string; delete the file to have new keys made.")
    return keys


def presented_key(headers: Mapping[str, str], query: Mapping[str, str]) -> str:
    """The key a request came with: the header is looked at before the query."""
    return headers.get("x-functions-key") or query.get("code", "")


def _same(presented: str, key: str) -> bool:
    return bool(key) and hmac.compare_digest(presented.encode(), key.encode())


def _new_key() -> str:
    return secrets.token_urlsafe(32)
