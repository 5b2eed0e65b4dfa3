"""What is asked of the reports API, and how each figure is measured: the handler, in this process."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from statistics import median
from types import SimpleNamespace
from unittest.mock import patch
from urllib.parse import parse_qsl

import azure.functions as func

from benchmarks.api_sales import REGIONS, RegionalSales
from benchmarks.figures import Bound, Line, Measured, at_most
from benchmarks.installation import Installation
from benchmarks.measure import ROOT, BenchmarkError, Run, pairs
from benchmarks.sales import PERIOD, REPORT

DEFINITIONS = ROOT / "benchmarks" / "api.toml"
ALL = "top=1000"
CHOSEN = f"top=100&region={REGIONS[1]}&region={REGIONS[3]}&orderby=-revenue,product"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything."""

    few: int = 20  # groups of a month
    groups: int = 1_000
    large_groups: int = 100_000
    calls: int = 100
    large_calls: int = 9
    connections: int = 16
    seconds: float = 2  # of load on a route
    loads: int = 5


QUICK = Sizes(10, 500, 10_000, 10, 3, 8, 0.5, 2)


@dataclass(frozen=True, slots=True)
class ApiBench:
    """What is measured on, and what is found besides figures: where the time of one request goes."""

    sizes: Sizes = field(default_factory=Sizes)
    profile: dict[str, str] = field(default_factory=dict)


type Found = Iterator[tuple[Line, Measured]]


@contextmanager
def installed(*months: tuple[str, int]) -> Iterator[Installation]:
    """An installation with so many groups in each of these months."""
    with Installation(definitions=DEFINITIONS) as installation:
        for month, groups in months:
            installation.put(f"sales/{month}.csv", RegionalSales(month, groups), month)
        installation.app.refresh.refresh()
        yield installation


def period(bench: ApiBench) -> Found:
    """A report of one page, all of it."""
    groups = f"{bench.sizes.groups:,} groups"
    with installed((PERIOD, bench.sizes.groups)) as installation:
        document = json.dumps(installation.report().to_document(), ensure_ascii=False, separators=(",", ":"))
        what = f"{groups}: time beyond the read, over that of `json.loads` + `json.dumps` of the document"
        for key, words, headers in (("period", "", {}), ("gzip", ", packed", {"Accept-Encoding": "gzip"})):
            taken = pairs(
                partial(beyond_reads, installation, ALL, headers),
                lambda: timed(lambda: json.dumps(json.loads(document))),
                bench.sizes.calls,
            )
            sides = {"handler": [pair.one for pair in taken], "json": [pair.other for pair in taken]}
            yield Line(key, what + words, at_most(1.5)), Measured(median(pair.ratio for pair in taken), sides)
        bench.profile[groups] = str(installation.calls)
        reads = sum(count for count, _ in installation.calls.taken.values()) / installation.calls.times
        yield Line("reads", f"{groups}: document reads per request", at_most(1, "")), Measured(reads)


def large(bench: ApiBench) -> Found:
    """A report on many pages, a few rows of it."""
    groups = f"{bench.sizes.large_groups:,} groups"
    with installed((PERIOD, bench.sizes.large_groups)) as installation:
        if installation.report().pages is None:
            raise BenchmarkError(f"{groups} are on one page")
        for key, words, query, asked in (
            ("chosen", "100 rows of two of four regions, most revenue first", CHOSEN, at_most(60, " ms")),
            ("first", "the first 100 rows", "top=100", Bound(None, " ms")),
        ):
            installation.calls.clear()
            beyond_reads(installation, query)
            taken = [beyond_reads(installation, query) for _ in range(bench.sizes.large_calls)]
            milliseconds = median(run.seconds for run in taken) * 1000
            yield Line(key, f"{groups}, {words}: time beyond the reads", asked), Measured(milliseconds, {"app": taken})
            bench.profile[f"{groups}, {words}"] = str(installation.calls)


def beyond_reads(installation: Installation, query: str, headers: Mapping[str, str] | None = None) -> Run:
    """What a request takes in the function of a report's period, but for the time in the stores."""
    from blueprints import reports  # noqa: PLC0415 - with all that it needs, before the clock starts

    request, app, calls = request_of(query, headers), installation.app, installation.calls
    context, answers, read_before = SimpleNamespace(trace_context=None), [], calls.seconds
    with patch.object(reports, "app", lambda: app), patch("shared.configuration.settings", lambda: app.settings):
        taken = installation.timed(lambda: answers.append(reports.report_period(request, context)))
    (answer,) = answers
    if answer.status_code != HTTPStatus.OK:
        raise BenchmarkError(f"{request.url} answers {answer.status_code}: {answer.get_body()!r}")
    return Run(taken.seconds - (calls.seconds - read_before), 0, 0, "")


def request_of(query: str, headers: Mapping[str, str] | None = None) -> func.HttpRequest:
    """A request for the report's period, as the runtime hands it to a function."""
    return func.HttpRequest(
        "GET",
        f"http://localhost{path_of(PERIOD, query)}",
        headers=headers,
        params=dict(parse_qsl(query)),
        route_params={"report": REPORT, "period": PERIOD},
        body=b"",
    )


def path_of(month: str, query: str) -> str:
    """Where a period of the report is."""
    return f"/api/reports/{REPORT}/{month}?{query}"


def timed(call: Callable[[], object]) -> Run:
    """What a call took in this process."""
    begin = time.perf_counter()
    call()
    return Run(time.perf_counter() - begin, 0, 0, "")
