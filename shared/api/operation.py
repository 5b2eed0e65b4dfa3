"""What an operation of the API is: the declaration that its handler and OpenAPI are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal

from shared.api.parameters import Parameter, Schema

JSON, PROBLEM = "application/json", "application/problem+json"
TRACE_HEADER = "X-Trace-Id"  # of every answer: where telemetry tells how it came about
CSV, NDJSON = "text/csv", "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer that an operation gives: its meaning, and its content by media type."""

    status: HTTPStatus
    meaning: str
    content: Mapping[str, Schema] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Body:
    """What a request carries: its content by media type, and how many bytes are taken."""

    meaning: str
    content: Mapping[str, Schema]
    most: int


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One route with one method. `filters`: names of columns are parameters as well, repeated for "or"."""

    name: str
    method: Literal["GET", "POST", "DELETE"]
    route: str
    summary: str
    answers: tuple[Answer, ...]
    parameters: tuple[Parameter[Any], ...] = ()
    filters: bool = False
    body: Body | None = None
    anonymous: bool = False  # without a function key

    @property
    def in_query(self) -> tuple[Parameter[Any], ...]:
        """The parameters that come after the `?`."""
        return tuple(parameter for parameter in self.parameters if parameter.place == "query")
