"""The oracle, against small files whose truth is worked out by hand."""

import gzip
from decimal import Decimal

import pytest

from tests.chaos.oracle import Reject, truth

ORDERS = b"""id,day,region,customer,quantity,amount,weight,big,note
a,2026-03-01,north,x,2,1.50,1.0,9223372036854775807,
b,2026-03-01,north,y,3,2.5,3.0,9223372036854775807,NA
c,2026-03-02,,x,,,,,
a,2026-03-01,north,x,1,1,1,1,
d,2026-03-01,nowhere,x,1,1,1,1,
e,2026-03-01,north,x,0,1,1,1,
f,2026-02-30,north,x,1,1,1,1,
g,2026-03-01,north,x,1,1.001,1,1,
h,2026-03-01,north,x,1,1,1
,2026-03-01,north,x,1,1,1,1,
"""


@pytest.fixture(scope="module")
def orders():
    """A file of three good rows and six bad ones beside one that is good again, with a second file's row on top."""
    good = b"".join(b"g%d,2026-03-03,,,,,,,\n" % number for number in range(10))
    second = b"id,day,region,customer,quantity,amount,weight,big,note\nz,2026-03-01,south,,1,1,,2,\n"
    return truth({"orders/1.csv": ORDERS + good, "orders/2.csv": second})


def test_rejects_are_found_by_line_column_and_code(orders):
    assert orders.files["orders/1.csv"].rejects == (
        Reject(5, "id", "unique"),
        Reject(6, "region", "one_of"),
        Reject(7, "quantity", "min"),
        Reject(8, "day", "type"),
        Reject(9, "amount", "type"),
        Reject(10, "", "too_few_fields"),
        Reject(11, "id", "required"),
    )


def test_every_row_is_counted(orders):
    file = orders.files["orders/1.csv"]
    assert (file.status, file.rows, file.records, file.code, file.line) == ("processed", 20, 13, "unique", 5)


def test_documents_have_values_of_their_types_in_the_order_of_the_file(orders):
    document = orders.files["orders/1.csv"].documents[1]
    assert list(document) == ["id", "day", "region", "customer", "quantity", "amount", "weight", "big", "note"]
    assert (document["amount"], document["weight"], document["note"]) == (Decimal("2.50"), 3.0, "NA")


def test_files_add_up_in_a_report(orders):
    report = orders.reports["orders_by_day", "2026-03-01"]
    assert (report.rows, report.files) == (3, 2)
    assert report.totals["revenue"] == Decimal("5.00")
    assert report.groups["north",] == {
        "region": "north",
        "orders": 2,
        "priced": 2,
        "quantity": 5,
        "revenue": Decimal("4.00"),
        "least": Decimal("1.50"),
        "most": Decimal("2.50"),
        "mean": 2.0,
        "std": pytest.approx(2**0.5),
        "median": 1.0,
        "buyers": 2,
    }


def test_sums_go_past_64_bits(orders):
    assert orders.reports["orders_ever", "all"].totals["big"] == 2 * (2**63 - 1) + 2


def test_a_file_counts_in_the_periods_of_its_good_rows(orders):
    days = {f"orders_by_day/2026-03-0{day}" for day in (1, 2, 3)}
    assert orders.files["orders/1.csv"].pairs == days | {"orders_ever/all"}


def test_a_file_of_mostly_bad_rows_counts_for_nothing():
    found = truth({"orders/1.csv": ORDERS})
    file = found.files["orders/1.csv"]
    assert (file.status, file.rows, file.records, file.code, file.line) == ("rejected", 10, 0, "too_many_rejects", 5)
    assert found.reports == {}


def test_quoted_rows_keep_their_lines():
    header = b"id,day,region,customer,quantity,amount,weight,big,note\n"
    rows = b'a,2026-03-01,,"x\ny",,,,,"a ""b"", c"\nb,2026-03-01,north,,,,,,\nc,,,,,,,,\n'
    file = truth({"orders/1.csv": header + rows}).files["orders/1.csv"]
    assert file.rejects == (Reject(5, "day", "required"),)
    assert file.documents[0]["note"] == 'a "b", c'


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("orders/a.png", b"id\n", "unsupported_extension"),
        ("orders/a.csv", b"", "empty_file"),
        ("orders/a.csv", b"id,day\n", "missing_column"),
        ("orders/a.csv", ORDERS.splitlines()[0] + b",more\n", "extra_column"),
        ("orders/a.csv", ORDERS + b"\0", "not_csv"),
        ("orders/a.csv", ORDERS + b"\xff", "encoding"),
        ("orders/a.csv.gz", gzip.compress(ORDERS)[:-9], "compression"),
    ],
)
def test_files_that_are_no_good_are_told_apart(name, data, code):
    file = truth({name: data}).files[name]
    assert (file.status, file.code, file.documents) == ("rejected", code, None)


def test_times_are_in_utc_and_rows_without_one_in_a_period_of_their_own():
    rows = b"2026-03-01T01:30:00+02:00,a,1\n2026-03-01T00:00:00.12Z,a,3\n2026-03-01T00:10:00,b,\n,a,5\n"
    found = truth({"readings/1.csv": b"time,sensor,value\n" + rows})
    assert {period: report.rows for (_, period), report in found.reports.items()} == {
        "2026-02-28T23": 1,
        "2026-03-01T00": 2,
        "none": 1,
    }


def test_columns_without_a_definition_are_numbers_only_where_every_value_is_one():
    files = {"plain/1.csv": b"item,amount,price\nx,1,1.50\n,2,\n", "plain/2.csv": b"item,amount,price\nx,n/a,2\n"}
    found = truth(files)
    totals = found.reports["plain", "all"].totals
    assert (totals["rows"], totals["amount_sum"], totals["price_sum"]) == (3, 3, 3.5)
    assert [str(document["price"]) for document in found.files["plain/1.csv"].documents] == ["1.50", "None"]
    assert found.files["plain/2.csv"].documents[0]["amount"] == "n/a"
