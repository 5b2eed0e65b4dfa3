"""The routes over a pipeline in memory: what a caller gets from each."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from blueprints import datasets, files, health, reports, reprocess
from shared.errors import PlatformError

HEAD = "day,region,amount"
MONDAY = (HEAD, "2026-11-16,north,1", "2026-11-16,south,2")


@pytest.fixture
def app(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The app as routes see it."""
    made = SimpleNamespace(
        definitions=pipeline.definitions,
        files=pipeline.records,
        file_requests=pipeline.requests,
        reader=pipeline.reader,
        unreachable=list,
    )
    for module in (datasets, files, health, reports, reprocess):
        monkeypatch.setattr(module, "app", lambda: made)
    return made


@pytest.fixture
def get(app: SimpleNamespace, call: Callable[..., Any], request_of: Callable[..., Any]) -> Callable[..., Any]:
    """GET with a function of a blueprint."""

    def get(function: Callable[..., Any], route: dict[str, str] | None = None, **params: str) -> Any:
        return call(function, request_of(route=route, **params))

    return get


def test_files_are_listed_newest_first(get: Any, pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for second, name in enumerate(("sales/a.csv", "sales/b.csv", "sales/c.csv")):
        monkeypatch.setattr("shared.clock.now", lambda second=second: f"2026-11-20T13:00:0{second}.000Z")
        pipeline.take_in(name, *MONDAY)
    assert [record["name"][6] for record in get(files.list_files).body["value"]] == ["c", "b", "a"]


def test_a_list_of_files_goes_on_where_the_page_ended(get: Any, pipeline: Any, following: Any) -> None:
    for name in ("sales/a.csv", "sales/b.csv", "sales/c.csv"):
        pipeline.take_in(name, *MONDAY)
    first = get(files.list_files, top="2")
    second = get(files.list_files, **following(first))
    assert [len(page.body["value"]) for page in (first, second)] == [2, 1]
    assert "nextLink" not in second.body
    assert {record["name"] for page in (first, second) for record in page.body["value"]} == {
        "sales/a.csv",
        "sales/b.csv",
        "sales/c.csv",
    }


def test_a_page_that_ends_with_the_list_has_no_next_link(get: Any, pipeline: Any) -> None:
    pipeline.take_in("sales/a.csv", *MONDAY)
    assert "nextLink" not in get(files.list_files, top="1").body


def test_a_file_is_shown_as_its_record_in_camel_case(get: Any, pipeline: Any) -> None:
    record = pipeline.take_in("sales/a.csv", *MONDAY, "2026-02-30,north,1")
    body = get(files.get_file, {"id": record.id}).body
    assert (body["id"], body["status"], body["firstError"]["line"]) == (record.id, "processed", 4)
    assert "pk" not in body


def test_an_unknown_file_is_not_found(get: Any) -> None:
    answer = get(files.get_file, {"id": "a-1"})
    assert (answer.status, answer.body["code"]) == (404, "not_found")


class Message:
    """The queue output of a function: what it sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def set(self, text: str) -> None:
        self.sent.append(text)


@pytest.fixture
def ask(app: SimpleNamespace, read: Any, request_of: Any) -> Callable[..., Any]:
    """POST …/reprocess: the answer, and what was sent to the queue."""

    def ask(record_id: str, **params: str) -> tuple[Any, list[str]]:
        message, req = Message(), request_of(route={"id": record_id}, **params)
        return read(files.reprocess_file(req, message, SimpleNamespace(trace_context=None))), message.sent

    return ask


def test_a_file_is_deleted_without_a_word_also_the_second_time(get: Any, pipeline: Any) -> None:
    record = pipeline.take_in("sales/a.csv", *MONDAY)
    answers = [get(files.delete_file, {"id": record.id}) for _ in range(2)]
    assert [(answer.status, answer.text) for answer in answers] == [(204, "null")] * 2
    assert get(files.get_file, {"id": record.id}).body["status"] == "deleted"


def test_an_unknown_file_cannot_be_deleted(get: Any) -> None:
    answer = get(files.delete_file, {"id": "a-1"})
    assert (answer.status, answer.body["code"]) == (404, "not_found")


def test_a_file_to_be_reprocessed_is_sent_to_the_queue_and_shown_with_its_address(ask: Any, pipeline: Any) -> None:
    record = pipeline.take_in("sales/a.csv", *MONDAY)
    answer, sent = ask(record.id)
    assert (answer.status, sent) == (202, [record.id])
    assert answer.headers["Location"] == f"https://app.example/api/files/{record.id}"
    assert (answer.body["id"], answer.body["status"], answer.body["definition"]) == (record.id, "processed", "")


def test_a_file_that_cannot_be_reprocessed_is_not_sent(ask: Any, pipeline: Any) -> None:
    record = pipeline.take_in("sales/a.csv", *MONDAY)
    pipeline.world.delete_upload("sales/a.csv")
    for record_id, status, code in ((record.id, 409, "not_possible"), ("a-1", 404, "not_found")):
        answer, sent = ask(record_id)
        assert (answer.status, answer.body["code"], sent) == (status, code, [])


def test_a_parameter_of_reprocess_is_refused(ask: Any) -> None:
    assert ask("a-1", force="yes")[0].status == 400


@pytest.mark.parametrize("body", [b"{id}", b"a-1", b"", b"\xff\xfe", b'{"id": 1}'])
def test_a_message_of_the_queue_runs_its_file_or_is_dropped(app: SimpleNamespace, pipeline: Any, body: bytes) -> None:
    record = pipeline.take_in("sales/a.csv", *MONDAY)
    pipeline.another().requests.mark(record.id)
    text = body.replace(b"{id}", record.id.encode())
    reprocess.reprocess(SimpleNamespace(get_body=lambda: text), SimpleNamespace(trace_context=None))
    assert (pipeline.record("sales/a.csv").generation > record.generation) is (body == b"{id}")


def test_a_report_is_read_page_by_page(get: Any, pipeline: Any, following: Any) -> None:
    pipeline.take_in("sales/a.csv", *MONDAY)
    first = get(reports.report_rows, {"report": "sales_by_day"}, top="1")
    second = get(reports.report_rows, {"report": "sales_by_day"}, **following(first))
    assert [row["region"] for page in (first, second) for row in page.body["value"]] == ["north", "south"]
    assert "nextLink" not in second.body


def test_a_period_has_the_documents_own_fields_and_its_rows(get: Any, pipeline: Any, following: Any) -> None:
    pipeline.take_in("sales/a.csv", *MONDAY)
    place = {"report": "sales_by_day", "period": "2026-11-16"}
    first = get(reports.report_period, place, top="1").body
    assert (first["report"], first["rows"], first["files"], first["totals"]) == (
        "sales_by_day",
        2,
        1,
        {"orders": 2, "revenue": 3},
    )
    assert first["value"] == [{"period": "2026-11-16", "region": "north", "orders": 1, "revenue": 1}]
    second = get(reports.report_period, place, **following(get(reports.report_period, place, top="1")))
    assert [row["region"] for row in second.body["value"]] == ["south"]
    assert "nextLink" not in second.body


def test_a_cursor_of_another_period_is_refused(get: Any, pipeline: Any, following: Any) -> None:
    pipeline.take_in("sales/a.csv", *MONDAY, "2026-11-17,north,1")
    first = get(reports.report_period, {"report": "sales_by_day", "period": "2026-11-16"}, top="1")
    other = get(reports.report_period, {"report": "sales_by_day", "period": "2026-11-17"}, **following(first))
    assert (other.status, other.body["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    ("function", "route"),
    [(files.list_files, None), (reports.report_rows, {"report": "sales_by_day"})],
)
def test_a_cursor_of_another_list_is_refused(
    get: Any, pipeline: Any, following: Any, function: Any, route: dict[str, str] | None
) -> None:
    for name in ("sales/a.csv", "sales/b.csv"):
        pipeline.take_in(name, *MONDAY)
    of_rows = following(get(reports.report_rows, {"report": "sales_by_day"}, top="1"))
    of_files = following(get(files.list_files, top="1"))
    assert get(function, route, **(of_rows if function is files.list_files else of_files)).status == 400


def test_a_period_that_was_emptied_is_not_found(get: Any, pipeline: Any) -> None:
    pipeline.take_in("sales/a.csv", *MONDAY)
    pipeline.take_in("sales/a.csv", HEAD, "2026-11-17,north,1")
    assert get(reports.report_period, {"report": "sales_by_day", "period": "2026-11-16"}).status == 404


def test_reports_and_datasets_are_listed(get: Any) -> None:
    assert [report["name"] for report in get(reports.list_reports).body["value"]] == ["sales_by_day"]
    assert [dataset["name"] for dataset in get(datasets.list_datasets).body["value"]] == ["sales"]


def test_one_dataset_is_shown_and_an_unknown_one_is_not_found(get: Any) -> None:
    assert get(datasets.get_dataset, {"name": "sales"}).body["files"] == "sales/**"
    assert get(datasets.get_dataset, {"name": "sails"}).status == 404


def test_health_needs_nothing(get: Any, app: SimpleNamespace) -> None:
    del app.files, app.reader
    assert get(health.health).body == {"status": "alive"}


def test_ready_names_what_cannot_be_reached(get: Any, app: SimpleNamespace) -> None:
    app.unreachable = lambda: ["Cosmos DB"]
    answer = get(health.ready)
    assert (answer.status, answer.body["code"]) == (503, "not_ready")
    assert answer.body["errors"] == [{"code": "unavailable", "message": "Cosmos DB"}]


def test_ready_is_ready_where_all_answer(get: Any) -> None:
    assert get(health.ready).body == {"status": "ready"}


@pytest.mark.parametrize(
    ("function", "route"),
    [
        (files.list_files, None),
        (files.get_file, {"id": "a"}),
        (files.delete_file, {"id": "a"}),
        (reports.list_reports, None),
        (reports.report_rows, {"report": "sales_by_day"}),
        (reports.report_period, {"report": "sales_by_day", "period": "all"}),
        (datasets.list_datasets, None),
        (datasets.get_dataset, {"name": "sales"}),
        (health.health, None),
        (health.ready, None),
    ],
)
def test_a_parameter_that_would_be_ignored_is_refused(get: Any, function: Any, route: dict[str, str] | None) -> None:
    answer = get(function, route, filter="x")
    assert (answer.status, answer.body["code"]) == (400, "bad_request")


def test_a_service_that_does_not_answer_is_a_problem(get: Any, pipeline: Any) -> None:
    def down(_number: int, _name: str) -> None:
        raise PlatformError("Cosmos DB does not answer.")

    pipeline.before = down
    assert get(files.list_files).status == 503
