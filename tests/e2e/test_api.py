"""The HTTP surface: keys, shapes, answers to what does not exist."""

import pytest
import requests


@pytest.mark.parametrize(
    "path", ["reports", "reports/none", "reports/none/2026", "files", "files/none", "datasets", "datasets/weather"]
)
@pytest.mark.parametrize("key", ["", "wrong"])
def test_data_is_for_those_who_have_the_key(pipeline, path, key):
    assert pipeline.get(path, key=key).status_code == 401


def test_the_key_may_come_as_a_parameter(pipeline):
    answer = pipeline.get("datasets", key="", code=pipeline.stack.key())
    assert answer.status_code == 200


@pytest.mark.parametrize(("path", "status"), [("health", "alive"), ("ready", "ready")])
def test_health_needs_no_key(pipeline, path, status):
    answer = pipeline.get(path, key="")
    assert (answer.status_code, answer.json()) == (200, {"status": status})


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("reports/nothing", "no report 'nothing'"),
        ("reports/nothing/2026-11", "no report 'nothing'"),
        ("reports/weather_by_month/1812-06", "no period '1812-06'"),
        ("files/nothing", "no file 'nothing'"),
        ("datasets/nothing", "no definition of a dataset 'nothing'"),
    ],
)
def test_what_is_not_there_is_a_problem_document(pipeline, path, says):
    answer = pipeline.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    body = answer.json()
    assert {"type", "title", "status", "detail", "instance", "code", "errors", "traceId"} == set(body)
    assert answer.headers["X-Trace-Id"] == body["traceId"]
    assert (body["status"], body["code"], body["instance"]) == (404, "not_found", f"/api/{path}")
    assert says in body["detail"]


@pytest.mark.parametrize(
    ("parameters", "says"),
    [({"top": 0}, "top"), ({"top": "ten"}, "top"), ({"cursor": "§"}, "cursor"), ({"region": "north"}, "region: ")],
)
def test_a_request_that_makes_no_sense_is_told_what_is_wrong(pipeline, parameters, says):
    answer = pipeline.get("reports/weather_by_month", **parameters)
    assert answer.status_code == 400
    assert says in answer.json()["detail"]


def test_a_definition_is_shown_as_understood(pipeline):
    shown = pipeline.get("datasets/weather").json()
    assert shown["columns"]["precipitation"] == {"type": "decimal", "min": "0.0", "scale": 1}
    assert shown["timeZone"] == "UTC"
    assert [report["name"] for report in shown["reports"]] == ["weather_by_month"]
    assert shown["reports"][0]["metrics"]["rain"] == "sum(precipitation)"


def test_a_resource_that_has_not_changed_is_not_sent_again(pipeline):
    first = pipeline.get("datasets")
    headers = {"x-functions-key": pipeline.stack.key(), "If-None-Match": first.headers["etag"]}
    again = requests.get(f"{pipeline.stack.host_url}/api/datasets", headers=headers, timeout=30)
    assert (again.status_code, again.content) == (304, b"")


def test_files_come_newest_first_and_page_by_page(pipeline, folder):
    for name in ("a", "b", "c"):
        pipeline.ingest(f"{folder}/{name}.csv", b"item,amount\nx,1\n")
    names, link = [], f"{pipeline.stack.host_url}/api/files?top=2"
    while link and len(names) < 3:
        page = pipeline.follow(link)
        assert len(page["value"]) <= 2
        names += [record["name"] for record in page["value"]]
        link = page.get("nextLink")
    assert names[:3] == [f"{folder}/{name}.csv" for name in ("c", "b", "a")]
