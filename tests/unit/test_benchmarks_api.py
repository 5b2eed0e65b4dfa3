"""The benchmark of the API measures what it says: its sales, its load, what it takes off and compares with."""

import asyncio
import csv
import io
import json
import runpy
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from benchmarks.api import COMMAND, GROUPS
from benchmarks.api_figures import DEFINITIONS, QUICK, ApiBench, Sizes, beyond_reads
from benchmarks.api_host import CONSTANT_APP, not_modified
from benchmarks.api_load import Wanted, load
from benchmarks.api_sales import REGIONS, ROWS, RegionalSales
from benchmarks.calls import Calls
from benchmarks.figures import Line, Measured, at_most
from benchmarks.measure import ROOT, BenchmarkError, Run
from benchmarks.report import machine
from benchmarks.sales import REPORT
from devstack.files import FileOutputs, FileUpload
from shared.configuration import definitions_in
from shared.ingest.process import Job, process
from shared.names import pair
from shared.reports.document import ReportDocument
from shared.reports.read import ReportReader
from shared.stores.stored import Stored

# Sales


def test_sales_have_so_many_groups_of_all_regions():
    rows = csv.DictReader(io.StringIO(RegionalSales("2026-11", 40).to_csv().decode()))
    groups = Counter((row["region"], row["product"]) for row in rows)
    assert (len(groups), set(groups.values())) == (40, {ROWS})
    assert Counter(region for region, _ in groups) == dict.fromkeys(REGIONS, 10)


def test_the_app_counts_sales_into_the_month_that_they_are_of(tmp_path):
    (tmp_path / "sales.csv").write_bytes(RegionalSales("2026-10", 40).to_csv())
    definitions = definitions_in(str(DEFINITIONS))
    upload = FileUpload(tmp_path / "sales.csv", "sales/1.csv")
    dataset = definitions.dataset_of(upload.name)
    job = Job(upload, upload.version(), dataset, definitions.reports_of(dataset), 1, 1_000_000)
    outcome = process(job, FileOutputs(None))
    assert (outcome.records, outcome.shares) == (40 * ROWS, (pair(REPORT, "2026-10"),))


# The handler


class Store:
    """One report."""

    def get(self, report: str, period: str) -> Stored[ReportDocument]:
        groups = ({"region": "east", "product": "x", "orders": 1},)
        return Stored(ReportDocument(report, "sales", period, rows=1, groups=groups), "etag")


@pytest.fixture
def installation() -> SimpleNamespace:
    """An app whose requests take five seconds, three of them in its stores."""
    calls = Calls()
    app = SimpleNamespace(settings=None, reader=ReportReader(Store(), lambda _: [], definitions_in(str(DEFINITIONS))))

    def timed(call: Callable[[], object]) -> Run:
        call()
        calls.taken["reports.get"] = (1, calls.seconds + 3.0)
        return Run(5.0, 0, 0, "")

    return SimpleNamespace(app=app, calls=calls, timed=timed)


@pytest.fixture(autouse=True)
def without_telemetry(monkeypatch):
    monkeypatch.setattr("shared.telemetry.providers.configure", lambda: None)


def test_time_in_the_stores_is_taken_off(installation):
    assert [beyond_reads(installation, "top=1000").seconds for _ in range(2)] == [2.0, 2.0]


def test_an_answer_that_is_none_is_not_measured(installation):
    with pytest.raises(BenchmarkError, match=r"top=many answers 400.*whole number"):
        beyond_reads(installation, "top=many")


# Load

COUNTING = threading.Lock()


class Server(BaseHTTPRequestHandler):
    """Answers with the path; 304 to whoever knows that; `/wrong` and `/gone` are not as they should be."""

    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        with COUNTING:
            self.server.connections += 1

    def do_GET(self) -> None:
        if self.path == "/gone":
            self.close_connection = True
            return
        with COUNTING:  # before the client can: it counts what it gets
            self.server.answers += 1
        tag, body = f'"{self.path}"', self.path.encode()
        known = self.headers["If-None-Match"] == tag
        self.send_response(500 if self.path == "/wrong" else 304 if known else 200)
        self.send_header("ETag", tag)
        if not known:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if known else body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


class Servers(ThreadingHTTPServer):
    """Each connection in a thread of its own, and what was counted."""

    connections = answers = 0

    def handle_error(self, *_: object) -> None:
        """Nothing: a client that has seen enough is gone before it has read all."""


@pytest.fixture
def server() -> Iterator[Servers]:
    with Servers(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def url(server: Servers, path: str) -> str:
    return f"http://127.0.0.1:{server.server_port}{path}"


def test_every_answer_counts(server):
    found = load(Wanted(url(server, "/x?top=1")), connections=3, seconds=0.1)
    assert found.requests == server.answers > 3


def test_connections_stay_open(server):
    load(Wanted(url(server, "/x")), connections=3, seconds=0.1)
    assert server.connections == 3


def test_who_has_an_answer_asks_with_its_tag(server):
    wanted = not_modified(Wanted(url(server, "/x")))
    assert load(wanted, connections=1, seconds=0.05).requests == server.answers - 1


@pytest.mark.parametrize(
    ("path", "message"), [("/wrong", "answers 500 instead of 200"), ("/gone", "the connection was closed")]
)
def test_what_is_no_answer_stops_the_benchmark(server, path, message):
    with pytest.raises(BenchmarkError, match=message):
        asyncio.run(asyncio.wait_for(asyncio.to_thread(load, Wanted(url(server, path)), 2, 0.05), 10))


# What the app is compared with


def test_the_constant_is_an_answer():
    constant = runpy.run_path(str(CONSTANT_APP / "function_app.py"))["constant"]
    answer = constant._function.get_user_function()(None)
    assert (answer.status_code, answer.get_body()) == (200, b'{"value":[]}')


def test_the_constant_is_served_as_the_app_is():
    app, constant = (json.loads((folder / "host.json").read_text()) for folder in (ROOT, CONSTANT_APP))
    assert constant == app


# Results


def test_quick_is_less_of_everything():
    assert all(getattr(QUICK, name) < getattr(Sizes(), name) for name in Sizes.__slots__)


def test_every_group_is_known_by_a_name():
    assert list(GROUPS) == ["period", "large", "host"]


def test_results_say_what_was_asked_and_where_time_goes(tmp_path):
    bench = ApiBench(profile={"1,000 groups": "1 × reports.get 9.1"})
    results = [(Line("period", "all rows", at_most(1.5)), Measured(1.6, {"handler": [Run(0.25, 0, 0, "")]}))]
    COMMAND.write(tmp_path, bench, machine(compared=()), results)
    text = (tmp_path / "api.md").read_text(encoding="utf-8")
    assert "| all rows | ≤ 1.5× | 1.60× | **not met** | handler 0.250 |" in text
    assert "| 1,000 groups | 1 × reports.get 9.1 |" in text
    assert json.loads((tmp_path / "api.json").read_text(encoding="utf-8"))["figures"][0]["met"] is False
