"""The app's settings for a stack whose ports may have moved."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from devstack.errors import StackError
from devstack.ports import LOCALHOST, Ports


def local_settings(root: Path, ports: Ports) -> dict[str, str]:
    """`Values` of local.settings.json, or else of its example, with the emulators' addresses moved to these ports."""
    path = next((p for p in (root / "local.settings.json", root / "local.settings.json.example") if p.is_file()), None)
    if path is None:
        return {}
    try:
        values = json.loads(path.read_text(encoding="utf-8-sig"))["Values"]
        return {name: move_addresses(value, ports) for name, value in values.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StackError(
            f"{path.name} cannot be read: it must be JSON with an object `Values` of strings ({error})"
        ) from None


def move_addresses(text: str, ports: Ports) -> str:
    """The text with each emulator's usual address replaced by the one it has here."""
    moved = {
        f"{host}:{usual}": f"{LOCALHOST}:{port}" for usual, port in ports.moved() for host in (LOCALHOST, "localhost")
    }
    addresses = "|".join(re.escape(address) for address in moved)
    return re.sub(rf"\b(?:{addresses})\b", lambda match: moved[match.group()], text)


def layered(local: Mapping[str, str], environment: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """The settings as the host gets them: a variable of the environment wins over the file, `own` over both."""
    return {**local, **{name: environment[name] for name in local if name in environment}, **own}
