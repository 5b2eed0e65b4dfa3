"""The local stack for tests: started once per session on free ports, with state of its own."""

import importlib.util
import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from devstack.ports import Ports
from devstack.stack import Stack

ROOT = Path(__file__).resolve().parent.parent
EVERY_SECOND = {"REFRESH_SCHEDULE": "* * * * * *"}  # tests wait for reports all the time


@pytest.fixture(scope="session")
def emulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Azurite and the Cosmos DB emulator with the app's containers and queues; no functions host."""
    with Stack(ROOT, tmp_path_factory.mktemp("emulators"), Ports.free()) as running:
        running.start_emulators()
        running.create_resources()
        yield running


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole stack; the functions host asks for keys (`stack.key()` has them)."""
    state = tmp_path_factory.mktemp("stack")
    with Stack(ROOT, state, Ports.free(), keys=state / "keys.json", env=EVERY_SECOND) as running:
        running.start()
        yield running


@pytest.fixture(scope="session")
def oracle() -> ModuleType:
    """Expected answers for the samples, worked out without the app."""
    spec = importlib.util.spec_from_file_location("oracle", ROOT / "tests" / "expected" / "oracle.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def looks_like() -> Callable[[str, str], None]:
    """Compare output with what a document shows, where `...` stands for anything."""

    def compare(printed: str, shown: str) -> None:
        pattern = re.escape(shown.strip()).replace(re.escape("..."), ".*")
        assert re.fullmatch(pattern, printed.strip(), re.DOTALL), f"printed:\n{printed}\nshown:\n{shown}"

    return compare


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the functions host said last, when a test that uses it fails."""
    report = yield
    running = getattr(item, "funcargs", {}).get("stack")
    if report.failed and isinstance(running, Stack) and running.host_log.exists():
        lines = running.host_log.read_text(errors="replace").splitlines()[-60:]
        report.sections.append(("functions host, last lines", "\n".join(lines)))
    return report
