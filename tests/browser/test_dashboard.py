"""What people do on the dashboard: upload, look, filter, sort, download, find out what was wrong."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

SHOP = "item,amount\npear,2\nplum,3\n"
WEATHER = "report=weather_by_month"
EVIL = """location,date,precipitation,temp_max,temp_min,wind,weather
<img src=x onerror=alert(1)>,2020-01-01,1.0,2.0,1.0,1.0,rain
<b>bold</b>,2020-01-32,1.0,2.0,1.0,1.0,rain
"""
MISTAKES_FILE = "earthquakes/2018-02-06-with-mistakes.csv"


@pytest.fixture(scope="module", autouse=True)
def patience() -> None:
    expect.set_options(timeout=30_000)


@pytest.fixture
def upload(open_page: Any, site: Any, tmp_path: Path) -> Iterator[Any]:
    """Uploads a file on the page, and waits until it is read. At the end it is taken out, so that no test sees it."""
    names: list[str] = []

    def upload(folder: str, name: str, text: str) -> Page:
        names.append(f"{folder}/{name}")
        (tmp_path / name).write_text(text)
        page = open_page("files")
        page.get_by_label("Folder").fill(folder)
        page.locator("input[type=file]").set_input_files(tmp_path / name)
        page.get_by_role("button", name="Upload 1 file").click()
        expect(page.get_by_text("Uploaded. It is being read now.", exact=True)).to_be_visible()
        expect(row_of(page, f"{folder}/{name}").get_by_text(re.compile("^processed$"))).to_be_visible()
        return page

    yield upload
    site.take_out(names)


def row_of(page: Page, name: str) -> Any:
    """A file's row in the list."""
    return page.locator("#files tbody tr").filter(has=page.get_by_role("button", name=name, exact=True))


def column(page: Page, index: int) -> list[str]:
    """The texts of a column of the report's table."""
    return page.locator("#report tbody tr").locator(f"td:nth-child({index + 1})").all_inner_texts()


def settled(page: Page) -> None:
    """Wait until the report's table shows what was asked for."""
    expect(page.locator("#report table")).to_be_visible()
    expect(page.locator("#report .busy")).to_have_count(0)


def test_a_file_that_is_uploaded_becomes_a_report(upload: Any) -> None:
    page = upload("shop", "november.csv", SHOP)
    page.get_by_role("link", name="Reports", exact=True).click()
    page.get_by_role("link", name=re.compile("^shop ")).click()
    expect(page.get_by_role("heading", name="shop")).to_be_focused()
    expect(page.locator("#report tbody tr")).to_have_count(1)
    assert [cell.strip() for cell in page.locator("#report td").all_inner_texts()] == ["2", "5", "2", "3", "2.5"]


def test_a_name_that_the_app_does_not_take_is_explained(open_page: Any, tmp_path: Path, mistakes: Any) -> None:
    mistakes.expect("400 ")
    (tmp_path / "notes.pdf").write_text("x")
    page = open_page("files")
    page.locator("input[type=file]").set_input_files(tmp_path / "notes.pdf")
    page.get_by_role("button", name="Upload 1 file").click()
    expect(page.locator(".chosen .problem")).to_contain_text(".csv")


def test_dropped_files_are_chosen(open_page: Any) -> None:
    page = open_page("files")
    data = page.evaluate_handle(
        """() => { const data = new DataTransfer(); data.items.add(new File(["a\\n1\\n"], "a.csv")); return data; }"""
    )
    page.dispatch_event(".drop", "drop", {"dataTransfer": data})
    expect(page.get_by_label("Name")).to_have_value("a.csv")


def test_a_report_is_filtered_by_a_group(open_page: Any) -> None:
    page = open_page(WEATHER)
    page.get_by_text("location: all").click()
    page.get_by_role("checkbox", name="Seattle").check()
    expect(page.get_by_text("location: Seattle")).to_be_visible()
    expect(page.get_by_role("cell", name="New York")).to_have_count(0)
    settled(page)
    assert set(column(page, 1)) == {"Seattle"}


