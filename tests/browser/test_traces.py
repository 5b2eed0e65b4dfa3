"""Traces in a real browser: the samples through the whole stack with telemetry, and a trace that has failed."""

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from playwright.sync_api import Browser, Page, expect

from devstack.api import Api
from devstack.ports import Ports
from devstack.samples import upload_samples, wait_for_files
from devstack.stack import Stack

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PICTURE = ROOT / "docs" / "images" / "traces.png"
PATIENCE = 60  # seconds
SIZES = {"wide": (1280, 1100), "phone": (390, 844)}
SAMPLE = "earthquakes/2018-02-06-with-mistakes.csv"
HOSTILE = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>.csv"

type Open = Callable[..., Page]
type Look = Callable[[Page], None]


@pytest.fixture(scope="module")
def telemetry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the telemetry of a stack that has the samples, once their traces are there."""
    env = {"REFRESH_SCHEDULE": "* * * * * *"}
    with Stack(ROOT, tmp_path_factory.mktemp("traces"), Ports.free(), env=env, telemetry=True) as stack:
        stack.start()
        with stack.blob_service() as service:
            names = upload_samples(ROOT / "samples" / "uploads", service)
        wait_for_files(Api(stack.host_url, None), names, PATIENCE, stack.require_alive)
        url = stack.otlp_endpoint or ""
        fail(url)
        wait_for_refresh_of(url, SAMPLE)
        yield url


def fail(url: str) -> None:
    """A trace with an exception, of a file with a name that would like to be more than that."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{url}/v1/traces")))
    attributes = {"faas.trigger": "datasource", "file.path": HOSTILE, "pipeline.status": "failed"}
    with (
        pytest.raises(ValueError, match="broken"),
        provider.get_tracer("test").start_as_current_span("ingest", attributes=attributes),
    ):
        raise ValueError(f"broken {HOSTILE}")


def wait_for_refresh_of(url: str, file: str) -> None:
    """Wait until the ingest of a file has arrived, and a refresh that links to it."""
    deadline = time.monotonic() + PATIENCE
    while not any(trace["linkedFrom"] for trace in traces(url, file=file)):
        assert time.monotonic() < deadline, f"no refresh links to the ingest of {file}"
        time.sleep(0.2)


def traces(url: str, **search: str) -> list[dict[str, Any]]:
    found = requests.get(f"{url}/api/traces", params=search, timeout=30).json()["value"]
    return [requests.get(f"{url}/api/traces/{trace['traceId']}", timeout=30).json() for trace in found]


@pytest.fixture
def open_traces(browser: Browser, telemetry: str, mistakes: Any) -> Iterator[Open]:
    """Opens the list of traces."""
    contexts = []

    def opened(*, size: str = "wide", scheme: str = "light") -> Page:
        width, height = SIZES[size]
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, locale="en")
        contexts.append(context)
        context.set_default_timeout(PATIENCE * 1000)
        page = context.new_page()
        mistakes.watch(page)
        page.goto(f"{telemetry}/traces")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert mistakes.unexpected() == []


def search(page: Page, file: str) -> None:
    page.get_by_role("searchbox", name="File").fill(file)
    page.get_by_role("button", name="Search").click()


def a_list(page: Page) -> None:
    expect(page.locator("tbody tr").first).to_be_visible()


def an_ingest(page: Page) -> None:
    search(page, SAMPLE)
    page.get_by_role("link", name="ingest", exact=True).first.click()
    page.locator("summary", has_text="ingest file").click()
    expect(page.locator(".spans").get_by_text("pipeline.generation")).to_be_visible()


def a_refresh(page: Page) -> None:
    an_ingest(page)
    page.locator(".others").get_by_role("link", name="refresh").first.click()
    expect(page.get_by_role("heading", name="refresh")).to_be_visible()


def a_failure(page: Page) -> None:
    search(page, "onerror")
    page.get_by_role("link", name="ingest", exact=True).click()
    page.get_by_text("Stack trace").click()
    expect(page.get_by_role("heading", name="What went wrong")).to_be_visible()


def metrics(page: Page) -> None:
    page.get_by_role("link", name="Metrics").click()
    expect(page.get_by_text("pipeline.ingest.rows")).to_be_visible()


