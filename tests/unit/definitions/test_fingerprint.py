"""The hash of a definition: the same for the same meaning, another one for another."""

import re
import subprocess
import sys

import pytest

from shared.definitions.catalog import Definitions
from shared.definitions.model import Dataset
from shared.definitions.parse import load, parse


def fingerprint(text: str, name: str = "meter-readings") -> str:
    definitions = parse(text, "datasets.toml")
    dataset = definitions.dataset(name)
    assert dataset
    return definitions.fingerprint(dataset)


@pytest.fixture
def text(fixtures) -> str:
    return (fixtures / "every_key.toml").read_text()


def test_it_is_short_and_hexadecimal(text):
    assert re.fullmatch("[0-9a-f]{16}", fingerprint(text))


def test_it_does_not_change_from_one_process_to_the_next(fixtures):
    code = (
        "import pathlib, sys; from shared.definitions.parse import load; definitions = load(pathlib.Path(sys.argv[1]));"
        "print(definitions.fingerprint(definitions.datasets[0]))"
    )
    path = fixtures / "every_key.toml"
    definitions = load(path)
    other = subprocess.check_output([sys.executable, "-c", code, path], text=True).strip()

    assert other == definitions.fingerprint(definitions.datasets[0])


def test_it_does_not_change_from_one_release_to_the_next_without_a_reason(fixtures):
    """A new value here means that every file in production is read again. Change it knowingly."""
    definitions = load(fixtures / "design_example.toml")

    assert definitions.fingerprint(definitions.datasets[0]) == "7f6f5f8404afafa2"


def test_another_way_to_write_the_same_does_not_change_it(fixtures, text):
    assert fingerprint((fixtures / "every_key_rewritten.toml").read_text()) == fingerprint(text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('delimiter     = ";"', 'delimiter     = "auto"'),
        ('encoding      = "Windows-1252"', 'encoding = "utf-8"'),
        ('["NA", "-"]', '["NA"]'),
        ('extra_columns = "keep"', 'extra_columns = "ignore"'),
        ("max_rejected  = 0.25", "max_rejected = 0.2"),
        ('"Europe/Berlin"', '"Europe/Paris"'),
        ("required = true, ", ""),
        (", unique = true", ""),
        ('one_of = ["a1", "b2"]', 'one_of = ["a1"]'),
        (r"'^[ab]\d$'", r"'^[abc]\d$'"),
        ("max_length = 2", "max_length = 3"),
        ("min = -3", "min = -4"),
        ("max = 2.5", "max = 2.6"),
        ("min = 0.1,", "min = 0.101,"),
        ("scale = 3", "scale = 4"),
        ("min = 2026-01-01,", "min = 2026-01-02,"),
        ("min = 2026-01-01T06:00:00,", "min = 2026-01-01T06:00:01,"),
        ('format = "%d.%m.%Y" }', 'format = "%m.%d.%Y" }'),
        ('valid    = { type = "boolean" }', 'valid    = { type = "string" }'),
        ('valid    = { type = "boolean" }', 'valid    = { type = "boolean" }\nnote = { type = "string" }'),
        ('time     = "read_at"\nperiod   = "hour"', 'time     = "read_on"\nperiod   = "day"'),
        ('period   = "hour"', 'period   = "day"'),
        ('["meter", "valid"]', '["valid", "meter"]'),
        ('["meter", "valid"]', '["meter"]'),
        ('"sum(count)"', '"max(count)"'),
        ('"sum(count)"', '"sum(price)"'),
        ('"p95(load)"', '"p96(load)"'),
        ("total     =", "sum_of_all ="),
        ("reports.load_by_hour", "reports.load_by_the_hour"),
    ],
)
def test_a_change_of_meaning_changes_it(text, old, new):
    assert old in text
    changed = text.replace(old, new)

    assert fingerprint(changed) != fingerprint(text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('files = "inbox/**"', 'files = "in/**"\ndelimiter = "|"'),
        ('metrics = { files_rows = "count" }', 'metrics = { n = "count" }'),
    ],
    ids=["dataset", "report"],
)
def test_a_change_of_another_dataset_does_not_change_it(text, old, new):
    assert old in text

    assert fingerprint(text.replace(old, new)) == fingerprint(text)


def test_the_order_of_reports_does_not_change_it(text):
    report = '[reports.{}]\ndataset = "meter-readings"\nmetrics = {{ n = "count" }}\n'
    one, other = report.format("one"), report.format("other")

    assert fingerprint(f"{text}\n{one}{other}") == fingerprint(f"{text}\n{other}{one}")


def test_a_value_said_twice_does_not_change_it(text):
    twice = text.replace('["NA", "-"]', '["NA", "-", "NA"]').replace('["a1", "b2"]', '["a1", "b2", "a1"]')

    assert fingerprint(twice) == fingerprint(text)


def test_a_wider_pattern_does_not_change_what_becomes_of_the_files_it_had(text):
    assert fingerprint(text.replace('"meters/*.csv"', '"meters/**"')) == fingerprint(text)


def test_datasets_without_a_definition_differ_by_name():
    definitions = Definitions()

    assert definitions.fingerprint(Dataset(name="a")) != definitions.fingerprint(Dataset(name="b"))
