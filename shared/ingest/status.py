"""The states of a file's record. Light to import: every cold start of the API needs it."""

from typing import Literal, get_args

type Status = Literal["new", "processing", "processed", "rejected", "failed", "deleted"]  # `new`: not kept yet
STATUSES: tuple[Status, ...] = tuple(status for status in get_args(Status.__value__) if status != "new")
