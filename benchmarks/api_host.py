"""Throughput of the reports API through the host, against that of a function that returns a constant."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from statistics import median
from urllib.request import urlopen

from benchmarks.api_figures import ApiBench, Found, installed, path_of
from benchmarks.api_load import Load, Wanted, load
from benchmarks.figures import Bound, Line, Measured, at_least
from benchmarks.measure import ROOT
from benchmarks.sales import PERIOD
from benchmarks.workspace import FOLDER
from devstack.ports import Ports
from devstack.stack import Stack

CONSTANT_APP = ROOT / "benchmarks" / "constant_app"
SMALL = "2026-10"  # the month with few groups
USUAL = "top=100"


def host(bench: ApiBench) -> Found:
    """Rounds of load on each route in turn, so that all meet the machine in the same mood."""
    sizes = bench.sizes
    with installed((SMALL, sizes.few), (PERIOD, sizes.groups)) as installation, constant_host() as constant:
        app = installation.start_host()
        routes = {"constant": Wanted(f"{constant}/api/constant")}
        for month, groups in ((SMALL, sizes.few), (PERIOD, sizes.groups)):
            route = Wanted(app + path_of(month, USUAL))
            routes |= {f"{groups:,} groups": route, f"{groups:,} groups, 304": not_modified(route)}
        rounds = [
            {name: load(wanted, sizes.connections, sizes.seconds) for name, wanted in routes.items()}
            for _ in range(1 + sizes.loads)
        ][1:]
    for name in routes:
        if name != "constant":
            ratio = median(each[name].per_second / each["constant"].per_second for each in rounds)
            what = f"{name}: times as many requests a second as a constant"
            yield Line(name, what, at_least(0.5 if name.endswith("304") else 0.3)), Measured(ratio)
    for name in routes:
        yield (
            Line(f"{name}, per second", f"{name}: requests a second", Bound(None, "")),
            Measured(_median(rounds, name)),
        )


@contextmanager
def constant_host() -> Iterator[str]:
    """A host on the app with one constant, which needs no emulators: its address."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    state = Path(tempfile.mkdtemp(prefix="constant-", dir=FOLDER))
    try:
        with Stack(CONSTANT_APP, state, Ports.free()) as stack:
            stack.start_host()
            yield stack.host_url
    finally:
        shutil.rmtree(state)


def not_modified(wanted: Wanted) -> Wanted:
    """The same request by somebody who has the answer already."""
    with urlopen(wanted.url) as answer:
        tag = answer.headers["ETag"]
    return Wanted(wanted.url, HTTPStatus.NOT_MODIFIED, {"If-None-Match": tag})


def _median(rounds: list[dict[str, Load]], name: str) -> float:
    return median(each[name].per_second for each in rounds)
