"""`python -m devstack smoke`: what it does, and the exit status and the message for each way it can fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from devstack import smoke
from devstack.ports import Ports
from devstack.smoke_client import Status
from devstack.smoke_file import FIRST, SECOND

if TYPE_CHECKING:
    from tests.unit.smoke.conftest import App

KEY = "the-key"
TRACE = "0af7651916cd43dd8448eb211c80319c"
SOON = ["--ready-timeout=0.3", "--file-timeout=0.3", "--report-timeout=0.3"]

type Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(app: App, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command on the app: exit status, what it prints, what it complains of."""
    monkeypatch.setenv("FUNCTION_KEY", KEY)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = smoke.run([f"--url={app.url}", *SOON, *arguments])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


def always(status: int, **document: Any) -> Callable[[], tuple[int, dict[str, Any]]]:
    return lambda: (status, dict(document))


def test_a_file_goes_in_and_out(app: App, command: Command) -> None:
    status, printed, complaints = command()
    assert (status, complaints) == (Status.PASSED, "")
    assert printed.endswith("passed\n")
    assert (app.asked.count("PUT storage"), app.version, app.deleted) == (1, None, True)


def test_it_tells_the_trace(command: Command) -> None:
    assert f"9 rows, 8 records, 1 rejected (trace {TRACE})" in command()[1]


def test_a_file_is_replaced_where_that_is_asked_for(app: App, command: Command) -> None:
    status, printed, _ = command("--replace")
    assert (status, app.asked.count("PUT storage")) == (Status.PASSED, 2)
    assert "2 rows, 2 records, 0 rejected" in printed


def test_the_record_of_the_version_before_is_not_taken_for_the_new_ones(app: App, command: Command) -> None:
    before: list[dict[str, Any]] = []

    def late() -> tuple[int, dict[str, Any]]:
        if app.version is FIRST:
            before[:] = [app.record()]
        return 200, before.pop() if app.version is SECOND and before else app.record()

    app.replies["GET files/the-id"] = late
    assert command("--replace", "--file-timeout=30")[0] == Status.PASSED
    assert before == []


def test_nothing_is_uploaded_where_that_is_asked_for(app: App, command: Command) -> None:
    status, printed, _ = command("--without-upload")
    assert (status, app.asked) == (Status.PASSED, ["GET health", "GET ready", "POST validate"])
    assert printed.endswith("passed, without an upload\n")


def test_every_run_has_a_dataset_of_its_own(app: App, command: Command) -> None:
    command()
    first = app.name
    app.deleted = False
    command()
    assert app.name != first


def test_the_key_goes_to_what_needs_it_and_nowhere_else(app: App, command: Command) -> None:
    command()
    without = {route for route, key in app.keys.items() if key is None}
    assert without == {"GET health", "GET ready", "PUT storage"}
    assert {key for key in app.keys.values() if key} == {KEY}


def test_the_key_on_the_command_line_wins(app: App, command: Command) -> None:
    command("--key=another")
    assert app.keys["POST uploads"] == "another"


@pytest.mark.parametrize(
    "url", ["func-example.azurewebsites.net", "ftp://x", "https://x/api", "https://x?code=k", "https://"]
)
def test_what_is_no_address_is_told_at_once(command: Command, url: str) -> None:
    status, _, complaint = command(f"--url={url}")
    assert status == Status.USAGE
    assert "give one like https://" in complaint


def test_nobody_at_the_address(command: Command) -> None:
    status, _, complaint = command(f"--url=http://127.0.0.1:{Ports.free().host}")
    assert status == Status.UNREACHABLE
    assert "no answer from http://127.0.0.1:" in complaint


def test_somebody_else_at_the_address(app: App, command: Command) -> None:
    app.replies["GET health"] = always(404)
    status, _, complaint = command()
    assert status == Status.UNREACHABLE
    assert f"GET {app.url}/api/health answers 404 Not Found, which is not this app's answer" in complaint


def test_a_redirect_is_not_followed(app: App, command: Command) -> None:
    app.replies["GET health"] = always(301, **{"headers!": {"Location": "https://elsewhere/"}})
    status, _, complaint = command()
    assert status == Status.UNREACHABLE
    assert "leads to https://elsewhere/: give that address" in complaint


def test_an_app_that_cannot_reach_its_services(app: App, command: Command) -> None:
    app.replies["GET ready"] = always(503, detail="Cannot reach: cosmos.")
    status, _, complaint = command()
    assert status == Status.NOT_READY
    assert "503 Service Unavailable: Cannot reach: cosmos." in complaint


@pytest.mark.parametrize(("key", "told"), [(KEY, "not one of the app's"), ("", "asks for a function key")])
def test_a_key_that_is_refused(
    app: App, command: Command, monkeypatch: pytest.MonkeyPatch, key: str, told: str
) -> None:
    monkeypatch.setenv("FUNCTION_KEY", key)
    app.replies["POST validate"] = always(401)
    status, _, complaint = command()
    assert status == Status.KEY_REFUSED
    assert told in complaint


def test_a_dataset_that_would_take_the_file_gets_nothing(app: App, command: Command) -> None:
    app.replies["POST validate"] = always(200, dataset="sales")
    status, _, complaint = command()
    assert (status, app.version) == (Status.WRONG, None)
    assert "would belong to dataset 'sales'" in complaint


