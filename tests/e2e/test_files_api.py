"""Files over HTTP as a script would use them: ask first, upload without a storage key, look at what was rejected."""

import csv
import io

import pytest
import requests

HEAD = "item,amount\n"
BAD = "x,1\ny\nz,3,4\n"


@pytest.fixture
def post(pipeline):
    """POST below /api, with the function key."""

    def post(path, **request):
        headers = {"x-functions-key": pipeline.stack.key()}
        return requests.post(f"{pipeline.stack.host_url}/api/{path}", headers=headers, timeout=30, **request)

    return post


@pytest.fixture
def upload(pipeline, post):
    """Upload a file to the address that the API gives out, and wait for its record."""

    def upload(name, data):
        wanted = post("uploads", json={"name": name}).json()
        sent = requests.request(wanted["method"], wanted["url"], data=data, headers=wanted["headers"], timeout=30)
        assert sent.status_code == 201
        return pipeline.settled(name, sent.headers["etag"])

    return upload


def test_a_file_is_uploaded_without_a_key_of_the_storage_account(upload, pipeline, folder):
    record = upload(f"{folder}/a b#1.csv", HEAD + "x,1\n")
    assert (record["status"], record["records"]) == ("processed", 1)
    replaced = upload(record["name"], HEAD + "x,1\ny,2\n")
    assert (replaced["id"], replaced["records"]) == (record["id"], 2)


def test_rejected_rows_are_looked_at_mended_and_uploaded_again(upload, pipeline, folder):
    record = upload(f"{folder}/a.csv", HEAD + "w,0\n" * 10 + BAD)
    path = f"files/{record['id']}/rejected"
    first = pipeline.get(path, top=1).json()
    second = pipeline.follow(first["nextLink"])
    assert [row["line"] for row in first["value"] + second["value"]] == [13, 14]
    assert (first["value"][0]["fields"], second["value"][0]["rest"]) == ({"item": "y"}, ["4"])
    assert "nextLink" not in second
    answer = pipeline.get(path, format="csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="a.csv"'
    rows = list(csv.reader(io.StringIO(answer.text)))
    mended = "".join(",".join((*row[4:], "0")[:2]) + "\n" for row in rows)
    assert upload(f"{folder}/mended.csv", mended)["rejected"] == 0


def test_files_are_listed_by_dataset_and_status(upload, pipeline, folder):
    upload(f"{folder}/good.csv", HEAD + "x,1\n")
    upload(f"{folder}/bad.csv", "")
    listed = {status: pipeline.get("files", dataset=folder, status=status).json()["value"] for status in
              ("processed", "rejected", "failed")}  # fmt: skip
    names = {status: [record["name"] for record in records] for status, records in listed.items()}
    assert names == {"processed": [f"{folder}/good.csv"], "rejected": [f"{folder}/bad.csv"], "failed": []}


def test_a_file_is_checked_before_it_is_uploaded_and_leaves_nothing(post, pipeline, folder):
    name = f"{folder}/a.csv"
    answer = post("validate", params={"name": name}, data=HEAD + BAD)
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["dataset"], shown["rows"], shown["rejected"], shown["problem"]) == (folder, 3, 2, None)
    assert [reject["code"] for reject in shown["firstRejects"]] == ["too_few_fields", "too_many_fields"]
    assert pipeline.record(name) is None
    assert not pipeline.exists("uploads", name)


def test_a_file_is_checked_against_a_definition(post, root):
    data = (root / "samples" / "uploads" / "weather" / "seattle-2012.csv").read_bytes()
    shown = post("validate", params={"dataset": "weather"}, data=data).json()
    assert (shown["dataset"], shown["rejected"], shown["columns"]["precipitation"]) == ("weather", 0, "decimal")
