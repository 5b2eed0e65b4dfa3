"""How much the properties of ingest are tried: a few fixed cases in `make test`, as many as wanted in `make fuzz`.

`HYPOTHESIS_PROFILE=fuzz` tries FUZZ_EXAMPLES random cases of each property (5,000 where it is not set) and keeps those
that fail in `.hypothesis/`, to be tried first the next time. Without it the cases are the same in every run.
"""

import csv
import dataclasses
import io
import os
from collections.abc import Callable
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings

from shared.errors import Problem
from shared.ingest import text

SNIFFED = 16  # bytes, so that small files come in several pieces too; signatures are no longer
QUIET = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
}
settings.register_profile("bounded", max_examples=30, derandomize=True, **QUIET)
settings.register_profile("fuzz", max_examples=int(os.environ.get("FUZZ_EXAMPLES", "5000")), **QUIET)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "bounded"))


@dataclasses.dataclass(frozen=True)
class Answer:
    """All that a file became, in a form that can be compared."""

    refused: Problem | None
    records: tuple[dict[str, object], ...] = ()
    rejects: tuple[tuple[int, str, tuple[str, ...]], ...] = ()  # line, code, the fields as they were
    first: Problem | None = None


@pytest.fixture
def answer(process_file) -> Callable[..., Answer]:
    """Process a file, and see that its rows are accounted for wherever they are counted."""

    def run(*args: object, **kwargs: object) -> Answer:
        with patch.object(text, "SNIFFED", SNIFFED):
            result = process_file(*args, **kwargs)
        outcome = result.outcome
        assert outcome.rows == outcome.records + outcome.rejected
        if outcome.refused:
            assert (outcome.records, result.outputs.documents, result.outputs.partials) == (0, {}, {})
            return Answer(result.error)
        document = result.document
        rejects = _rejects(result.rejected_text) if outcome.rejected else ()
        counted = (document["record_count"], document["rejected_count"])
        assert counted == (outcome.records, outcome.rejected) == (len(document["records"]), len(rejects))
        return Answer(None, tuple(document["records"]), rejects, outcome.first_error)

    return run


def _rejects(document: str) -> tuple[tuple[int, str, tuple[str, ...]], ...]:
    """The rows of a rejected file, which has the delimiter of its source."""
    rows = csv.reader(io.StringIO(document, newline=""), delimiter=document[len("_line")])
    next(rows)
    return tuple((int(line), code, tuple(fields)) for line, _, code, _, *fields in rows)
