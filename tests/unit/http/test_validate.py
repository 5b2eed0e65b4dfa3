"""POST /validate: what would become of a file, with nothing but its bytes."""

import gzip
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from backports import zstd

from blueprints import validate
from shared.ingest import validate as validation

HEAD = "day,region,amount\n"
GOOD = "2026-11-16,north,1\n"
BAD = "2026-11-16,north,many\n"


@pytest.fixture
def check(
    pipeline: Any, monkeypatch: pytest.MonkeyPatch, call: Callable[..., Any], request_of: Callable[..., Any]
) -> Callable[..., Any]:
    """POST /validate with a body."""
    made = SimpleNamespace(validate=validation.Validate(pipeline.definitions))
    monkeypatch.setattr(validate, "app", lambda: made)

    def check(data: str | bytes, **params: str) -> Any:
        return call(validate.validate, request_of(body=data.encode() if isinstance(data, str) else data, **params))

    return check


def test_a_good_file_is_counted_and_typed_by_its_dataset(check: Any) -> None:
    answer = check(HEAD + GOOD * 3, dataset="sales")
    assert answer.status == 200
    assert answer.body == {
        "dataset": "sales",
        "rows": 3,
        "records": 3,
        "rejected": 0,
        "columns": {"day": "date", "region": "string", "amount": "integer"},
        "firstRejects": [],
        "problem": None,
    }


def test_the_first_rejects_are_told_one_by_one(check: Any) -> None:
    body = check(HEAD + GOOD * 12 + BAD * 11 + "x\n", dataset="sales").body
    assert (body["rows"], body["records"], body["rejected"]) == (24, 12, 12)
    assert [reject["line"] for reject in body["firstRejects"]] == list(range(14, 24))
    assert {(reject["column"], reject["code"]) for reject in body["firstRejects"]} == {("amount", "type")}


def test_rejects_of_every_kind_are_told_in_the_order_of_their_lines(check: Any) -> None:
    body = check(HEAD + BAD + "x\n" + BAD + GOOD * 3, dataset="sales").body
    assert [(r["line"], r["code"]) for r in body["firstRejects"]] == [(2, "type"), (3, "too_few_fields"), (4, "type")]


def test_a_file_that_would_be_rejected_as_a_whole_says_why_and_shows_the_rows(check: Any) -> None:
    answer = check(HEAD + BAD * 2, dataset="sales")
    assert answer.status == 200
    assert (answer.body["records"], answer.body["rejected"], answer.body["problem"]["code"]) == (
        0,
        2,
        "too_many_rejects",
    )
    assert len(answer.body["firstRejects"]) == 2


@pytest.mark.parametrize(
    ("data", "code"), [(b"", "empty_file"), (b"PK\x03\x04\x14\x00", "not_csv"), (b"day\n1\n", "missing_column")]
)
def test_what_is_no_good_file_is_an_answer(check: Any, data: bytes, code: str) -> None:
    assert check(data, dataset="sales").body["problem"]["code"] == code


def test_the_dataset_follows_from_the_name(check: Any) -> None:
    assert check(HEAD + GOOD, name="sales/a.csv").body["dataset"] == "sales"
    assert check(HEAD + GOOD, name="other/a.csv").body["dataset"] == "other"
    assert check(HEAD + GOOD, name="photo.jpg").body["problem"]["code"] == "unsupported_extension"
    assert check(HEAD + GOOD, name="sales_by_day/a.csv").body["problem"]["code"] == "dataset_clash"


def test_without_dataset_and_name_types_are_inferred(check: Any) -> None:
    body = check("a,b\n1,x\n").body
    assert (body["dataset"], body["columns"]) == ("default", {"a": "integer", "b": "string"})


def test_a_dataset_that_is_not_defined_is_refused_with_those_that_are(check: Any) -> None:
    answer = check(HEAD + GOOD, dataset="sails")
    assert (answer.status, answer.body["errors"][0]["parameter"]) == (400, "dataset")
    assert "sales" in answer.body["errors"][0]["message"]


@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress])
def test_a_packed_file_is_unpacked(check: Any, compress: Callable[[bytes], bytes]) -> None:
    assert check(compress((HEAD + GOOD * 3).encode()), dataset="sales").body["records"] == 3


def test_a_large_body_is_refused(check: Any) -> None:
    answer = check(HEAD + " " * (4 * 1024 * 1024))
    assert (answer.status, answer.body["code"]) == (413, "too_large")


def test_a_body_that_unpacks_to_very_much_is_refused(check: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation, "MOST_UNPACKED", 10_000)
    answer = check(gzip.compress((HEAD + GOOD * 1000).encode()), dataset="sales")
    assert (answer.status, answer.body["code"]) == (413, "too_large")


def test_nothing_is_stored(check: Any, pipeline: Any) -> None:
    check(HEAD + GOOD + BAD, name="sales/a.csv")
    assert pipeline.calls == []


def test_the_answer_is_that_of_ingest(check: Any, pipeline: Any) -> None:
    data = HEAD + GOOD * 2 + BAD
    record = pipeline.take_in("sales/a.csv", *data.splitlines())
    body = check(data, name="sales/a.csv").body
    assert (body["rows"], body["records"], body["rejected"]) == (record.rows, record.records, record.rejected)
    assert body["firstRejects"][0] == record.first_error.to_document()
