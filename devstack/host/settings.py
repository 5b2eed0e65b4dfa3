"""App settings: `Values` of local.settings.json, over which variables of the environment win."""

import os
from pathlib import Path

from devstack.host.errors import HostError
from devstack.host.host_json import read_json


def load_settings(root: Path) -> None:
    """Put the app's settings into the environment, where functions and the language runtime look for them."""
    path = next(
        (root / name for name in ("local.settings.json", "local.settings.json.example") if (root / name).is_file()),
        None,
    )
    if path is None:
        return
    document = read_json(path)
    if document.get("IsEncrypted"):
        raise HostError(f"{path.name} is encrypted; run `func settings decrypt`, which this host cannot do.")
    for name, value in document.get("Values", {}).items():
        if not isinstance(value, str):
            raise HostError(f"{path.name}: the setting {name} is not a string; put it in quotes.")
        os.environ.setdefault(name, value)


def setting(name: str, wanted_by: str) -> str:
    """The setting's value, or one line that names who wants it."""
    value = os.environ.get(name)
    if not value:
        raise HostError(f"{wanted_by} needs the setting {name}, which is missing; add it to local.settings.json.")
    return value
