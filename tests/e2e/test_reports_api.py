"""Reports as callers ask for them, over the samples; and every command of docs/api.md, with what it prints."""

import csv
import io
import re
import subprocess
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
COMMAND = re.compile(r"^\$ (curl.*)\n((?:(?!\$ |```).*\n)*)", re.MULTILINE)


@pytest.fixture(scope="module", autouse=True)
def reports(pipeline, oracle):
    """The samples are uploaded, and the reports show them."""
    etags = {sample.name: pipeline.upload(sample.name, sample.content) for sample in oracle.samples()}
    for name, etag in etags.items():
        pipeline.settled(name, etag)
    pipeline.report("weather_by_month", "2015-12")


def ask(pipeline, path, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers["x-functions-key"] = pipeline.stack.key() or ""
    return requests.get(f"{pipeline.stack.host_url}/api/reports/{path}", headers=headers, timeout=30)


@pytest.mark.parametrize(("command", "output"), COMMAND.findall(DOCUMENT), ids=lambda text: text[:80])
def test_a_command_of_the_document_prints_what_is_shown(pipeline, looks_like, command, output):
    here = command.replace("http://127.0.0.1:7071", pipeline.stack.host_url)
    here = here.replace("curl -s", f"curl -s -H 'x-functions-key: {pipeline.stack.key()}'", 1)
    printed = subprocess.run(here, shell=True, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    shown = printed.replace(pipeline.stack.host_url, "http://127.0.0.1:7071").replace("\r\n", "\n")
    looks_like(shown.strip() + "\n", output)


def test_rows_are_filtered_and_ordered(pipeline):
    found = ask(pipeline, "weather_by_month?location=Seattle&orderby=-warmest&top=5").json()["value"]
    assert {row["location"] for row in found} == {"Seattle"}
    assert [row["warmest"] for row in found] == sorted((row["warmest"] for row in found), reverse=True)


def test_links_lead_through_all_rows_in_order(pipeline):
    rows, answer = [], ask(pipeline, "weather_by_month?orderby=-rain&top=30").json()
    while True:
        rows += answer["value"]
        if "nextLink" not in answer:
            break
        answer = pipeline.follow(answer["nextLink"])
    assert len(rows) == len({(row["period"], row["location"]) for row in rows}) == 96
    assert [float(row["rain"]) for row in rows] == sorted((float(row["rain"]) for row in rows), reverse=True)


def test_rolled_up_rows_add_up_to_what_is_there(pipeline):
    (total,) = ask(pipeline, "weather_by_month?by=all").json()["value"]
    cities = ask(pipeline, "weather_by_month?by=location").json()["value"]
    assert total["days"] == sum(row["days"] for row in cities) == 2922


def test_csv_is_what_a_csv_reader_reads(pipeline):
    answer = ask(pipeline, "weather_by_month?format=csv&bom=true&top=3")
    assert answer.headers["content-type"].startswith("text/csv")
    assert 'rel="next"' in answer.headers["link"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    expected = ask(pipeline, "weather_by_month?top=3").json()["value"]
    assert rows == [{name: str(value) for name, value in row.items()} for row in expected]


@pytest.mark.parametrize("path", ["", "weather_by_month", "weather_by_month?by=year", "weather_by_month/2015-12"])
def test_what_has_not_changed_is_not_sent_again(pipeline, path):
    first = ask(pipeline, path)
    again = ask(pipeline, path, If_None_Match=first.headers["etag"])
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_what_nobody_here_can_write_is_not_acceptable(pipeline):
    assert ask(pipeline, "weather_by_month", Accept="image/png").status_code == 406