def test_a_report_is_narrowed_to_a_span(open_page: Any) -> None:
    page = open_page(WEATHER)
    page.get_by_label("From").fill("2013")
    page.get_by_label("To", exact=True).fill("2013-02")
    page.get_by_label("To", exact=True).press("Enter")
    expect(page.get_by_text("4 rows", exact=True)).to_be_visible()
    assert column(page, 0) == ["2013-02", "2013-02", "2013-01", "2013-01"]


def test_a_table_is_sorted_by_the_column_that_is_clicked(open_page: Any) -> None:
    page = open_page(WEATHER)
    for direction, is_sorted in (("descending", [284.5, 240.0]), ("ascending", [0.0, 0.0])):
        page.get_by_role("button", name="rain", exact=True).click()
        expect(page.get_by_role("columnheader", name="rain")).to_have_attribute("aria-sort", direction)
        settled(page)
        assert [float(text) for text in column(page, 3)[:2]] == is_sorted


def test_a_table_has_pages(open_page: Any) -> None:
    page = open_page(WEATHER)
    settled(page)
    first = column(page, 0)
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Rows 26 to 50", exact=True)).to_be_visible()
    assert max(column(page, 0)) <= min(first)
    page.get_by_role("button", name="Previous").click()
    expect(page.get_by_text("Rows 1 to 25", exact=True)).to_be_visible()
    assert column(page, 0) == first


def test_all_rows_that_pass_the_filters_are_downloaded(open_page: Any, tmp_path: Path) -> None:
    page = open_page(f"{WEATHER}&in.location=Seattle&sort=-rain")
    settled(page)
    # The API gives so many rows at a time: fewer here, so that there are several pages of them.
    fewer = lambda route: route.continue_(url=route.request.url.replace("top=1000", "top=20"))  # noqa: E731
    page.route("**/*format=csv*", fewer)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    assert download.value.suggested_filename == "weather_by_month.csv"
    download.value.save_as(tmp_path / "rows.csv")
    rows = list(csv.DictReader((tmp_path / "rows.csv").open(encoding="utf-8-sig")))
    assert len(rows) == 48
    assert {row["location"] for row in rows} == {"Seattle"}
    assert float(rows[0]["rain"]) == max(float(row["rain"]) for row in rows)


def test_a_chart_is_drawn_and_says_what_it_shows(open_page: Any) -> None:
    page = open_page(f"{WEATHER}&metric=rain&by=location")
    chart = page.get_by_role("img", name=re.compile("^Line chart of rain by location, 2012-01 to 2015-12, 2 lines"))
    expect(chart).to_be_visible()
    seattle = page.get_by_role("group", name="Lines of the chart").get_by_role("button", name="Seattle")
    seattle.click()
    expect(seattle).to_have_attribute("aria-pressed", "false")


def test_groups_are_rolled_up_for_the_chart(open_page: Any) -> None:
    page = open_page("report=earthquakes_by_day&metric=events&by=")
    expect(page.get_by_role("img", name=re.compile("^Line chart of events, .* 1 line"))).to_be_visible()


def test_the_rejects_of_a_file_say_where_and_why(open_page: Any) -> None:
    page = open_page("files")
    page.get_by_role("button", name=MISTAKES_FILE).click()
    dialog = page.get_by_role("dialog", name=MISTAKES_FILE)
    first = dialog.locator("tbody tr").first
    expect(first).to_contain_text("'4,7' is not a number with a decimal point.")
    assert first.locator("td").all_inner_texts()[:2] == ["4", "mag"]
    expect(dialog.locator("tbody tr")).to_have_count(11)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=MISTAKES_FILE)).to_be_focused()


def test_text_of_a_file_is_never_html(upload: Any) -> None:
    page = upload("weather", "evil.csv", EVIL)
    row_of(page, "weather/evil.csv").get_by_role("button").click()
    expect(page.get_by_role("dialog").get_by_text("<b>bold</b>")).to_be_visible()
    page.keyboard.press("Escape")
    page.goto(page.url.partition("#")[0] + f"#{WEATHER}")
    expect(page.get_by_role("cell", name="<img src=x onerror=alert(1)>")).to_be_visible()
    expect(page.locator("#report img, #report b")).to_have_count(0)


