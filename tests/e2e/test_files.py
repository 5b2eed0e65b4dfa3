"""Files that come again, come broken, come under odd names."""

import csv
import io

import pytest


def test_a_replaced_file_replaces_its_share(pipeline, folder):
    pipeline.ingest(f"{folder}/a.csv", b"item,amount\nx,1\ny,2\n")
    pipeline.ingest(f"{folder}/b.csv", b"item,amount\nz,10\n")
    assert pipeline.report(folder)["totals"]["amount_sum"] == 13
    record = pipeline.ingest(f"{folder}/a.csv", b"item,amount\nx,100\n")
    report = pipeline.report(folder)
    assert (report["rows"], report["files"], report["totals"]["amount_sum"]) == (2, 2, 110)
    assert pipeline.processed(record)["records"] == [{"item": "x", "amount": 100}]


def test_a_replaced_file_leaves_the_periods_it_no_longer_has(pipeline):
    header = b"location,date,precipitation,temp_max,temp_min,wind,weather\n"
    pipeline.ingest("weather/atlantis.csv", header + b"Atlantis,1999-01-31,1.5,10,5,3,rain\n")
    assert pipeline.report("weather_by_month", "1999-01")["rows"] == 1
    pipeline.ingest("weather/atlantis.csv", header + b"Atlantis,1999-02-01,2.5,10,5,3,rain\n")
    assert pipeline.report("weather_by_month", "1999-01") is None
    assert pipeline.report("weather_by_month", "1999-02")["totals"]["rain"] == "2.5"
    pipeline.ingest("weather/atlantis.csv", header)


def test_the_same_bytes_again_change_nothing(pipeline, folder):
    data = b"item,amount\nx,1\ny,2\n"
    first = pipeline.ingest(f"{folder}/a.csv", data)
    before = pipeline.report(folder)
    again = pipeline.ingest(f"{folder}/a.csv", data)
    assert pipeline.report(folder) == before
    kept = ("status", "rows", "records", "rejected", "processed", "shares")
    assert {name: again[name] for name in kept} == {name: first[name] for name in kept}
    assert pipeline.processed(again)["records"] == [{"item": "x", "amount": 1}, {"item": "y", "amount": 2}]


def test_a_new_version_that_is_rejected_counts_as_empty(pipeline, folder):
    first = pipeline.ingest(f"{folder}/a.csv", b"item,amount\nx,1\n")
    assert pipeline.report(folder)["rows"] == 1
    record = pipeline.ingest(f"{folder}/a.csv", b"%PDF-1.7 something else")
    assert (record["status"], record["firstError"]["code"]) == ("rejected", "not_csv")
    assert pipeline.report(folder) is None
    assert not pipeline.exists("processed", first["processed"].removeprefix("processed/"))


def test_a_deleted_upload_takes_its_share_out(pipeline, folder):
    kept, gone = f"{folder}/kept.csv", f"{folder}/gone.csv"
    pipeline.ingest(kept, b"item,amount\nx,1\n")
    processed = pipeline.ingest(gone, b"item,amount\ny,10\n")["processed"]
    assert pipeline.report(folder)["totals"]["amount_sum"] == 11
    pipeline.delete(gone)
    pipeline.disappeared(gone)
    assert pipeline.report(folder)["totals"]["amount_sum"] == 1
    assert not pipeline.exists("processed", processed.removeprefix("processed/"))