def test_storage_that_cannot_be_reached_from_here_is_named_without_the_secret(app: App, command: Command) -> None:
    closed = f"127.0.0.1:{Ports.free().host}"
    app.replies["POST uploads"] = always(201, method="PUT", url=f"http://{closed}/x?sig=secret", headers={})
    status, _, complaint = command()
    assert status == Status.NOT_READY
    assert f"storage at {closed}" in complaint
    assert "secret" not in complaint


def test_an_upload_that_storage_refuses(app: App, command: Command) -> None:
    app.replies["PUT storage"] = always(403, **{"headers!": {"x-ms-error-code": "AuthorizationPermissionMismatch"}})
    status, _, complaint = command()
    assert status == Status.NOT_READY
    assert "403 Forbidden: AuthorizationPermissionMismatch" in complaint


def test_a_request_that_the_app_refuses_is_not_made_again(app: App, command: Command) -> None:
    app.replies["POST uploads"] = always(400, detail="name: is missing.")
    status, _, complaint = command()
    assert (status, app.asked.count("POST uploads")) == (Status.WRONG, 1)
    assert "400 Bad Request: name: is missing." in complaint


def test_an_upload_that_no_event_announces(app: App, command: Command) -> None:
    app.replies["GET files"] = always(200, value=[])
    status, _, complaint = command()
    assert status == Status.TIMED_OUT
    assert f"the app has no record of {app.name}" in complaint
    assert f"The upload {app.name} is left behind" in complaint


@pytest.mark.parametrize("status_of_file", ["rejected", "failed"])
def test_a_file_that_should_be_processed_and_is_not(app: App, command: Command, status_of_file: str) -> None:
    app.replies["GET files"] = lambda: (200, {"value": [app.record() | {"status": status_of_file}]})
    status, _, complaint = command()
    assert status == Status.WRONG
    assert f'"status": "{status_of_file}"' in complaint


def test_a_file_that_stays_in_work_is_shown_with_its_trace(app: App, command: Command) -> None:
    in_work = lambda: app.record() | {"status": "processing"}  # noqa: E731
    app.replies |= {"GET files": lambda: (200, {"value": [in_work()]}), "GET files/the-id": lambda: (200, in_work())}
    status, _, complaint = command()
    assert status == Status.TIMED_OUT
    assert '"status": "processing"' in complaint
    assert f"operation_Id == '{TRACE}'" in complaint


def test_counts_that_are_wrong(app: App, command: Command) -> None:
    app.replies["GET files"] = lambda: (200, {"value": [app.record() | {"records": 7}]})
    status, _, complaint = command()
    assert status == Status.WRONG
    assert 'expected: {"rows": 9, "records": 8, "rejected": 1}' in complaint
    assert 'found:    {"rows": 9, "records": 7, "rejected": 1}' in complaint


def test_a_report_that_does_not_come(app: App, command: Command) -> None:
    app.replies["GET files/the-id"] = lambda: (200, app.record() | {"stale": ["smoke/all"]})
    status, _, complaint = command()
    assert status == Status.TIMED_OUT
    assert "the report does not show the file yet: has `refresh` run?" in complaint


def test_a_report_with_a_wrong_number(app: App, command: Command) -> None:
    app.replies["GET reports"] = lambda: (200, {"files": 1, "value": [{"period": "all", "rows": 8}]})
    status, _, complaint = command()
    assert status == Status.WRONG
    assert "smoke-" in complaint.split("is wrong")[0]
    assert 'found:    {"files": 1, "value": [{"period": "all", "rows": 8}]}' in complaint


def test_what_was_uploaded_is_taken_out_after_a_failure(app: App, command: Command) -> None:
    app.replies["GET reports"] = lambda: (200, {})
    _, _, complaint = command()
    assert app.deleted
    assert f"The upload {app.name} was taken out again." in complaint


def test_a_file_that_cannot_be_deleted(app: App, command: Command) -> None:
    app.replies["DELETE files/the-id"] = always(503)
    status, _, complaint = command()
    assert status == Status.LEFT_BEHIND
    assert f"DELETE {app.url}/api/files/the-id answers 503" in complaint
    assert f"The upload {app.name} is left behind" in complaint


def test_a_deleted_file_whose_record_says_otherwise(app: App, command: Command) -> None:
    app.replies["GET files/the-id"] = lambda: (200, app.record() | {"status": "processed"})
    status, _, complaint = command()
    assert status == Status.LEFT_BEHIND
    assert '"status": "processed"' in complaint


def test_a_report_that_is_not_emptied(app: App, command: Command) -> None:
    app.replies["GET reports"] = lambda: (200, {"files": 1, "value": [dict(FIRST.row)]})
    status, _, complaint = command()
    assert (status, app.asked.count("DELETE files/the-id")) == (Status.LEFT_BEHIND, 1)
    assert "is not empty" in complaint


def test_an_outage_that_ends_in_time_is_waited_out(app: App, command: Command) -> None:
    seen: list[None] = []

    def recovers() -> tuple[int, dict[str, Any]]:
        seen.append(None)
        return (503, {}) if len(seen) < 2 else app.answer("GET files", {}, b"")

    app.replies["GET files"] = recovers
    assert command("--file-timeout=30")[0] == Status.PASSED
