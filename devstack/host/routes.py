"""ASP.NET route templates: `files/{id:int}`, `{id?}`, `{*rest}`, matched without regard to case."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from devstack.host.errors import HostError

_PARAMETER = re.compile(r"\{(\*{0,2})([^{}:?=]+)((?::[^{}:?]+)*)(\?)?\}")


def _is_number(text: str, kind: Callable[[str], object]) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True


_GUID = re.compile(r"\{?[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}\}?", re.IGNORECASE)
_CONSTRAINTS: dict[str, Callable[[str], bool]] = {
    "int": lambda text: _is_number(text, int) and abs(int(text)) < 2**31,
    "long": lambda text: _is_number(text, int) and abs(int(text)) < 2**63,
    "float": lambda text: _is_number(text, float),
    "double": lambda text: _is_number(text, float),
    "decimal": lambda text: _is_number(text, float),
    "bool": lambda text: text.lower() in ("true", "false"),
    "alpha": lambda text: text.isascii() and text.isalpha(),
    "guid": lambda text: _GUID.fullmatch(text) is not None,
}


@dataclass(frozen=True)
class Parameter:
    name: str
    constraints: tuple[str, ...]
    is_optional: bool
    is_rest: bool


@dataclass(frozen=True)
class Segment:
    """The part of a template between two slashes: a literal, or a pattern with parameters."""

    text: str
    pattern: re.Pattern[str]
    parameters: tuple[Parameter, ...]

    def order(self) -> tuple[int, int, str]:
        """Literals before parameters, constrained parameters before others (as WebJobsRouteBuilder sorts)."""
        if not self.parameters or not self.text.startswith("{"):
            return (0, 0, self.text.lower())
        first = self.parameters[0]
        return (2 if first.is_rest else 1, -len(first.constraints), "")

    def match(self, text: str) -> dict[str, str] | None:
        match = self.pattern.fullmatch(text)
        if match is None:
            return None
        values = dict(zip((parameter.name for parameter in self.parameters), match.groups(), strict=True))
        for parameter in self.parameters:
            if not all(_CONSTRAINTS[name](values[parameter.name]) for name in parameter.constraints):
                return None
        return values


@dataclass(frozen=True)
class Route:
    """A parsed template."""

    template: str
    segments: tuple[Segment, ...]

    def order(self) -> list[tuple[int, int, str]]:
        """Sort key: at the first difference the more specific route is first, a longer one before its beginning."""
        return [*(segment.order() for segment in self.segments), (3, 0, "")]

    def match(self, path: str) -> dict[str, str] | None:
        """The values of the route's parameters in a path; None where it does not match."""
        parts = path.strip("/").split("/") if path.strip("/") else []
        values: dict[str, str] = {}
        for position, segment in enumerate(self.segments):
            rest = segment.parameters[0] if segment.parameters and segment.parameters[0].is_rest else None
            if rest:
                found: dict[str, str] | None = {rest.name: "/".join(parts[position:])} if parts[position:] else {}
            elif position < len(parts):
                found = segment.match(parts[position])
            else:
                found = {} if segment.parameters and segment.parameters[0].is_optional else None
            if found is None:
                return None
            values.update(found)
            if rest:
                return values
        return values if len(parts) <= len(self.segments) else None


def parse_route(template: str, wanted_by: str) -> Route:
    return Route(template, tuple(_parse_segment(text, wanted_by) for text in template.split("/") if text))


def _parse_segment(text: str, wanted_by: str) -> Segment:
    parameters: list[Parameter] = []
    pattern, end = "", 0
    for match in _PARAMETER.finditer(text):
        stars, name, constraints, optional = match.groups()
        names = tuple(filter(None, constraints.split(":")))
        unknown = [name for name in names if name not in _CONSTRAINTS]
        if unknown:
            raise HostError(f"{wanted_by}: the route constraint {unknown[0]!r} in {text!r} is not one this host has.")
        parameters.append(Parameter(name, names, bool(optional), bool(stars)))
        pattern += re.escape(text[end : match.start()]) + "(.+)"
        end = match.end()
    pattern += re.escape(text[end:])
    if "{" in text[end:] or "}" in text[end:]:
        raise HostError(f"{wanted_by}: {text!r} in the route is not a template this host understands.")
    return Segment(text, re.compile(pattern, re.IGNORECASE | re.DOTALL), tuple(parameters))
