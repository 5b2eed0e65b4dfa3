"""How the dashboard looks, in light and dark, wide and on a phone: for everybody (axe), and in docs/images."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
IMAGES = ROOT / "docs" / "images"
SIZES = {"wide": (1280, 1100), "phone": (390, 844)}
WITH_EVERYTHING = "report=weather_by_month&metric=rain"
MISTAKES_FILE = "earthquakes/2018-02-06-with-mistakes.csv"

type Look = Callable[[Page], None]


def report(page: Page) -> None:
    page.goto(f"{page.url.partition('#')[0]}#{WITH_EVERYTHING}")
    expect(page.get_by_role("img", name=re.compile("^Line chart"))).to_be_visible()
    expect(page.locator("#report tbody tr")).to_have_count(25)


def open_filter(page: Page) -> None:
    report(page)
    page.get_by_text("location: all").click()
    expect(page.get_by_role("checkbox", name="Seattle")).to_be_visible()


def files(page: Page) -> None:
    page.goto(f"{page.url.partition('#')[0]}#files")
    expect(page.locator("#files tbody tr").first).to_be_visible()


def rejects(page: Page) -> None:
    files(page)
    page.get_by_role("button", name=MISTAKES_FILE).click()
    expect(page.get_by_role("dialog").locator("tbody tr")).to_have_count(11)


def key(page: Page) -> None:
    report(page)
    page.get_by_role("button", name="Function key").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def chosen(page: Page) -> None:
    files(page)
    page.locator("input[type=file]").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": b"a\n1\n"})
    expect(page.get_by_role("button", name="Upload 1 file")).to_be_visible()


def wrong(page: Page) -> None:
    page.goto(f"{page.url.partition('#')[0]}#report=weather_by_month&from=soon")
    expect(page.get_by_role("alert")).to_be_visible()


LOOKS: tuple[Look, ...] = (report, open_filter, files, rejects, key, chosen, wrong)
FEW: tuple[Look, ...] = (report, rejects)


@pytest.mark.parametrize(
    ("scheme", "size", "looks"),
    [("light", "wide", LOOKS), ("dark", "phone", LOOKS), ("dark", "wide", FEW), ("light", "phone", FEW)],
    ids=["light-wide", "dark-phone", "dark-wide", "light-phone"],
)
def test_nothing_keeps_anybody_out(
    open_page: Any, mistakes: Any, scheme: str, size: str, looks: tuple[Look, ...]
) -> None:
    mistakes.expect("400 ")
    page = open_page(size=SIZES[size], scheme=scheme)
    found = []
    for look in looks:
        page.reload()
        look(page)
        page.evaluate(AXE.read_text())
        violations = page.evaluate("() => axe.run({ resultTypes: ['violations'] })")["violations"]
        found += [
            f"{look.__name__}: {violation['id']}: {node['html'][:150]}"
            for violation in violations
            if violation["impact"] in ("serious", "critical")
            for node in violation["nodes"]
        ]
    assert found == []


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.__name__)
def test_a_phone_shows_it_without_scrolling_sideways(open_page: Any, mistakes: Any, look: Look) -> None:
    mistakes.expect("400 ")
    page = open_page(size=SIZES["phone"])
    look(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES["phone"][0]


SHOTS: dict[str, tuple[Look, str, str]] = {
    "dashboard-light": (report, "wide", "light"),
    "dashboard-dark": (report, "wide", "dark"),
    "dashboard-phone": (report, "phone", "light"),
    "dashboard-phone-dark": (files, "phone", "dark"),
    "dashboard-files": (files, "wide", "light"),
    "dashboard-rejects": (rejects, "wide", "dark"),
}


@pytest.mark.parametrize("name", SHOTS)
def test_the_pictures_of_the_documents_are_there(open_page: Any, name: str) -> None:
    """Taken where one is missing, or SCREENSHOTS asks for them: so a run of the tests changes no files."""
    path = IMAGES / f"{name}.png"
    if path.exists() and not os.environ.get("SCREENSHOTS"):
        return
    look, size, scheme = SHOTS[name]
    page = open_page(size=SIZES[size], scheme=scheme)
    look(page)
    page.mouse.move(0, 0)
    page.screenshot(path=path, full_page=False)
