"""What makes an answer a file to be saved."""

from __future__ import annotations

import re
from urllib.parse import quote

LONGEST = 150  # characters of a name


def as_attachment(name: str) -> dict[str, str]:
    """The header that has a browser save an answer as a file of this name, whatever is in the name (RFC 6266)."""
    name = name.rpartition("/")[2][-LONGEST:]
    plain = re.sub(r"[^A-Za-z0-9 ._()-]", "_", name)
    exact = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='', errors='replace')}"
    return {"Content-Disposition": f'attachment; filename="{plain}"{exact}'}
