"""Where a file may be uploaded to, and under which names."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

from shared.names import EXTENSIONS, MAX_NAME, is_supported

UNSHOWN = ("Cc", "Cs", "Zl", "Zp")  # control characters, halves of characters, separators of lines and paragraphs
MAX_FOLDERS = 250  # Blob Storage takes 254 segments, and the names of outputs have more


@dataclass(frozen=True, slots=True)
class UploadAddress:
    """An address that takes one file, with nothing else to prove who sends it: a secret as long as it lasts."""

    name: str
    url: str
    expires_at: str

    def shown(self) -> dict[str, Any]:
        """The request to make, as the API shows it."""
        return {
            "name": self.name,
            "url": self.url,
            "method": "PUT",
            "headers": {"x-ms-blob-type": "BlockBlob"},
            "expiresAt": self.expires_at,
        }


def why_no_name(name: str) -> str | None:
    """What is wrong with the name of a file that is to be uploaded, to go on where the name ends; None: nothing.

    Storage takes more names than this. What it would take for another name, or nobody could ask for, is refused.
    """
    if not name:
        return "is empty. Give one like sales/2026-11-20.csv"
    if len(name) > MAX_NAME:
        return f"has {len(name):,} characters, more than {MAX_NAME}"
    if any(character in "\ufffe\uffff" or unicodedata.category(character) in UNSHOWN for character in name):
        return "has characters that are no text, such as line ends or halves of characters"
    if "\\" in name:
        return "has a backslash. Folders are separated by /"
    parts = name.split("/")
    if "" in parts:
        return "has a folder without a name: it begins with / or has // in it"
    if any(part.endswith(".") for part in parts):
        return "has a part that ends with a dot, as . and .. do"
    if len(parts) > MAX_FOLDERS:
        return f"has more than {MAX_FOLDERS} folders"
    if not is_supported(name):
        return f"must end in one of {', '.join(EXTENSIONS)}"
    return None
