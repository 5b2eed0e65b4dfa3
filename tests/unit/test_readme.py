"""Commands and snippets of the documents work as they stand there. What needs the stack is in tests/e2e."""

import re
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from shared.definitions.model import Column, ColumnType, Dataset, MetricFunction, Period, Report
from shared.definitions.parse import parse

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)]+)\)")


def blocks(language):
    return [text for name, text in BLOCK.findall(README) if name == language]


def commands(text):
    """The commands of a console block, each with the output that is shown under it."""
    parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


COMMANDS = [command for text in blocks("console") for command in commands(text)]
LOCAL_COMMANDS = [(c, out) for c, out in COMMANDS if not c.startswith("curl") and "smoke" not in c]


@pytest.mark.parametrize(("command", "output"), LOCAL_COMMANDS, ids=[c for c, _ in LOCAL_COMMANDS])
def test_a_command_of_the_readme_prints_what_is_shown(command, output, looks_like):
    printed = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    looks_like(printed, output)


def test_the_make_targets_of_the_readme_exist():
    targets = [line.split()[1] for text in blocks("sh") for line in text.splitlines()]
    assert targets == ["run", "test"]
    for target in targets:
        subprocess.run(["make", "-n", target], cwd=ROOT, check=True, capture_output=True)


def test_the_output_at_the_top_is_what_the_app_makes_of_that_file(tmp_path):
    command = [
        ".venv/bin/python", "-m", "devstack", "check", "samples/uploads/earthquakes/2018-02-06-with-mistakes.csv",
        "--as", "earthquakes/x.csv", "--out", str(tmp_path),
    ]  # fmt: skip
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (record,), (reject,) = blocks("json"), blocks("csv")
    assert record.strip() in (tmp_path / "processed/earthquakes/x.json").read_text()
    assert reject in (tmp_path / "rejected/earthquakes/x.csv").read_text()


def test_the_definitions_of_the_readme_are_valid():
    (text,) = blocks("toml")
    assert parse(text, "README.md").report("sales_by_region")


@pytest.mark.parametrize("document", [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")], ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    links = [link for link in LINK.findall(document.read_text(encoding="utf-8")) if not link.startswith("http")]
    assert [link for link in links if not leads_somewhere(document, link)] == []


def leads_somewhere(document, link):
    path, _, heading = link.partition("#")
    target = document.parent / path if path else document
    return target.exists() and (not heading or heading in anchors(target.read_text(encoding="utf-8")))


def anchors(text):
    """What the headings of a document are called in links."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_modules_that_the_readme_names_exist():
    named = re.findall(r"`((?:blueprints|shared|devstack|infra|docs|samples)/[\w./]*)`", README)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_readme_says_what_lies_in_every_folder():
    known = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    folders = {path.split("/")[0] + "/" for path in known if "/" in path}
    listing = README.split("## What lies where")[1].split("\n## ")[0]
    named = set(re.findall(r"`([^`]+)`", listing))
    assert [name for name in named if not (ROOT / name).exists()] == []
    assert folders - named == set()


def test_every_setting_is_explained():
    example = (ROOT / "local.settings.json.example").read_text()
    names = set(re.findall(r'^    "(\w+)":', example, re.MULTILINE)) - {"FUNCTIONS_WORKER_RUNTIME"}
    assert names
    explained = (ROOT / "docs" / "settings.md").read_text()
    assert [name for name in names if f"`{name}`" not in explained] == []


def test_every_key_of_the_definitions_is_explained():
    explained = set(re.findall(r"`(\w+)", (ROOT / "docs" / "datasets.md").read_text()))
    keys = {field.name for kind in (Dataset, Column, Report) for field in fields(kind)} - {"columns", "type"}
    words = {word for kind in (ColumnType, MetricFunction, Period) for word in get_args(kind.__value__)}
    words = words - {"percentile"} | {"p01", "p99"}
    assert (keys | words) - explained == set()
