"""Every answer says under which id telemetry tells how it came about."""

from types import SimpleNamespace
from typing import Any

from blueprints import files, health

TRACE = "0af7651916cd43dd8448eb211c80319c"
CONTEXT = SimpleNamespace(
    invocation_id="1", trace_context=SimpleNamespace(trace_parent=f"00-{TRACE}-b7ad6b7169203331-01", trace_state="")
)


def test_an_answer_carries_the_id_of_the_hosts_trace(request_of: Any, read: Any) -> None:
    assert read(health.health(request_of(), CONTEXT)).headers["X-Trace-Id"] == TRACE


def test_a_problem_carries_it_in_its_body_too(request_of: Any, read: Any) -> None:
    answer = read(files.list_files(request_of(unknown="1"), CONTEXT))
    assert (answer.status, answer.headers["X-Trace-Id"], answer.body["traceId"]) == (400, TRACE, TRACE)


def test_without_a_trace_there_is_none(request_of: Any, read: Any) -> None:
    answer = read(files.list_files(request_of(unknown="1"), SimpleNamespace(invocation_id="1", trace_context=None)))
    assert "X-Trace-Id" not in answer.headers
    assert "traceId" not in answer.body
