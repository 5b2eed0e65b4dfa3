"""Files over a pipeline in memory: which are listed, and the rejected rows of one."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

from blueprints import files, rejected
from shared.api.cursors import encode_cursor
from shared.errors import BlobChanged
from shared.ingest import rejected_rows

HEAD = "day,region,amount"
GOOD = "2026-11-16,north,1"
BAD_DAY = "2026-02-30,north,1"
BAD_AMOUNT = "2026-11-16,south,many"
LONG = "2026-11-16,north,1,2,3"
STRAY = '2026-11-16,"north"x,1'


@pytest.fixture
def get(
    pipeline: Any, monkeypatch: pytest.MonkeyPatch, call: Callable[..., Any], request_of: Callable[..., Any]
) -> Callable[..., Any]:
    """GET with a function of the blueprint."""
    made = SimpleNamespace(files=pipeline.records, rejected=pipeline.rejected)
    for module in (files, rejected):
        monkeypatch.setattr(module, "app", lambda: made)

    def get(
        function: Callable[..., Any],
        record_id: str | None = None,
        headers: dict[str, str] | None = None,
        **params: str,
    ) -> Any:
        route = {"id": record_id} if record_id else None
        return call(function, request_of(route=route, headers=headers, **params))

    return get


@pytest.fixture
def rejects(get: Any, pipeline: Any) -> Callable[..., Any]:
    """The rejected rows of a file with these lines below its header, of which a third may be good."""

    def rejects(*lines: str, name: str = "sales/a.csv", headers: dict[str, str] | None = None, **params: str) -> Any:
        record = pipeline.take_in(name, HEAD, *lines, *[GOOD] * 2 * len(lines))
        return get(rejected.rejected_rows, record.id, headers, **params)

    return rejects


def names(answer: Any) -> list[str]:
    return [record["name"] for record in answer.body["value"]]


def test_files_are_filtered_by_dataset_and_status(get: Any, pipeline: Any) -> None:
    pipeline.take_in("sales/a.csv", HEAD, GOOD)
    pipeline.take_in("sales/b.csv", HEAD, BAD_DAY)
    pipeline.take_in("other/c.csv", HEAD, GOOD)
    assert sorted(names(get(files.list_files, dataset="sales"))) == ["sales/a.csv", "sales/b.csv"]
    assert names(get(files.list_files, status="rejected")) == ["sales/b.csv"]
    assert names(get(files.list_files, dataset="other", status="rejected")) == []


def test_the_next_page_of_a_filtered_list_is_filtered_too(get: Any, pipeline: Any, following: Any) -> None:
    for name in ("sales/a.csv", "other/b.csv", "sales/c.csv", "other/d.csv"):
        pipeline.take_in(name, HEAD, GOOD)
    first = get(files.list_files, dataset="sales", top="1")
    second = get(files.list_files, **following(first))
    assert sorted(names(first) + names(second)) == ["sales/a.csv", "sales/c.csv"]
    assert "nextLink" not in second.body


def test_a_status_that_no_file_can_have_is_refused_with_those_there_are(get: Any) -> None:
    answer = get(files.list_files, status="done")
    assert answer.status == 400
    assert answer.body["errors"][0]["parameter"] == "status"
    assert "processing, processed, rejected, failed, deleted" in answer.body["errors"][0]["message"]


def test_rejected_rows_say_where_why_and_what_they_were(rejects: Any) -> None:
    (row,) = rejects(BAD_AMOUNT).body["value"]
    assert (row["line"], row["column"], row["code"]) == (2, "amount", "type")
    assert row["message"]
    assert row["fields"] == {"day": "2026-11-16", "region": "south", "amount": "many"}
    assert "rest" not in row


def test_values_without_a_column_are_the_rest_of_a_row(rejects: Any) -> None:
    row, raw = rejects(LONG, STRAY).body["value"]
    assert (row["fields"]["amount"], row["rest"]) == ("1", ["2", "3"])
    assert (raw["column"], raw["fields"], raw["rest"]) == (None, {}, [STRAY])


def test_a_row_that_is_too_short_has_the_columns_that_it_has(rejects: Any) -> None:
    (row,) = rejects("2026-11-16,north").body["value"]
    assert row["fields"] == {"day": "2026-11-16", "region": "north"}


def test_pages_of_rejected_rows_are_the_whole(rejects: Any, get: Any, pipeline: Any, following: Any) -> None:
    lines = [BAD_AMOUNT, LONG, 'x,"two\nlines",1', BAD_DAY, STRAY]
    whole = rejects(*lines).body["value"]
    answer, pages = rejects(*lines, top="2"), []
    record_id = pipeline.record("sales/a.csv").id
    while True:
        pages += answer.body["value"]
        if "nextLink" not in answer.body:
            break
        answer = get(rejected.rejected_rows, record_id, **following(answer))
    assert pages == whole
    assert len(whole) == len(lines)


@pytest.mark.parametrize("window", [16, 64])
def test_rows_are_read_across_the_ranges_of_the_document(
    rejects: Any, monkeypatch: pytest.MonkeyPatch, window: int
) -> None:
    lines = [BAD_AMOUNT, 'x,"two\nlines of größe",1', BAD_DAY]
    whole = rejects(*lines).body["value"]
    monkeypatch.setattr(rejected_rows, "WINDOW", window)
    assert rejects(*lines).body["value"] == whole


def test_a_page_ends_early_where_its_rows_are_large(rejects: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejected_rows, "LARGEST_PAGE", 1)
    answer = rejects(BAD_AMOUNT, BAD_DAY)
    assert len(answer.body["value"]) == 1
    assert "nextLink" in answer.body


@pytest.mark.parametrize("delimiter", [";", "|", "\t", "_", "l", "7"])
def test_rows_are_read_whatever_separates_their_fields(delimiter: str, new_pipeline: Any) -> None:
    definitions = new_pipeline().definitions
    text = delimiter.join(("dax", "regiox", "amouxt"))
    dataset = replace(definitions.datasets[0], delimiter=delimiter, columns=(), max_rejected=1.0)
    made = new_pipeline(definitions=replace(definitions, datasets=(dataset,), reports=()))
    made.take_in("sales/a.csv", text, delimiter.join(("a", "b")), delimiter.join(("a", "b", "c")))
    _, document = made.rejected.of(made.record("sales/a.csv").id)
    (row,) = rejected_rows.read_rejected(document, 10).value
    assert (row.line, row.code, row.fields) == (2, "too_few_fields", {"dax": "a", "regiox": "b"})


@dataclass
class LongDocument:
    """A million rows of 100 bytes, made as they are read."""

    size: int = 100 * 1_000_000
    etag: str = '"1"'
    reads: list[int] = field(default_factory=list)

    def read(self, start: int, count: int) -> bytes:
        self.reads.append(count)
        first, last = start // 100, (start + count) // 100 + 1
        head = "_line,_column,_code,_message,a".ljust(99, "a") + "\n"
        rows = (f"{n},a,type,".ljust(99, "x") + "\n" if n else head for n in range(first, last))
        text = "".join(rows).encode()
        return text[start % 100 : start % 100 + count]


@pytest.mark.parametrize("start", [None, 50_000_000, 99_999_900])
def test_a_page_reads_the_document_where_it_is_however_large_that_is(start: int | None) -> None:
    document = LongDocument()
    rows = rejected_rows.read_rejected(document, 1000, start)
    assert rows.value[0].line == (start or 100) // 100
    assert sum(document.reads) <= 3 * rejected_rows.WINDOW


def test_a_file_without_rejects_has_an_empty_list_of_them_and_no_csv(get: Any, pipeline: Any) -> None:
    record = pipeline.take_in("sales/a.csv", HEAD, GOOD)
    assert get(rejected.rejected_rows, record.id).body == {"value": []}
    assert get(rejected.rejected_rows, record.id, format="csv").status == 404


def test_an_unknown_file_has_no_rejected_rows(get: Any) -> None:
    assert get(rejected.rejected_rows, "a-1").status == 404


def test_a_list_that_was_begun_on_other_rows_does_not_go_on(
    rejects: Any, get: Any, pipeline: Any, following: Any
) -> None:
    first = rejects(BAD_AMOUNT, BAD_DAY, top="1")
    rejects(BAD_DAY, BAD_DAY)
    answer = get(rejected.rejected_rows, pipeline.record("sales/a.csv").id, **following(first))
    assert (answer.status, answer.body["code"]) == (409, "not_possible")
    assert "without a cursor" in answer.body["detail"]


def test_rows_that_are_replaced_while_they_are_read_are_not_mixed(
    rejects: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any) -> None:
        raise BlobChanged("It is another one.")

    monkeypatch.setattr("shared.api.rejected.read_rejected", gone)
    assert rejects(BAD_DAY).status == 409


@pytest.mark.parametrize("cursor", ['"1"', "1", '["x"]', '["x",true]', '["x",1.5]', '["x",1,2]', "{}"])
def test_a_cursor_of_another_list_is_refused(rejects: Any, cursor: str) -> None:
    answer = rejects(BAD_DAY, cursor=base64.urlsafe_b64encode(cursor.encode()).decode().rstrip("="))
    assert (answer.status, answer.body["code"]) == (400, "bad_request")


@pytest.mark.parametrize("start", [-1, 0, 50, 10**30])
def test_a_cursor_at_which_no_row_begins_is_refused(get: Any, rejects: Any, pipeline: Any, start: int) -> None:
    rejects("größe,größe,größe", BAD_DAY)
    record = pipeline.record("sales/a.csv")
    _, document = pipeline.rejected.of(record.id)
    answer = get(rejected.rejected_rows, record.id, cursor=encode_cursor([document.etag, start]))
    assert answer.status == 409


def test_as_csv_the_document_comes_as_it_is_to_be_saved(rejects: Any, pipeline: Any) -> None:
    answer = rejects("2026-11-16,=1+1,x", format="csv")
    (_, data) = pipeline.world.documents["rejected", "sales/a.csv"]
    assert (answer.status, answer.type, answer.text) == (200, "text/csv", data.decode())
    assert "=1+1" in answer.text
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a.csv"'


@pytest.mark.parametrize("name", ['a"b.csv', "a;b\\.csv", "größe.csv", "a\r\nSet-Cookie: x=1.csv"])
def test_no_name_of_a_file_gets_out_of_its_header(rejects: Any, name: str) -> None:
    header = rejects(BAD_DAY, name=f"sales/{name}", format="csv").headers["Content-Disposition"]
    assert header.isascii()
    assert header.isprintable()
    plain, _, exact = header.removeprefix('attachment; filename="').partition('"')
    assert not set(plain) & set("\\;\r\n")
    assert exact.startswith("; filename*=UTF-8''")


def test_csv_is_not_sent_to_who_has_it(rejects: Any, get: Any, pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tag = rejects(BAD_DAY, format="csv").headers["ETag"]
    monkeypatch.setattr(type(pipeline.rejected.of(pipeline.record("sales/a.csv").id)[1]), "read", None)
    again = get(rejected.rejected_rows, pipeline.record("sales/a.csv").id, {"if-none-match": tag}, format="csv")
    assert again.status == 304


def test_csv_that_is_too_large_names_the_blob(rejects: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.api.rejected.MOST_CSV", 10)
    answer = rejects(BAD_DAY, format="csv")
    assert answer.status == 413
    assert "rejected/sales/a.csv" in answer.body["detail"]


def test_csv_has_no_pages(rejects: Any) -> None:
    answer = rejects(BAD_DAY, format="csv", top="1")
    assert (answer.status, answer.body["errors"][0]["parameter"]) == (400, "top")
