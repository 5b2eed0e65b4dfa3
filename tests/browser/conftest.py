"""The dashboard in a real browser, over a stack of its own that has the samples. Mistakes of the page fail a test."""

import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, sync_playwright

from devstack.api import Api
from devstack.ports import Ports
from devstack.samples import upload_samples, wait_for_files
from devstack.stack import Stack

ROOT = Path(__file__).parents[2]
PATIENCE = 60  # seconds until something that must happen is taken not to
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")

WIDE = (1280, 900)


def chromium() -> str | None:
    """The browser: the one that CHROMIUM names, or one on the path."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@dataclass(frozen=True)
class Site:
    """Where the page is, and the key of its data."""

    url: str
    key: str
    api: Api

    def take_out(self, names: Iterable[str]) -> None:
        """Delete files, and wait until no report shows them."""
        headers = {"x-functions-key": self.key}
        for record in [record for record in self.api.items("files") if record["name"] in names]:
            answer = requests.delete(
                self.url.replace("dashboard", f"files/{record['id']}"), headers=headers, timeout=30
            )
            assert answer.status_code == 204
        deadline = time.monotonic() + PATIENCE
        while any(record["stale"] for record in self.api.items("files")):
            assert time.monotonic() < deadline, f"{names} are not taken out of the reports"
            time.sleep(0.2)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The whole stack, which asks for keys, with the samples ingested."""
    state = tmp_path_factory.mktemp("browser")
    env = {"REFRESH_SCHEDULE": "* * * * * *"}
    with Stack(ROOT, state, Ports.free(), keys=state / "keys.json", env=env) as stack:
        stack.start()
        key = stack.key() or ""
        with stack.blob_service() as service:
            names = upload_samples(ROOT / "samples" / "uploads", service)
        api = Api(stack.host_url, key)
        wait_for_files(api, names, PATIENCE, stack.require_alive)
        yield Site(f"{stack.host_url}/api/dashboard", key, api)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. Ended with the module: while Playwright runs, no other test could use asyncio."""
    path = chromium()
    if path is None:
        pytest.skip("no Chromium on this machine; CHROMIUM may name one")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=arguments)


class Mistakes:
    """What a page does wrong: errors in its scripts, what its policy forbids, files that are not there."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.expected: tuple[str, ...] = ()

    def expect(self, *parts: str) -> None:
        """Messages with one of these in them are what the test is about."""
        self.expected = parts

    def watch(self, page: Page) -> None:
        """Note all mistakes of a page."""
        page.on("pageerror", lambda error: self._note(str(error)))
        page.on("console", self._console)
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        # That a request failed is told by the response, too, with more about it.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self._note(message.text)

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self._note(f"{response.status} {response.url}")

    def _note(self, text: str) -> None:
        self.found.append(text)

    def unexpected(self) -> list[str]:
        """The mistakes that the test is not about."""
        return [text for text in self.found if not any(part in text for part in self.expected)]


@pytest.fixture
def mistakes() -> Mistakes:
    return Mistakes()


type Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, site: Site, mistakes: Mistakes) -> Iterator[Open]:
    """Opens the page at the part of its address behind the #, with the key unless told otherwise."""
    contexts = []

    def opened(part: str = "", *, key: str | None = None, size: tuple[int, int] = WIDE, scheme: str = "light") -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce", locale="en"
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE * 1000)
        given = site.key if key is None else key
        if given:
            context.add_init_script(
                f"sessionStorage.getItem('function-key') ?? sessionStorage.setItem('function-key', '{given}')"
            )
        page = context.new_page()
        mistakes.watch(page)
        page.goto(f"{site.url}#{part}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert mistakes.unexpected() == []
