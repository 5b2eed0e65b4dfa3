"""The app's errors: few, typed, each with a stable code, the input's name, the place and the remedy.

Three kinds, because three things can be done about them:

- `RejectedFile`: the file itself is no good. Final, kept in the file record, never retried.
- `NotFound`, `BadRequest`, `NotPossible`: the caller asked for what is not there or cannot be. An HTTP answer.
- `PlatformError`: storage or Cosmos DB did not do its part. Raised, so that the host tries again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class PipelineError(Exception):
    """Base of every error that this app raises on purpose."""

    code = "error"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row or a file, where, and what to do. `line` is physical, the header being line 1."""

    code: str
    message: str
    line: int | None = None
    column: str | None = None

    def to_document(self) -> dict[str, object]:
        return {"line": self.line, "column": self.column, "code": self.code, "message": self.message}

    @classmethod
    def from_document(cls, document: Mapping[str, Any] | None) -> Problem | None:
        """The inverse of `to_document`; None where there is none."""
        return cls(**document) if document else None


class RejectedFile(PipelineError):  # noqa: N818 - the word of the field, not an accident
    """A file that cannot be accepted as a whole."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.code = problem.code

    @classmethod
    def because(cls, code: str, message: str, *, line: int | None = None, column: str | None = None) -> RejectedFile:
        """Short for `RejectedFile(Problem(…))`."""
        return cls(Problem(code, message, line, column))


class NotFound(PipelineError):  # noqa: N818
    """A report, period, file or dataset that does not exist."""

    code = "not_found"


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with one parameter of a request."""

    parameter: str
    message: str  # goes on where the name of the parameter ends


class BadRequest(PipelineError):  # noqa: N818
    """A request that cannot be answered as it was made."""

    code = "bad_request"

    def __init__(self, message: str, mistakes: Sequence[Mistake] = ()) -> None:
        super().__init__(message)
        self.mistakes = tuple(mistakes)

    @classmethod
    def because(cls, mistakes: Sequence[Mistake]) -> BadRequest:
        """For mistakes in parameters, all of them."""
        return cls(" ".join(f"{mistake.parameter}: {mistake.message}." for mistake in mistakes), mistakes)


class TooLarge(PipelineError):  # noqa: N818
    """A request with more than is taken at a time."""

    code = "too_large"


class NotAcceptable(PipelineError):  # noqa: N818
    """A request for an answer in a form that it is not given in."""

    code = "not_acceptable"


class NotPossible(PipelineError):  # noqa: N818
    """A request that what it is about does not allow, as it is now."""

    code = "not_possible"


class PlatformError(PipelineError):
    """Storage or Cosmos DB could not be reached or kept failing; worth another try."""

    code = "unavailable"


class PartialMissing(PlatformError):  # noqa: N818
    """A partial that a record or a report speaks of is not in storage. Trying again alone does not bring it back."""

    code = "partial_missing"


class DocumentTooLarge(PipelineError):  # noqa: N818
    """A document that Cosmos DB would not take."""

    code = "document_too_large"


class BlobChanged(PipelineError):  # noqa: N818
    """The blob is not (or no longer) the version that was asked for."""

    code = "blob_changed"


class Superseded(PipelineError):  # noqa: N818
    """A later generation of the same file is at work or done: this one has nothing left to do."""

    code = "superseded"


class Conflict(PipelineError):  # noqa: N818
    """A document changed since it was read: a compare-and-set did not take."""

    code = "conflict"
