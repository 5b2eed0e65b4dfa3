"""The small parts of the local stack that need no process: ports, settings, what is printed."""

import socket
from pathlib import Path

import pytest

from devstack import summary
from devstack.api import Api
from devstack.errors import StackError
from devstack.ports import LOCALHOST, Ports, is_taken
from devstack.samples import is_done
from devstack.settings import layered, local_settings, move_addresses
from devstack.stack import Stack

MOVED = Ports(host=1, blob=10001, queue=10002, table=10003, cosmos=4)


def test_the_usual_ports_need_no_environment():
    assert Ports.from_environment({}) == Ports(7071, 10000, 10001, 10002, 8081, 4318)


def test_queue_and_table_follow_the_blob_port():
    assert Ports.from_environment({"AZURITE_PORT": "20000"}) == Ports(7071, 20000, 20001, 20002, 8081)


@pytest.mark.parametrize("text", ["abc", "0", "70000", "-1"])
def test_a_port_that_is_none_is_refused_by_name(text: str):
    with pytest.raises(StackError, match=f"PORT={text} is not a port"):
        Ports.from_environment({"PORT": text})


def test_a_port_is_taken_while_something_listens():
    with socket.create_server((LOCALHOST, 0)) as server:
        assert is_taken(server.getsockname()[1])


def test_addresses_move_once_even_where_the_new_port_is_another_usual_one():
    text = "BlobEndpoint=http://127.0.0.1:10000/a;QueueEndpoint=http://127.0.0.1:10001/a"
    assert move_addresses(text, MOVED) == "BlobEndpoint=http://127.0.0.1:10001/a;QueueEndpoint=http://127.0.0.1:10002/a"


def test_other_addresses_stay():
    text = "https://account.blob.core.windows.net 127.0.0.1:100001"
    assert move_addresses(text, MOVED) == text


def test_local_settings_win_over_their_example(tmp_path: Path):
    (tmp_path / "local.settings.json.example").write_text('{"Values": {"A": "example"}}')
    (tmp_path / "local.settings.json").write_text('{"Values": {"A": "own"}}')
    assert local_settings(tmp_path, Ports()) == {"A": "own"}


def test_broken_local_settings_are_one_line_with_the_file(tmp_path: Path):
    (tmp_path / "local.settings.json").write_text("{")
    with pytest.raises(StackError, match=r"^local\.settings\.json cannot be read: .*$"):
        local_settings(tmp_path, Ports())


def test_the_environment_wins_over_the_file():
    assert layered({"A": "file", "B": "file"}, {"A": "environment", "C": "other"}, {}) == {
        "A": "environment",
        "B": "file",
    }


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"status": "processed", "stale": []}, True),
        ({"status": "rejected"}, True),
        ({"status": "failed", "stale": []}, True),
        ({"status": "processing", "stale": []}, False),
        ({"status": "processed", "stale": [["sales", "2026-11"]]}, False),
    ],
)
def test_a_file_is_done_once_every_report_shows_it(record: dict, expected: bool):
    assert is_done(record) is expected


def test_tables_align_numbers_to_the_right():
    assert (
        summary.table(["file", "rows"], [["a.csv", "7"], ["b.csv", "12"]])
        == "  file   rows\n  a.csv     7\n  b.csv    12"
    )


def test_a_table_without_rows_is_its_headings():
    assert summary.table(["file", "rows"], []) == "  file  rows"


def test_calls_carry_the_key_and_quote_their_path():
    assert Api("http://h", "k").curl("reports", "a b", "2026/11") == (
        "curl -s -H 'x-functions-key: k' 'http://h/api/reports/a%20b/2026%2F11'"
    )


def test_a_second_stack_on_the_same_state_is_refused(emulators: Stack):
    other = Stack(emulators.root, emulators.state, Ports.free())
    with pytest.raises(StackError, match="is in use by another stack"), other:
        other.start_emulators()