def nothing(page: Page) -> None:
    search(page, "no such file")
    expect(page.get_by_role("heading", name="No such trace")).to_be_visible()


LOOKS = (a_list, an_ingest, a_failure, metrics, nothing)
FEW = (an_ingest, a_failure)


def test_the_trace_of_a_file_is_found_by_a_part_of_its_name(open_traces: Open):
    page = open_traces()
    search(page, "WITH-mistakes")
    expect(page.locator("tbody tr").first).to_contain_text(SAMPLE)


def test_the_document_shows_what_a_search_answers(telemetry: str, looks_like: Callable[[str, str], None]):
    text = (ROOT / "docs" / "local-stack.md").read_text()
    command, shown = re.findall(r"\$ curl -s '(\S+)' [^\n]*\n(.*?)```", text, re.DOTALL)[0]
    answer = requests.get(command.replace("http://127.0.0.1:4318", telemetry), timeout=30)
    looks_like(json.dumps(answer.json(), indent=4), shown)


def test_every_trace_is_that_of_an_invocation(telemetry: str):
    without_parent = {span["name"] for trace in traces(telemetry) for span in trace["spans"] if not span["parentId"]}
    assert without_parent == {"ingest"}  # that of `fail`; the others are the host's children


def test_a_waterfall_shows_the_stages_of_an_ingest_down_to_the_calls(open_traces: Open):
    page = open_traces()
    an_ingest(page)
    for name in ("claim", "download", "parse", "publish", "commit", "PUT"):
        expect(page.locator(".spans .name", has_text=re.compile(rf"\d: {name}")).first).to_be_visible()


def test_calls_to_services_can_be_left_out(open_traces: Open):
    page = open_traces()
    an_ingest(page)
    page.get_by_label("Without calls to services").check()
    expect(page.locator(".spans .name", has_text="commit")).to_be_visible()
    expect(page.locator(".spans .name", has_text="PUT").first).to_be_hidden()


def test_an_ingest_leads_to_the_refresh_that_it_made_necessary_and_back(open_traces: Open):
    page = open_traces()
    a_refresh(page)
    page.locator(".others").get_by_role("link", name="ingest").first.click()
    expect(page.get_by_role("heading", name="ingest")).to_be_visible()


def test_a_span_is_opened_with_the_keyboard(open_traces: Open):
    page = open_traces()
    an_ingest(page)
    page.locator("summary", has_text="level 1: ingest").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("faas.invocation_id").first).to_be_visible()


def test_the_name_of_a_file_runs_nothing(open_traces: Open):
    page = open_traces()
    a_failure(page)
    assert "taken" not in page.title()


@pytest.mark.parametrize(
    ("scheme", "size", "looks"),
    [("light", "wide", LOOKS), ("dark", "phone", LOOKS), ("dark", "wide", FEW), ("light", "phone", FEW)],
    ids=["light-wide", "dark-phone", "dark-wide", "light-phone"],
)
def test_nothing_keeps_anybody_out(open_traces: Open, telemetry: str, scheme: str, size: str, looks: tuple[Look, ...]):
    page = open_traces(scheme=scheme, size=size)
    found = []
    for look in looks:
        page.goto(f"{telemetry}/traces")
        look(page)
        page.evaluate(AXE.read_text())
        violations = page.evaluate("() => axe.run({ resultTypes: ['violations'] })")["violations"]
        found += [
            f"{look.__name__}: {violation['id']}: {node['html'][:150]}"
            for violation in violations
            for node in violation["nodes"]
        ]
    assert found == []


@pytest.mark.parametrize("look", [*LOOKS, a_refresh], ids=lambda look: look.__name__)
def test_a_phone_shows_it_without_scrolling_sideways(open_traces: Open, look: Look):
    page = open_traces(size="phone")
    look(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES["phone"][0]


def test_the_picture_of_the_documents_is_there(open_traces: Open):
    """Taken where it is missing, or SCREENSHOTS asks for it: so a run of the tests changes no files."""
    if PICTURE.exists() and not os.environ.get("SCREENSHOTS"):
        return
    page = open_traces()
    an_ingest(page)
    page.locator("summary", has_text="ingest file").click()
    page.mouse.move(0, 0)
    page.screenshot(path=PICTURE)
