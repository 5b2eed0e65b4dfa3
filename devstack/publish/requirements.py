"""What requirements files pin, and what of it the app's own imports need."""

import re
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from devstack.errors import StackError

ROOT = Path(__file__).resolve().parent.parent.parent
RUNTIME, DEVELOPMENT = ROOT / "requirements.txt", ROOT / "requirements-dev.txt"
BROUGHT = "# brought by the packages above"  # the comment that ends what is wanted for its own sake
_PIN = re.compile(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.!+]+)")


def pins(file: Path) -> dict[str, str]:
    """Name → version of every line. Raises StackError at one that leaves the version open."""
    return _pins(file, file.read_text("utf-8").splitlines())


def direct(file: Path) -> dict[str, str]:
    """The pins that are wanted for their own sake, and not because another package needs them."""
    lines = file.read_text("utf-8").splitlines()
    if BROUGHT not in lines:
        raise StackError(f"{file.name} has no line {BROUGHT!r} between what the app imports and what that needs")
    return _pins(file, lines[: lines.index(BROUGHT)])


def installed(folder: Path | None = None) -> dict[str, Distribution]:
    """The distributions in a folder, or else in this interpreter's environment."""
    found = distributions() if folder is None else distributions(path=[str(folder)])
    return {canonicalize_name(one.name): one for one in found}


def needed_by(names: Iterable[str], found: Mapping[str, Distribution]) -> dict[str, set[str]]:
    """The distributions that the named ones need to work, themselves included, each with those that ask for it."""
    asking: dict[str, set[str]] = {name: set() for name in names}
    waiting = [(name, "") for name in asking]
    seen = set(waiting)
    while waiting:
        name, extra = waiting.pop()
        for wanted in _wants(found, name, extra):
            needed = canonicalize_name(wanted.name)
            asking.setdefault(needed, set()).add(name)
            new = {(needed, one) for one in ("", *wanted.extras)} - seen
            seen |= new
            waiting += new
    return asking


def _wants(found: Mapping[str, Distribution], name: str, extra: str) -> list[Requirement]:
    if name not in found:
        raise StackError(f"{name} is needed and not installed; pin it in requirements.txt and run `make setup`")
    wanted = map(Requirement, found[name].requires or ())
    return [one for one in wanted if one.marker is None or one.marker.evaluate({"extra": extra})]


def _pins(file: Path, lines: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        if not line.strip() or line.startswith(("#", "-r ")):
            continue
        pin = _PIN.fullmatch(line.strip())
        if pin is None:
            raise StackError(f"{file.name} does not pin {line.strip()!r} to one version; write name==version")
        found[canonicalize_name(pin[1])] = pin[2]
    return found
