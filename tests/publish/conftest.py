"""The package as a clean clone publishes it, installed as Azure would install it, on a host of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devstack.ports import Ports
from devstack.processes import Child, answers_http
from devstack.publish.core_tools import published, write_zip
from devstack.publish.installation import Installation, install, unpack
from devstack.stack import Stack

ROOT = Path(__file__).parents[2]
READY_SECONDS = 60

StartHost = Callable[..., object]


@pytest.fixture(scope="session")
def clean_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a clone would have: files that Git knows, as they are here."""
    tree = tmp_path_factory.mktemp("clean")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, tree / name)
    return tree


@pytest.fixture(scope="session")
def names(clean_tree: Path) -> list[str]:
    """The files that are published."""
    return published(clean_tree)


@pytest.fixture(scope="session")
def app(clean_tree: Path, names: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, unpacked where nothing else is."""
    folder = tmp_path_factory.mktemp("published")
    write_zip(clean_tree, names, folder / "app.zip")
    return unpack(folder / "app.zip", folder / "wwwroot")


@pytest.fixture(scope="session")
def installation() -> Installation:
    """The packages of requirements.txt and the host's own. Installed once for the same pins: it takes a while."""
    return install()


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Emulators that no other app uses."""
    every_second = {"REFRESH_SCHEDULE": "* * * * * *"}
    with Stack(ROOT, tmp_path_factory.mktemp("services"), Ports.free(), env=every_second) as stack:
        stack.start_emulators()
        stack.create_resources()
        yield stack


@pytest.fixture(scope="session")
def start_host(app: Path, services: Stack) -> Callable[[Installation, Path], object]:
    """Runs the package with an installation; gives the address for as long as it is needed."""

    @contextmanager
    def start(installation: Installation, log: Path) -> Iterator[str]:
        port = Ports.free().host
        system = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        environment = {**system, **services.settings, "DEVSTACK_LIFELINE": "1"}
        host = Child("published app", installation.host(app, port), log, environment, echo=False)
        try:
            host.wait_until(lambda: answers_http(port, "/admin/host/status"), READY_SECONDS)
            yield f"http://127.0.0.1:{port}"
        finally:
            host.stop()

    return start