def test_a_file_is_deleted_after_a_question(upload: Any) -> None:
    page = upload("spare", "old.csv", SHOP)
    row_of(page, "spare/old.csv").get_by_role("button").click()
    page.get_by_role("button", name="Delete …").click()
    question = page.get_by_role("dialog", name="Delete this file?")
    question.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog", name="spare/old.csv")).to_be_visible()
    page.get_by_role("button", name="Delete …").click()
    question.get_by_role("button", name="Delete it").click()
    expect(row_of(page, "spare/old.csv").get_by_text(re.compile("^deleted$"))).to_be_visible()


def test_a_file_is_run_again(upload: Any, site: Any) -> None:
    page = upload("again", "a.csv", SHOP)
    row_of(page, "again/a.csv").get_by_role("button").click()
    with page.expect_response(re.compile("/reprocess$")) as answer:
        page.get_by_role("button", name="Run again").click()
    assert answer.value.status == 202


def test_without_the_key_the_page_asks_for_it(open_page: Any, site: Any, mistakes: Any) -> None:
    mistakes.expect("401 ")
    page = open_page(key="none")
    page.get_by_role("button", name="Enter the key").first.click()
    page.get_by_label("Key", exact=True).fill(site.key)
    page.get_by_role("button", name="Use this key").click()
    expect(page.get_by_role("link", name=re.compile("^weather_by_month"))).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name=re.compile("^weather_by_month"))).to_be_visible()


def test_an_address_brings_back_what_was_shown(open_page: Any) -> None:
    page = open_page(WEATHER)
    page.get_by_label("Metric").select_option("warmest")
    page.get_by_text("location: all").click()
    page.get_by_role("checkbox", name="Seattle").check()
    page.get_by_label("From").fill("2014")
    page.get_by_label("From").press("Enter")
    other = open_page(page.url.partition("#")[2])
    expect(other.get_by_label("Metric")).to_have_value("warmest")
    expect(other.get_by_label("From")).to_have_value("2014")
    expect(other.get_by_text("location: Seattle")).to_be_visible()
    expect(other.get_by_role("img", name=re.compile("warmest by location, 2014-01 to 2015-12, 1 line"))).to_be_visible()


def test_what_is_wrong_with_an_address_is_said_in_words(open_page: Any, mistakes: Any) -> None:
    mistakes.expect("400 ")
    page = open_page(f"{WEATHER}&from=soon")
    expect(page.get_by_role("alert")).to_contain_text("from")
    expect(page.get_by_role("alert")).to_have_count(1)


def test_a_report_that_is_not_there_is_said_in_words(open_page: Any) -> None:
    page = open_page("report=nothing")
    expect(page.get_by_text("There is no report “nothing”")).to_be_visible()


def test_without_reports_the_page_leads_to_an_upload(open_page: Any) -> None:
    page = open_page("files")
    page.route("**/api/reports", lambda route: route.fulfill(json={"value": []}))
    page.goto(page.url.partition("#")[0])
    page.reload()
    page.get_by_role("button", name="Upload a file").click()
    expect(page.get_by_role("heading", name="Files", exact=True)).to_be_focused()


def test_without_a_network_the_page_says_so_and_goes_on_afterwards(open_page: Any, mistakes: Any) -> None:
    page = open_page(WEATHER)
    settled(page)
    page.context.set_offline(True)
    expect(page.locator("#offline")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="The app does not answer")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden()
    page.get_by_role("button", name="Try again").click()
    settled(page)


def test_the_keyboard_reaches_the_content_at_once_and_leaves_a_filter_with_escape(open_page: Any) -> None:
    page = open_page(WEATHER)
    settled(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    filters = page.locator("summary")
    filters.focus()
    page.keyboard.press("Enter")
    page.get_by_role("checkbox", name="Seattle").focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("location: Seattle")).to_be_visible()
    page.keyboard.press("Escape")
    expect(filters).to_be_focused()
    expect(page.get_by_role("checkbox")).to_have_count(0)
