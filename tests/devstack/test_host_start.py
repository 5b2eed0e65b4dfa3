"""What ends start-up: one clear line, exit status 1. And how a running host ends."""

import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.devstack.conftest import DEADLINE, StartHost, Storage

NOWHERE = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:9/a;QueueEndpoint=http://127.0.0.1:9/a"
CopyApp = Callable[[str], Path]


@pytest.mark.parametrize(
    ("app", "line"),
    [
        (
            "missing_module",
            r"cannot be loaded \(function_app\.py:1\): ModuleNotFoundError: No module named 'a_module_that",
        ),
        ("unsupported_binding", r"Function 'on_event', binding 'event': .* eventHubTrigger"),
        (
            "deferred_with_expression",
            r"Function 'convert', binding 'copy' \(blob\): .* 'client' does not work on Azure",
        ),
        ("missing_setting", r"Function 'tick', binding 'timer' needs the setting NOT_THERE"),
        ("missing_connection", r"Function 'on_message', binding 'message' needs the setting NotThere"),
        ("bad_schedule", r"Function 'tick', binding 'timer': .* has 5 fields; NCRONTAB has six"),
        ("bad_source", r"Function 'on_blob', binding 'stream': the source '%SOURCE%' is unknown"),
        ("bad_route", r"Function 'item', binding 'req': the route constraint 'lenght\(3\)'"),
        ("no_functions", r"function_app\.py defines no functions"),
    ],
)
def test_app_that_cannot_run_here_is_refused_in_one_line(
    copy_app: CopyApp, start_host: StartHost, storage: Storage, app: str, line: str
) -> None:
    host = start_host(copy_app(f"refused/{app}"), storage, ready=False)
    assert host.process.wait(DEADLINE) == 1
    assert re.match(r"host: .*" + line, host.log)
    assert len(host.log.splitlines()) == 1


def test_message_of_several_lines_is_shown_without_a_traceback(copy_app: CopyApp, start_host: StartHost) -> None:
    host = start_host(copy_app("refused/raises_on_import"), ready=False)
    assert host.process.wait(DEADLINE) == 1
    assert host.log == (
        "host: The function app cannot be loaded (function_app.py:1): ValueError: two mistakes:\n  first\n  second\n"
    )


def test_traceback_is_shown_on_request(copy_app: CopyApp, start_host: StartHost) -> None:
    host = start_host(copy_app("refused/raises_on_import"), ready=False, DEVSTACK_DEBUG="1")
    assert host.process.wait(DEADLINE) == 1
    assert "Traceback" in host.log


def test_storage_that_does_not_answer_is_named_with_setting_and_address(
    copy_app: CopyApp, start_host: StartHost
) -> None:
    host = start_host(copy_app("timers"), ready=False, AzureWebJobsStorage=NOWHERE, OFTEN="0 0 0 1 1 *")
    assert host.process.wait(DEADLINE) == 1
    assert re.fullmatch(
        r"host: Storage does not answer at http://127\.0\.0\.1:9/a/? \(setting AzureWebJobsStorage\).*\n", host.log
    )


def test_http_functions_need_no_storage(copy_app: CopyApp, start_host: StartHost) -> None:
    assert start_host(copy_app("http"), AzureWebJobsStorage=NOWHERE).request("GET", "/api/echo").status == 200


def test_taken_port_is_one_line(copy_app: CopyApp, start_host: StartHost) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        host = start_host(copy_app("http"), None, "--port", str(port), ready=False)
        assert host.process.wait(DEADLINE) == 1
    assert host.log == f"host: Port {port} is taken; stop what uses it, or choose another with --port.\n"


@pytest.mark.parametrize(
    ("file", "content", "line"),
    [
        ("host.json", '{"version": "2.0",\n}', r"host\.json, line \d: not valid JSON"),
        ("host.json", '{"extensions": {"queues": {"batchSize": 33}}}', r"batchSize is 33; it must be .* from 1 to 32"),
        ("host.json", '{"functionTimeout": "5 minutes"}', r"functionTimeout is '5 minutes'; write it as hh:mm:ss"),
        ("local.settings.json", '{"IsEncrypted": true}', r"local\.settings\.json is encrypted"),
        ("local.settings.json", '{"Values": {"N": 1}}', r"the setting N is not a string"),
    ],
)
def test_mistake_in_a_settings_file_is_one_line(
    copy_app: CopyApp, start_host: StartHost, file: str, content: str, line: str
) -> None:
    root = copy_app("http")
    (root / file).write_text(content)
    host = start_host(root, ready=False)
    assert host.process.wait(DEADLINE) == 1
    assert re.fullmatch(r"host: .*" + line + r".*\n", host.log)


def test_environment_wins_over_the_settings_file(copy_app: CopyApp, start_host: StartHost, storage: Storage) -> None:
    root = copy_app("timers")
    (root / "local.settings.json").write_text('{"Values": {"OFTEN": "not a schedule"}}')
    start_host(root, storage, OFTEN="0 0 0 1 1 *")


def test_settings_example_is_used_where_there_is_no_settings_file(
    copy_app: CopyApp, start_host: StartHost, storage: Storage
) -> None:
    root = copy_app("timers")
    (root / "local.settings.json.example").write_text('{"Values": {"OFTEN": "0 0 0 1 1 *"}}')
    start_host(root, storage)


def test_sigterm_ends_the_host_orderly(copy_app: CopyApp, start_host: StartHost) -> None:
    assert start_host(copy_app("http")).stop() == 0


def test_host_ends_when_its_parent_dies(copy_app: CopyApp, start_host: StartHost) -> None:
    host = start_host(copy_app("http"), DEVSTACK_LIFELINE="1")
    assert host.process.stdin
    host.process.stdin.close()
    assert host.process.wait(DEADLINE) == 0
