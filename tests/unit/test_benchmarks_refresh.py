"""The benchmark of refresh measures what it says: its files, its counting of calls, what it takes for right."""

import csv
import io
import json
import runpy
from decimal import Decimal
from types import SimpleNamespace

import pytest

from benchmarks.calls import Calls
from benchmarks.figures import Bound, Line, Measured, at_most
from benchmarks.installation import DEFINITIONS
from benchmarks.measure import ROOT, Run
from benchmarks.refresh import COMMAND, GROUPS
from benchmarks.refresh_figures import QUICK, RefreshBench, Sizes
from benchmarks.report import line, machine
from benchmarks.sales import PERIOD, REPORT, Sales
from benchmarks.uploads import Uploads
from benchmarks.workspace import Workspace
from devstack.files import FileOutputs, FileUpload
from shared.configuration import definitions_in
from shared.ingest.process import Job, process
from shared.names import pair


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


# Sales


def test_sales_have_so_many_products_in_turn():
    rows = rows_of(Sales(rows=7, products=3, first=2).to_csv())
    assert [row["product"][-1] for row in rows] == list("2012012")


def test_the_revenue_is_that_of_the_rows():
    sales = Sales(rows=50, products=3, dearer=4)
    assert sum(Decimal(row["amount"]) for row in rows_of(sales.to_csv())) == sales.revenue


def test_a_dearer_version_has_another_revenue():
    assert Sales(50, 3, dearer=1).revenue - Sales(50, 3).revenue == Decimal("0.50")


def test_the_app_counts_sales_into_one_period_of_one_report(tmp_path):
    (tmp_path / "sales.csv").write_bytes(Sales(rows=90, products=5).to_csv())
    definitions = definitions_in(str(DEFINITIONS))
    upload = FileUpload(tmp_path / "sales.csv", "sales/1.csv")
    dataset = definitions.dataset_of(upload.name)
    job = Job(upload, upload.version(), dataset, definitions.reports_of(dataset), 1, 1_000_000)
    outcome = process(job, FileOutputs(None))
    assert (outcome.records, outcome.shares) == (90, (pair(REPORT, PERIOD),))


# Calls


class Store:
    name = "store"

    def get(self, key: str) -> str:
        return key * 2


def test_a_watched_object_answers_as_ever():
    store = Calls().watch("store", Store())
    assert (store.name, store.get("a")) == ("store", "aa")


def test_only_calls_that_are_counted_count():
    calls = Calls()
    store = calls.watch("store", Store())
    store.get("before")
    for _ in range(2):
        with calls.counting():
            store.get("a")
            store.get("b")
    assert str(calls).startswith("2 × store.get ")


def test_a_call_that_fails_counts():
    calls = Calls()
    with calls.counting(), pytest.raises(TypeError):
        calls.watch("store", Store()).get()
    assert list(calls.taken) == ["store.get"]


# Uploads


@pytest.fixture
def uploads(tmp_path) -> Uploads:
    return Uploads(Workspace(tmp_path).orders(1_000), rows=300)


def test_uploads_are_all_orders_each_in_one_file(uploads):
    contents = [content for _, content in uploads.files()]
    assert [len(rows_of(content)) for content in contents] == [300, 300, 300, 100]
    header, rest = uploads.orders.file.read_bytes().split(b"\n", 1)
    assert b"".join(content.removeprefix(header + b"\n") for content in contents) == rest


def test_uploads_have_names_of_their_own(uploads):
    assert len({name for name, _ in uploads.files()}) == 4


def test_reports_are_expected_to_say_what_is_in_the_orders(uploads):
    rows = rows_of(uploads.orders.file.read_bytes())
    north = [row for row in rows if (row["ordered_at"][:10], row["region"]) == ("2026-11-01", "north")]
    music = [row for row in rows if row["category"] == "music"]
    expected = uploads.expected()
    assert expected["orders_by_day"]["2026-11-01", "north"] == (len(north), sum(Decimal(r["amount"]) for r in north))
    assert expected["orders_by_month"]["2026-11", "music"] == (len(music), sum(Decimal(r["amount"]) for r in music))


def test_the_textbook_function_writes_all_rows(uploads, monkeypatch):
    written = {}
    container = SimpleNamespace(upload_blob=lambda name, data, **_: written.update({name: json.loads(data)}))
    service = SimpleNamespace(get_container_client={"processed": container}.get)
    monkeypatch.setenv("Storage", "of no account")
    monkeypatch.setattr("azure.storage.blob.BlobServiceClient.from_connection_string", lambda _: service)
    convert = runpy.run_path(str(ROOT / "benchmarks" / "textbook_app" / "function_app.py"))["convert"]
    name, content = uploads.files()[0]
    convert._function.get_user_function()(SimpleNamespace(name=f"uploads/{name}", read=lambda: content))
    assert written == {
        "orders/00000.json": {"record_count": 300, "records": rows_of(content), "source": f"uploads/{name}"}
    }


def test_the_textbook_function_is_run_as_the_app_is():
    app, textbook = (
        json.loads((folder / "host.json").read_text()) for folder in (ROOT, ROOT / "benchmarks/textbook_app")
    )
    assert textbook == app


# Results


def test_quick_is_less_of_everything():
    assert all(getattr(QUICK, name) < getattr(Sizes(), name) for name in Sizes.__slots__ if name != "upload_rows")


def test_every_group_is_known_by_a_name():
    assert list(GROUPS) == ["changes", "partials", "large", "uploads"]


def test_a_line_without_a_limit_has_no_verdict():
    shown = line(Line("x", "something", Bound(None, " s")), Measured(2, {"app": [Run(2, 0, 0, "")]}))
    assert shown == "| something |  | 2.00 s |  | app 2.000 |\n"


def test_results_say_what_was_asked_and_where_time_goes(tmp_path):
    bench = RefreshBench(profile={"one change": "2 × blobs.partials 9.1"})
    results = [(Line("new", "one new file", at_most(2)), Measured(1.5, {"10 files": [Run(0.25, 0.125, 0, "")]}))]
    COMMAND.write(tmp_path, bench, machine(compared=()), results)
    text = (tmp_path / "refresh.md").read_text(encoding="utf-8")
    assert "| one new file | ≤ 2× | 1.50× | met | 10 files 0.250 / 0.125 |" in text
    assert "| one change | 2 × blobs.partials 9.1 |" in text
    assert json.loads((tmp_path / "refresh.json").read_text(encoding="utf-8"))["figures"][0]["met"] is True
