"""What a dataset is called, and which uploads are of it, by the name of one of them."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from shared.names import EXTENSIONS

LETTER = re.compile(r"[^\W\d_]")
GLOB = re.compile(r"([*?[])")
LONGEST_NAME = 64


def dataset_name(upload: str) -> str:
    """After the last folder that is more than a number, or else after the file.

    >>> dataset_name("shop/sales/2026/11.csv"), dataset_name("orders-2026-11-20.csv")
    ('sales', 'orders')
    """
    folders = _folders(upload)
    name = folders[-1] if folders else re.sub(r"[\d\W_]+$", "", _stem(upload))
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")[:LONGEST_NAME] or "dataset"


def files_pattern(upload: str) -> str:
    """All files below that folder. Without one: the file, with any number or date in place of the one in its name.

    >>> files_pattern("shop/sales/2026/11.csv"), files_pattern("orders-2026-11-20.csv"), files_pattern("x[1].csv")
    ('shop/sales/**', 'orders-*.csv', 'x[[]*].csv')
    """
    folders = _folders(upload)
    if folders:
        return "/".join([*(_literal(folder) for folder in folders), "**"])
    if "/" in upload:
        return _literal(upload)
    stem = _stem(upload)
    numbered = re.fullmatch(r"(\D*[^\W\d_]\D*)\d(?:.*\d)?(\D*)", stem, re.DOTALL)
    if not numbered:
        return _literal(upload)
    return f"{_literal(numbered[1])}*{_literal(numbered[2] + upload[len(stem) :])}"


def _folders(upload: str) -> list[str]:
    """The folders of a name, up to the last that is more than a number."""
    folders = upload.split("/")[:-1]
    while folders and not LETTER.search(folders[-1]):
        folders.pop()
    return folders


def _stem(upload: str) -> str:
    """The name of the file without what says that it is a CSV file."""
    name = PurePosixPath(upload).name
    extension = next((extension for extension in EXTENSIONS if name.lower().endswith(extension)), "")
    return name.removesuffix(name[len(name) - len(extension) :])


def _literal(text: str) -> str:
    """The pattern for exactly this text."""
    return GLOB.sub(r"[\1]", text)
