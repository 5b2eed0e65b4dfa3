"""The codes for which rows and files are rejected are a contract: each is explained in docs/csv.md."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
GIVEN = re.compile(r'(?:because|Problem|Reject|Check|add|_refused?)\(\s*"([a-z_]+)",|code = "(dataset_clash)"')
NOT_OF_FILES = {"internal", "unavailable"}  # faults of the platform, in records of files that wait or were given up


def codes_in(paths):
    return {code for path in paths for match in GIVEN.findall(path.read_text()) for code in match if code}


def test_every_code_is_explained_and_every_one_explained_is_given():
    given = codes_in((ROOT / "shared" / "ingest").glob("*.py"))
    tables = [line for line in (ROOT / "docs" / "csv.md").read_text().splitlines() if line.startswith("| `")]
    explained = {code for line in tables for code in re.findall(r"`([a-z_]+)`", line.split("|")[1])}
    assert given - NOT_OF_FILES == explained
