"""`python -m devstack pack`: the package that publishing would send, as a file to look into."""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile, ZipInfo

from devstack.errors import StackError
from devstack.publish import core_tools

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / ".devstack" / "publish" / "app.zip"
LARGEST = 10


def run(arguments: list[str]) -> int:
    """Write the package and print what is in it. Gives the exit status."""
    out: Path = _parser().parse_args(arguments).out
    try:
        names = core_tools.published(ROOT)
        core_tools.write_zip(ROOT, names, out)
    except (StackError, OSError) as error:
        print(f"Not packed: {error}.", file=sys.stderr)
        return 2
    print(summary(out))
    if unknown := not_in_git(ROOT, names):
        print(f"\nNot in Git, and published all the same: {', '.join(unknown)}", file=sys.stderr)
    return 0


def summary(package: Path) -> str:
    """The package's size and its largest files."""
    entries = ZipFile(package).infolist()
    unpacked = sum(entry.file_size for entry in entries)
    largest = sorted(entries, key=lambda entry: entry.compress_size, reverse=True)[:LARGEST]
    return "\n".join(
        [
            f"{package}: {len(entries)} files, {_kb(package.stat().st_size)}, unpacked {_kb(unpacked)}",
            "",
            "largest, packed and unpacked:",
            *map(_line, largest),
        ]
    )


def not_in_git(root: Path, names: list[str]) -> list[str]:
    """Files that a clean clone would not have; none where there is no Git to ask."""
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        return []
    listed = subprocess.run([git, "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
    return sorted(set(names) - set(listed.split("\0")))


def _line(entry: ZipInfo) -> str:
    return f"{_kb(entry.compress_size):>9} {_kb(entry.file_size):>9}  {entry.filename}"


def _kb(size: int) -> str:
    return f"{size / 1024:,.0f} KB"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m devstack pack",
        description="Pack what `func azure functionapp publish` would send, as Core Tools read .funcignore.",
    )
    parser.add_argument("--out", type=Path, default=PACKAGE, metavar="FILE.zip", help="where to (%(default)s)")
    return parser
