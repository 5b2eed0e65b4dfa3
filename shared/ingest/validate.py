"""A dry run of a file that comes with its question: the app's own ingest over memory, and nothing is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shared.definitions.catalog import Definitions
from shared.definitions.errors import DatasetClashError
from shared.definitions.model import Dataset
from shared.errors import BadRequest, Mistake, Problem, TooLarge
from shared.ingest.nowhere import Nowhere
from shared.ingest.outcome import Outcome
from shared.ingest.process import Job, process
from shared.ingest.upload import Version

UNNAMED = "upload.csv"
MOST_UNPACKED = 64 * 1024 * 1024  # bytes: a small body must not keep an instance busy for minutes


@dataclass(frozen=True, slots=True)
class MemoryUpload:
    """An upload whose bytes are at hand."""

    name: str
    data: bytes

    def version(self) -> Version:
        """The only one."""
        return Version(f'"{hashlib.sha256(self.data).hexdigest()[:16]}"', len(self.data))

    def chunks(self, version: Version) -> Iterator[bytes]:  # noqa: ARG002 - there is no other
        """All bytes at once."""
        if self.data:
            yield self.data


@dataclass(frozen=True, slots=True)
class Validation:
    """What would become of a file."""

    dataset: str
    outcome: Outcome

    def shown(self) -> dict[str, Any]:
        """As the API shows it."""
        outcome = self.outcome
        problem = outcome.first_error if outcome.refused else None
        return {
            "dataset": self.dataset,
            "rows": outcome.rows,
            "records": outcome.records,
            "rejected": outcome.rejected,
            "columns": {field.name: field.type for field in outcome.fields},
            "firstRejects": [reject.to_document() for reject in outcome.first_rejects],
            "problem": problem.to_document() if problem else None,
        }


@dataclass(frozen=True, slots=True)
class Validate:
    """Checks files against the definitions."""

    definitions: Definitions

    def validate(self, data: bytes, dataset: str | None, name: str | None) -> Validation:
        """What would become of these bytes in a dataset, or under a name. Without either, types are inferred.

        Raises BadRequest where there is no such dataset, TooLarge where more is packed in the bytes than is looked at.
        """
        name = name or UNNAMED
        try:
            wanted = self._defined(dataset) if dataset else self.definitions.dataset_of(name)
        except DatasetClashError as clash:
            return Validation(clash.name, Outcome(first_error=Problem("dataset_clash", str(clash)), refused=True))
        upload = MemoryUpload(name, data)
        job = Job(upload, upload.version(), wanted, self.definitions.reports_of(wanted), 1, MOST_UNPACKED)
        outcome = process(job, Nowhere())
        if outcome.first_error and outcome.first_error.code == "too_large":
            raise TooLarge(f"There are more than {MOST_UNPACKED:,} bytes in the body when it is unpacked.")
        return Validation(wanted.name, outcome)

    def _defined(self, name: str) -> Dataset:
        found = self.definitions.dataset(name)
        if found is None:
            names = ", ".join(dataset.name for dataset in self.definitions.datasets) or "there are none"
            mistake = f"is '{name}', and no dataset of this name is defined ({names}). Leave it away to infer types"
            raise BadRequest.because([Mistake("dataset", mistake)])
        return found
