"""One version of a file to its outputs: all rows accounted for, and nothing left by a file that is no good."""

import datetime as dt
import io

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.definitions.model import Column, Metric, Report
from shared.ingest.shares import MAX_SHARES
from shared.names import file_id

DAILY = Report("daily", "sales", "day", "at", ("region",), (Metric("orders", "count"), Metric("sum", "sum", "n")))
COLUMNS = (Column("at", "datetime"), Column("region", "string"), Column("n", "integer"))


def test_rows_are_records_and_rejects(process_file):
    result = process_file("a,b\n1,2\n3\n4,5,6\n\n7,8\n")
    outcome = result.outcome
    assert (outcome.rows, outcome.records, outcome.rejected) == (4, 2, 2)
    assert (result.document["record_count"], result.document["rejected_count"]) == (2, 2)


@pytest.mark.parametrize("chunk", [1, 10, 64])
def test_the_size_of_chunks_changes_nothing(process_file, chunk):
    rows = [f'{number},"line {number}\nnext",{"x" if number % 5 == 0 else number}\n' for number in range(30)]
    text = "id,text,n\n" + "".join(rows) + "1,2\n"
    columns = (Column("id", "integer", unique=True), Column("text", "string"), Column("n", "integer"))
    whole, cut = process_file(text, *columns), process_file(text, *columns, chunk=chunk)
    assert cut.outputs.documents == whole.outputs.documents
    assert cut.outcome == whole.outcome


def test_a_later_refusal_takes_away_what_an_earlier_version_left(process_file, outputs):
    process_file("a,b\n1,2\n3\n", outputs=outputs)
    assert len(outputs.documents) == 2
    process_file('a,b\n1,"2\n', outputs=outputs)
    assert not outputs.documents


def test_a_file_found_bad_at_its_end_leaves_nothing(process_file):
    result = process_file(b"a,b\n" + b"1,2\n" * 1000 + b"\xff", chunk=100)
    assert (result.error.code, result.error.line) == ("encoding", 1002)
    assert not result.outputs.documents


@pytest.mark.parametrize(
    ("bad", "allowed", "refused"),
    [(29, 0.29, False), (30, 0.29, True), (0, 0.0, False), (1, 0.0, True), (100, 1.0, False)],
)
def test_a_file_is_refused_above_its_share_of_rejects_and_not_at_it(process_file, bad, allowed, refused):
    text = "n\n" + "x\n" * bad + "1\n" * (100 - bad)
    outcome = process_file(text, Column("n", "integer"), max_rejected=allowed).outcome
    assert outcome.refused is refused


def test_too_many_rejects_say_how_many_and_which_was_first(process_file):
    result = process_file("n\n1\nx\ny\n", Column("n", "integer"), max_rejected=0.5)
    assert (result.error.code, result.error.line, result.error.column) == ("too_many_rejects", 3, "n")
    assert result.error.message.startswith(
        "2 of 3 rows are bad, more than max_rejected = 0.5 allows. The first: line 3:"
    )
    assert (result.outcome.rows, result.outcome.records, result.outcome.rejected) == (3, 0, 3)
    assert result.outcome.codes == {"type": 2}
    assert not result.outputs.documents


def test_max_rejected_of_a_file_without_rows_is_not_exceeded(process_file):
    assert not process_file("n\n", Column("n", "integer"), max_rejected=0.0).outcome.refused


@pytest.mark.parametrize("name", ["a/b.xlsx", "a/b", "a/b.json", "a/b.gz"])
def test_an_unsupported_extension_is_refused_and_the_neighbours_keep_their_outputs(process_file, outputs, name):
    for neighbour in ("a/b.csv", f"{name}.csv"):
        process_file("a,b\n1,2\n3\n", name=neighbour, outputs=outputs)
    before = dict(outputs.documents)
    result = process_file("a,b\n1,2\n", name=name, outputs=outputs)
    assert result.error.code == "unsupported_extension"
    assert outputs.documents == before


def test_a_file_above_the_limit_is_refused_unread(process_file):
    assert not process_file("a\n1\n", max_bytes=4).outcome.refused
    result = process_file("a\n12\n", max_bytes=4)
    assert result.error.code == "too_large"
    assert "5 bytes" in result.error.message


def test_a_share_of_each_report_is_kept_per_period(process_file):
    text = "at,region,n\n2026-11-20T10:00:00,north,1\n2026-11-21T10:00:00,north,2\n2026-11-20T11:00:00,north,3\n"
    result = process_file(text, *COLUMNS, reports=(DAILY,))
    assert result.outcome.shares == ("daily/2026-11-20", "daily/2026-11-21")
    assert sorted(result.outputs.partials) == [
        f"daily/{day}/{file_id('a/b.csv')}.1.parquet" for day in ("2026-11-20", "2026-11-21")
    ]
    states = pl.read_parquet(io.BytesIO(result.outputs.partials[f"daily/2026-11-20/{file_id('a/b.csv')}.1.parquet"]))
    assert states.select("by:region", "rows:", "sum:n").rows() == [("north", 2, 4)]


def test_rejected_rows_have_no_share(process_file):
    text = "at,region,n\n2026-11-20T10:00:00,north,x\n2026-11-21T10:00:00,north,2\n"
    assert process_file(text, *COLUMNS, reports=(DAILY,)).outcome.shares == ("daily/2026-11-21",)


def test_shares_do_not_depend_on_blocks(process_file):
    text = "at,region,n\n" + "".join(f"2026-11-{1 + i % 3:02}T10:00:00,r{i % 2},{i}\n" for i in range(200))
    whole, cut = (process_file(text, *COLUMNS, reports=(DAILY,), chunk=chunk) for chunk in (1 << 20, 50))
    for name, data in whole.outputs.partials.items():
        frames = [pl.read_parquet(io.BytesIO(d)).sort("by:region") for d in (data, cut.outputs.partials[name])]
        assert frames[0].select(sorted(frames[0].columns)).equals(frames[1].select(sorted(frames[0].columns)))


def test_a_file_of_more_periods_than_a_record_can_name_is_refused(process_file):
    start = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    days = [(start + dt.timedelta(days=number)).isoformat() for number in range(MAX_SHARES + 1)]
    result = process_file("at,region,n\n" + "".join(f"{day},x,1\n" for day in days), *COLUMNS, reports=(DAILY,))
    assert result.error.code == "too_many_periods"
    assert "5,001 periods" in result.error.message
    assert not result.outputs.documents
    assert not result.outputs.partials


csv_like = st.lists(
    st.sampled_from(
        [b"a", b"b", b"1", b"2.5", b"\xc3\xa4", b",", b",", b"\n", b"\n", b"\r", b'"', b'"', b";", b"\x00"]
    ),
    max_size=60,
).map(b"".join)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=40) | csv_like | csv_like.map(lambda data: b"a,b\n" + data), st.sampled_from([1, 5, 1000]))
def test_any_bytes_end_in_an_outcome_and_never_in_an_exception(process_file, data, chunk):
    whole = process_file(data, delimiter=",")
    assert process_file(data, delimiter=",", chunk=chunk).outcome == whole.outcome
    checked = process_file(data, Column("a", "integer", unique=True), Column("b", "decimal", scale=1), chunk=chunk)
    assert checked.outcome.rows == checked.outcome.records + checked.outcome.rejected
