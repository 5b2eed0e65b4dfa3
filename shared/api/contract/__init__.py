"""The contract of the API: every operation, with all that it takes and answers, for handlers and OpenAPI alike."""

from __future__ import annotations

from shared.api.contract import datasets, files, reports, service, uploads, validate
from shared.api.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *reports.OPERATIONS,
    *files.OPERATIONS,
    *uploads.OPERATIONS,
    *validate.OPERATIONS,
    *datasets.OPERATIONS,
    *service.OPERATIONS,
)
