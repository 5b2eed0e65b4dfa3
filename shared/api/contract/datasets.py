"""The definitions, as understood."""

from __future__ import annotations

from shared.api.contract.common import BAD_REQUEST, NO_KEY, NOT_FOUND, NOT_MODIFIED, TEXT, UNAVAILABLE, listing, ok
from shared.api.operation import Operation
from shared.api.parameters import Schema, in_path

NAME = in_path("name", "A dataset's name.")

DATASET: Schema = {"type": "object", "properties": {"name": TEXT}, "required": ["name"]}

LIST_DATASETS = Operation(
    "list_datasets",
    "GET",
    "datasets",
    "Every dataset that has a definition.",
    (ok("The datasets.", listing(DATASET)), NOT_MODIFIED, BAD_REQUEST, NO_KEY, UNAVAILABLE),
)
GET_DATASET = Operation(
    "get_dataset",
    "GET",
    "datasets/{name}",
    "One dataset.",
    (ok("The dataset.", DATASET), NOT_MODIFIED, BAD_REQUEST, NO_KEY, NOT_FOUND, UNAVAILABLE),
    (NAME,),
)
OPERATIONS = (LIST_DATASETS, GET_DATASET)
