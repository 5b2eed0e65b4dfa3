"""The package as a remote build installs it, and the functions host on that.

Azure runs `pip install --target` on requirements.txt and brings the language worker itself. Here host and worker come
last on the module path, and without the packages that the app should bring: what requirements.txt lacks is missing.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

from devstack.errors import StackError
from devstack.publish.requirements import DEVELOPMENT, ROOT, RUNTIME, pins

FOLDER = ROOT / ".devstack" / "publish"
# What the local host imports and Azure's platform has of its own.
PLATFORM = ("azure-functions-runtime", "click", "croniter", "h11", "httptools", "python-dateutil", "uvicorn")

# Neither the environment nor any site-packages: the module path is the standard library and the two folders named.
_ISOLATED = ("-I", "-S", "-B")
_START = "import sys; sys.path += sys.argv[1:3]; del sys.argv[1:3]; "
_HOST = "import runpy; runpy.run_module('devstack', run_name='__main__', alter_sys=True)"


@dataclass(frozen=True)
class Installation:
    """Folders of packages: what requirements.txt names, and what only the host may use."""

    packages: Path
    platform: Path

    def host(self, app: Path, port: int) -> list[str | Path]:
        """The command line of a host on an unpacked package."""
        return [*self.python(_HOST), "host", "--root", app, "--port", str(port)]

    def python(self, code: str, *options: str) -> list[str | Path]:
        """The command line of an interpreter with these packages. No bytecode is kept: on Azure it is read-only."""
        return [sys.executable, *_ISOLATED, *options, "-c", _START + code, self.packages, self.platform]


def install(folder: Path = FOLDER) -> Installation:
    """Install both, unless they are there from the same pins and the same Python."""
    versions = pins(DEVELOPMENT)
    packages = _installed(folder / "packages", pins(RUNTIME), ["--requirement", str(RUNTIME)])
    wanted = {name: versions[name] for name in PLATFORM}
    exact = [f"{name}=={version}" for name, version in wanted.items()]
    platform = _installed(folder / "platform", wanted, ["--no-deps", *exact])
    own = platform / "devstack"
    shutil.rmtree(own, ignore_errors=True)
    shutil.copytree(ROOT / "devstack", own, ignore=shutil.ignore_patterns("__pycache__"))
    return Installation(packages, platform)


def unpack(package: Path, folder: Path) -> Path:
    """The package's files in a folder of their own."""
    with ZipFile(package) as entries:
        entries.extractall(folder)
    return folder


def _installed(target: Path, wanted: Mapping[str, str], arguments: Sequence[str]) -> Path:
    stamp = target / ".stamp"
    version = hashlib.sha256(f"{sys.version}{sorted(wanted.items())}{arguments}".encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == version:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as unfinished:
        fresh = Path(unfinished) / "packages"
        _pip("install", "--target", str(fresh), *arguments)
        (fresh / stamp.name).write_text(version)
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    return target


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StackError(f"`pip {' '.join(arguments)}` failed:\n{done.stderr.strip()}")
