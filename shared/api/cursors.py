"""Positions in lists as opaque texts."""

from __future__ import annotations

import base64
import json
from typing import Any

from shared.api.parameters import Parameter

LONGEST = 4000  # characters


def encode_cursor(position: object) -> str:
    """A position in a list as an opaque text."""
    data = json.dumps(position, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode_cursor(text: str) -> Any:
    """The inverse of `encode_cursor`. Raises ValueError for what that never made."""
    try:
        position = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        given_out = len(text) <= LONGEST and position is not None and encode_cursor(position) == text
    except (ValueError, RecursionError):
        given_out = False
    if not given_out:
        raise ValueError("must be one that this API gave out. Leave it away to begin at the start")
    return position


CURSOR: Parameter[Any] = Parameter(
    "cursor", "Where to go on: as `nextLink` has it.", {"type": "string", "maxLength": LONGEST}, decode_cursor, None
)
