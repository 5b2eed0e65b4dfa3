"""What is published, by size: the package, what a remote build installs for it, and why the largest parts are there."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

from benchmarks.measure import MEGABYTE, ROOT, BenchmarkError
from devstack.publish.requirements import installed

LARGEST = 10
REASONS = ROOT / "benchmarks" / "package_reasons.toml"
TABLES = """\
The package is {package}, {unpacked} unpacked. Its largest parts:

| part | packed | unpacked | why |
|---|---|---|---|
{files}

A remote build installs {count} packages, {installed} with bytecode. The largest:

| package | installed | why |
|---|---|---|
{packages}
"""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of a part as they are sent, and as they are there."""

    packed: int
    unpacked: int


def of_package(package: Path) -> dict[str, Part]:
    """Folders of the package, and files that are in none."""
    packed, unpacked = Counter[str](), Counter[str]()
    for entry in ZipFile(package).infolist():
        packed[_part(entry.filename)] += entry.compress_size
        unpacked[_part(entry.filename)] += entry.file_size
    return {name: Part(packed[name], unpacked[name]) for name in packed}


def of_installation(packages: Path) -> dict[str, int]:
    """Bytes of each distribution as pip installs it, with the bytecode that it compiles."""
    return {
        name: sum(file.stat().st_size for one in distribution.files or () if (file := packages / str(one)).is_file())
        for name, distribution in installed(packages).items()
    }


def table(package: Path, packages: Path) -> str:
    """Both, with a reason for each of the largest."""
    reasons = tomllib.loads(REASONS.read_text("utf-8"))
    parts, distributions = of_package(package), of_installation(packages)
    largest = _largest({name: part.packed for name, part in parts.items()})
    files = [
        f"| {name} | {_kb(parts[name].packed)} | {_kb(parts[name].unpacked)} | {_reason(reasons['files'], name)} |"
        for name in largest
    ]
    lines = [
        f"| {name} | {_mb(distributions[name])} | {_reason(reasons['packages'], name)} |"
        for name in _largest(distributions)
    ]
    unpacked = sum(part.unpacked for part in parts.values())
    return TABLES.format(
        package=_kb(package.stat().st_size),
        unpacked=_kb(unpacked),
        files="\n".join(files),
        count=len(distributions),
        installed=_mb(sum(distributions.values())),
        packages="\n".join(lines),
    )


def _part(name: str) -> str:
    folders = name.split("/")[:-1]
    return "/".join(folders[: 3 if folders[:2] == ["web", "vendor"] else 2]) or name


def _largest(sizes: Mapping[str, int]) -> list[str]:
    return sorted(sizes, key=lambda name: sizes[name], reverse=True)[:LARGEST]


def _reason(reasons: Mapping[str, str], name: str) -> str:
    if name not in reasons:
        raise BenchmarkError(f"{name} is one of the largest parts and {REASONS.name} does not say why; add a line")
    return reasons[name]


def _kb(size: int) -> str:
    return f"{size / 1024:,.0f} KB"


def _mb(size: int) -> str:
    return f"{size / MEGABYTE:,.1f} MB"
