"""The package that `func azure functionapp publish` sends to a Python app with a remote build.

As Azure Functions Core Tools 4 decide it in GitIgnoreParser, FileSystemHelpers and ZipHelper. They read the folder as
it is, not Git: what lies about and is not ignored is published.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from devstack.errors import StackError

# Left out at any depth, in any case of letters, whatever .funcignore says.
NEVER_FOLDERS = frozenset({".git", ".vscode"})
NEVER_FILES = frozenset({".funcignore", ".gitignore", "local.settings.json", "project.lock.json"})
REQUIRED = ("host.json", "requirements.txt")

_WILDCARDS = {"**": ".+", "*": "[^/]+"}
_MODE = 0o100666  # Core Tools give every file this one
_UNIX = 3


class Funcignore:
    """`.funcignore` in Core Tools' own language, which is not Git's.

    All patterns start at the root, match beginnings that end with a word, and `*` stands for one character or more.
    """

    def __init__(self, text: str) -> None:
        lines = [line.strip() for line in text.split("\n")]
        patterns = [line for line in lines if line and not line.startswith("#")]
        self._denied = _expression([line for line in patterns if not line.startswith("!")])
        self._kept = _expression([line[1:] for line in patterns if line.startswith("!")])

    def denies(self, path: str) -> bool:
        """Whether the file, or all that is in the folder, stays behind. A path below the root, with slashes."""
        return not self._kept.match(path) and self._denied.match(path) is not None


def published(root: Path) -> list[str]:
    """The files of the project that are sent, by their paths below the root."""
    for name in REQUIRED:
        if not (root / name).is_file():
            raise StackError(f"{root / name} is missing; without it Core Tools do not publish a Python app")
    ignore = root / ".funcignore"
    return sorted(_files(root, Funcignore(ignore.read_text("utf-8-sig") if ignore.is_file() else "")))


def write_zip(root: Path, names: list[str], target: Path) -> None:
    """The files as one package."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(target, "w", ZIP_DEFLATED) as package:
        for name in names:
            entry = ZipInfo.from_file(root / name, name, strict_timestamps=False)
            entry.compress_type = ZIP_DEFLATED
            entry.create_system, entry.external_attr = _UNIX, _MODE << 16
            package.writestr(entry, (root / name).read_bytes())


def _files(root: Path, ignored: Funcignore) -> Iterator[str]:
    for folder, folders, files in os.walk(root, followlinks=True):
        paths = {name: (Path(folder) / name).relative_to(root).as_posix() for name in (*folders, *files)}
        # A folder that is denied need not be entered: what a pattern says of a beginning, it says of all that follows.
        folders[:] = [name for name in folders if name.lower() not in NEVER_FOLDERS and not ignored.denies(paths[name])]
        kept = (name for name in files if name.lower() not in NEVER_FILES)
        yield from (paths[name] for name in kept if not ignored.denies(paths[name]))


def _expression(patterns: list[str]) -> re.Pattern[str]:
    alternatives = [
        "".join(_WILDCARDS.get(part) or re.escape(part) for part in re.split(r"(\*\*|\*)", pattern.removeprefix("/")))
        for pattern in patterns
    ]
    return re.compile(rf"(?:{'|'.join(alternatives)})\b" if alternatives else r"(?!)", re.ASCII)
