"""`python -m devstack licences`: docs/licences.md out of what the installed packages say of themselves."""

import argparse
import sys
from collections.abc import Mapping
from importlib.metadata import Distribution

from devstack.errors import StackError
from devstack.publish.requirements import ROOT, RUNTIME, direct, installed, needed_by, pins

PAGE = ROOT / "docs" / "licences.md"
VENDORED = ROOT / "web" / "vendor"

# What may be published beside an app under any licence. Anything else, GPL and AGPL with it, is for people to decide.
ALLOWED = frozenset({"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0"})
# What older packages write in place of an SPDX identifier.
_IDENTIFIERS = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
# Where that says too little: what stands in the text of the licence that the package comes with.
_READ_IN_TEXT = {("isodate", "BSD License"): "BSD-3-Clause"}
_TEXTS = {"The MIT License": "MIT", "Apache License\n": "Apache-2.0"}

HEAD = """\
# Licences

What is published, beside the app's own code. Made by `python -m devstack licences` out of what the packages say of
themselves; `make test` compares. A licence that is not one of {allowed}
ends it with an error. Wheels with compiled code (cryptography, polars-runtime-32, psutil, …) contain
other people's libraries as well; their licences are in the packages' own files.

## Packages of `requirements.txt`

| package | version | licence | needed by |
|---|---|---|---|
"""
VENDORED_HEAD = """
## Files in `web/vendor/`

| package | version | licence |
|---|---|---|
"""


def run(arguments: list[str]) -> int:
    """Write the page. Gives the exit status."""
    argparse.ArgumentParser(
        prog="python -m devstack licences", description="Write docs/licences.md: the licences of all that is published."
    ).parse_args(arguments)
    try:
        PAGE.write_text(page(installed()), encoding="utf-8")
    except StackError as error:
        print(f"Not written: {error}.", file=sys.stderr)
        return 1
    print(PAGE)
    return 0


def page(found: Mapping[str, Distribution]) -> str:
    """The document. Raises StackError for a licence that may not be there, or that cannot be told."""
    wanted, asking = direct(RUNTIME), needed_by(direct(RUNTIME), found)

    def needed(name: str) -> str:
        return ", ".join([*(["the app"] if name in wanted else []), *sorted(asking.get(name, ()))])

    packages = [
        _row(name, version, licence_of(found[name]), needed(name)) for name, version in sorted(pins(RUNTIME).items())
    ]
    files = [_row(*folder.name.rsplit("-", 1), _licence_in_text(folder.name)) for folder in sorted(VENDORED.iterdir())]
    return "".join((HEAD.format(allowed=", ".join(sorted(ALLOWED))), *packages, VENDORED_HEAD, *files))


def licence_of(package: Distribution) -> str:
    """The SPDX expression of a package. Raises StackError where there is none that may be used."""
    said = _said(package)
    if not is_allowed(said):
        raise StackError(
            f"{package.name} {package.version} is under {said or 'no licence that it names'}, and not under one of "
            f"{', '.join(sorted(ALLOWED))}; do without it, or have the list in devstack/licences.py changed"
        )
    return said


def is_allowed(expression: str) -> bool:
    """Whether one of the alternatives of an SPDX expression is wholly allowed."""
    return any(
        all(part.strip(" ()") in ALLOWED for part in alternative.split(" AND "))
        for alternative in expression.split(" OR ")
    )


def _said(package: Distribution) -> str:
    about = package.metadata
    if "License-Expression" in about:
        return str(about["License-Expression"])
    field = about.get("License", "")
    if not field or "\n" in field:  # some put the whole text of their licence there
        classifiers = about.get_all("Classifier") or ()
        field = " AND ".join(text.rpartition(" :: ")[2] for text in classifiers if text.startswith("License :: "))
    return _READ_IN_TEXT.get((package.name, field)) or _IDENTIFIERS.get(field, field)


def _licence_in_text(folder: str) -> str:
    text = next((VENDORED / folder).glob("LICENSE*")).read_text("utf-8")
    for words, identifier in _TEXTS.items():
        if words in text:
            return identifier
    raise StackError(f"web/vendor/{folder} has a licence that is not known; say which in devstack/licences.py")


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"
