"""The page that shows the contract, in a real browser: complete, from this app alone, and able to try requests out."""

from urllib.parse import urlsplit

import pytest

from shared.api.contract import OPERATIONS


@pytest.fixture
def open_docs(open_page, site):
    """Opens /api/docs in a tab where the dashboard has been, and so its key."""

    def opened(**options):
        page = open_page(**options)
        loaded = []
        page.on("request", lambda request: loaded.append(urlsplit(request.url).netloc))
        page.goto(site.url.replace("dashboard", "docs"))
        page.wait_for_selector(".opblock")
        return page, loaded

    return opened


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_operation_is_shown_and_nothing_comes_from_elsewhere(open_docs, site, scheme):
    page, loaded = open_docs(scheme=scheme)
    shown = {block.get_attribute("id").rpartition("-")[2] for block in page.locator(".opblock").all()}
    assert shown == {operation.name for operation in OPERATIONS}
    assert {place for place in loaded if place} == {urlsplit(site.url).netloc}


def test_a_request_is_tried_out_with_the_key_of_the_dashboard(open_docs):
    page, _ = open_docs()
    block = page.locator("[id$=-list_datasets]")
    block.locator(".opblock-summary-control").press("Enter")  # as with the keyboard
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()
    answer = block.locator(".live-responses-table .response")
    assert answer.locator(".response-col_status").inner_text().startswith("200")
    assert "weather_by_month" in answer.inner_text()


def test_the_page_fits_a_phone(open_docs):
    page, _ = open_docs(size=(390, 844))
    assert page.evaluate("document.documentElement.scrollWidth") == 390