def test_a_file_deleted_over_http_is_gone_with_its_upload_and_its_share(pipeline, folder):
    pipeline.ingest(f"{folder}/kept.csv", b"item,amount\nx,1\n")
    record = pipeline.ingest(f"{folder}/gone.csv", b"item,amount\ny,10\n")
    pipeline.blobs.get_blob_client("uploads", f"{folder}/gone.csv").create_snapshot()
    answers = [pipeline.ask("DELETE", f"files/{record['id']}") for _ in range(2)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 2
    assert pipeline.get(f"files/{record['id']}").json()["status"] == "deleted"
    assert not pipeline.exists("uploads", f"{folder}/gone.csv")
    assert not pipeline.exists("processed", record["processed"].removeprefix("processed/"))
    assert pipeline.report(folder)["totals"]["amount_sum"] == 1


def test_a_file_is_run_again_when_asked_for_and_counts_once(pipeline, folder, wait_until):
    record = pipeline.ingest(f"{folder}/a.csv", b"item,amount\nx,1\n")
    answer = pipeline.ask("POST", f"files/{record['id']}/reprocess")
    assert (answer.status_code, answer.json()["id"]) == (202, record["id"])
    again = wait_until(
        lambda: (found := pipeline.follow(answer.headers["location"]))["committed"] > record["committed"] and found,
        "the second run",
    )
    assert (again["status"], again["definition"]) == ("processed", record["definition"])
    assert pipeline.report(folder)["rows"] == 1


@pytest.mark.parametrize(("method", "path"), [("DELETE", "files/{}"), ("POST", "files/{}/reprocess")])
def test_what_changes_a_file_needs_the_key_and_a_file(pipeline, method, path):
    assert pipeline.ask(method, path.format("no-such-file"), key="").status_code == 401
    answer = pipeline.ask(method, path.format("no-such-file"))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("empty.csv", b"", "empty_file"),
        ("lines.csv", b"\n\r\n\n", "empty_file"),
        ("photo.jpg", b"a,b\n1,2\n", "unsupported_extension"),
        ("workbook.csv", b"PK\x03\x04\x14\x00", "not_csv"),
        ("binary.csv", b"a,b\n1,\x00\n", "not_csv"),
        ("latin.csv", b"a,b\n1,caf\xe9\n", "encoding"),
        ("twice.csv", b"a,b,a\n1,2,3\n", "duplicate_column"),
        ("open.csv", b'a,b\n1,"never closed\n2,3\n', "unterminated_quote"),
    ],
)
def test_a_file_that_is_no_good_is_rejected_at_once_with_its_reason(pipeline, folder, name, data, code):
    record = pipeline.ingest(f"{folder}/{name}", data)
    assert (record["status"], record["firstError"]["code"], record["attempts"]) == ("rejected", code, 1)
    assert record["firstError"]["message"]
    assert record["processed"] is None
    assert record["rejectedFile"] is None


def test_a_rejected_file_can_be_mended_and_uploaded_again(pipeline, folder):
    record = pipeline.ingest(f"{folder}/a.csv", b"item,amount\nx,1\ny\nz,3\n")
    assert (record["rows"], record["records"], record["rejected"]) == (3, 2, 1)
    (row,) = csv.DictReader(io.StringIO(pipeline.rejected(record)))
    assert (row["_line"], row["_code"], row["item"]) == ("3", "too_few_fields", "y")
    mended = pipeline.ingest(f"{folder}/a-mended.csv", f"item,amount\n{row['item']},2\n".encode())
    assert mended["rejected"] == 0
    assert pipeline.report(folder)["totals"]["amount_sum"] == 6


@pytest.mark.parametrize(
    "name",
    ["with space.csv", "100%.csv", "a#b.csv", "a+b&c=d.csv", "what?.csv", "[x]*.csv", "über/naïve ☕.csv", "q'.csv"],
)
def test_names_are_names_like_any_other(pipeline, folder, name):
    record = pipeline.ingest(f"{folder}/{name}", b"item,amount\nx,1\n")
    assert record["status"] == "processed"
    assert record["processed"] == f"processed/{folder}/{name.removesuffix('.csv')}.json"
    assert pipeline.processed(record)["source"] == f"uploads/{folder}/{name}"
    assert pipeline.get(f"files/{record['id']}").json()["name"] == f"{folder}/{name}"


def test_uploads_of_one_stem_do_not_share_an_output(pipeline, folder):
    records = [
        pipeline.ingest(f"{folder}/{name}", b"a\tb\n1\t2\n") for name in ("x.csv", "x.tsv", "x.tsv.csv", "x.txt")
    ]
    assert len({record["processed"] for record in records}) == len(records)


def test_a_file_outside_of_any_folder_belongs_to_the_dataset_default(pipeline):
    record = pipeline.ingest("loose.csv", b"item,amount\nx,1\n")
    assert record["dataset"] == "default"
    assert pipeline.report("default")["rows"] >= 1
