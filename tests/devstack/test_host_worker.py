"""The calls into azure-functions-runtime. A new version that changes them must fail here, not in some trigger."""

import asyncio
import inspect
import json
import os
import re
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from importlib.metadata import version
from pathlib import Path

import azure_functions_runtime as runtime
import pytest

from devstack.host import protos, worker
from devstack.host.functions import Function, read_function
from devstack.host.invocation import Call, Failure, Outcome, Retry
from devstack.host.protos import ModelBindingData, RpcHttp, TypedData
from devstack.host.retries import RetryPolicy

HERE = Path(__file__).resolve().parent
TRACE_PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_version_is_the_one_the_host_was_written_against() -> None:
    assert version("azure-functions-runtime") == "1.3.0"


def test_entry_points_have_the_signatures_the_host_uses() -> None:
    for name in ("worker_init_request", "functions_metadata_request", "invocation_request"):
        function = getattr(runtime, name)
        assert inspect.iscoroutinefunction(function)
        assert list(inspect.signature(function).parameters) == ["request"]
    assert not inspect.signature(runtime.start_threadpool_executor).parameters
    assert isinstance(runtime.invocation_id_cv, ContextVar)


def test_protos_has_every_message_the_runtime_names() -> None:
    package = Path(inspect.getfile(runtime)).parent
    source = "\n".join(path.read_text() for path in package.rglob("*.py"))
    named = set(re.findall(r"\bprotos\.([A-Z]\w+)", source))
    # what only requests that this host never sends are answered with
    named -= {"FunctionEnvironmentReloadResponse", "FunctionLoadResponse"}
    assert {name for name in named if not hasattr(protos, name)} == set()


def test_typed_data_has_no_attribute_of_its_own_name() -> None:
    assert not hasattr(TypedData(string="x"), "TypedData")


@pytest.fixture(scope="module")
def functions() -> Iterator[dict[str, Function]]:
    """The contract app, loaded into this process."""
    folder, path = Path.cwd(), [*sys.path]
    sys.modules.pop("function_app", None)
    try:
        metadata = asyncio.run(worker.start(HERE / "apps" / "contract"))
        yield {each.name: read_function(each) for each in metadata}
    finally:
        os.chdir(folder)
        sys.path[:] = path
        sys.modules.pop("function_app", None)
        runtime.stop_threadpool_executor()


def invoke(function: Function, value: TypedData, **fields: object) -> Outcome:
    return asyncio.run(worker.invoke(function, Call(value, "test", **fields), "invocation-1"))  # type: ignore[arg-type]


def calls() -> list[object]:
    return sys.modules["function_app"].calls  # type: ignore[no-any-return]


def test_sync_functions_run_on_the_runtimes_own_threads(functions: dict[str, Function]) -> None:
    assert runtime.get_threadpool_executor() is not None


def test_metadata_says_what_each_function_binds(functions: dict[str, Function]) -> None:
    assert functions["http"].trigger.options == {"methods": ["POST"], "authLevel": "FUNCTION", "route": "http/{id?}"}
    assert functions["deferred"].trigger.is_deferred
    assert not functions["stream"].trigger.is_deferred
    assert functions["queue"].outputs[0].options["queueName"] == "q2"
    assert functions["timer"].retry == RetryPolicy(3, 2.0, 60.0)


def test_http_function_gets_the_request_and_returns_a_response(functions: dict[str, Function]) -> None:
    http = RpcHttp(
        method="POST",
        url="http://x/api",
        headers={},
        params={"id": "1"},
        query={"a": "b"},
        body=TypedData(bytes=b"body"),
    )
    outcome = invoke(functions["http"], TypedData(http=http), trace_parent=TRACE_PARENT)
    assert outcome.return_value
    response = outcome.return_value.value
    seen = ["POST", "http://x/api", {"a": "b"}, {"id": "1"}, "body", "invocation-1", TRACE_PARENT]
    assert response.status_code == "201"
    assert json.loads(response.body.value) == seen


def test_exception_comes_back_as_message_and_traceback(functions: dict[str, Function]) -> None:
    http = RpcHttp(method="GET", url="", headers={}, params={}, query={}, body=TypedData(bytes=b""))
    outcome = invoke(functions["failing"], TypedData(http=http))
    assert outcome.failure
    assert outcome.failure.message == "KeyError: 'gone'"
    assert outcome.failure.stack_trace.startswith("Traceback")


def test_timer_function_gets_past_due(functions: dict[str, Function]) -> None:
    value = TypedData(json=json.dumps({"IsPastDue": True}))
    assert invoke(functions["timer"], value, retry=Retry(1, 3, Failure("before"))) == Outcome()
    assert calls()[-1] is True


def test_blob_client_is_made_from_connection_container_and_name(
    functions: dict[str, Function], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("Storage", "AccountName=a;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:9/a")
    content = json.dumps({"Connection": "Storage", "ContainerName": "c", "BlobName": "ü #%.csv"}).encode()
    reference = ModelBindingData(
        version="1.0", source="AzureStorageBlobs", content_type="application/json", content=content
    )
    assert invoke(functions["deferred"], TypedData(model_binding_data=reference)) == Outcome()
    assert calls()[-1] == ("c", "ü #%.csv")


def test_stream_gets_content_and_metadata(functions: dict[str, Function]) -> None:
    metadata = {"BlobTrigger": TypedData(string="c/a"), "Properties": TypedData(json='{"ContentLength": 3}')}
    assert invoke(functions["stream"], TypedData(bytes=b"abc"), metadata=metadata) == Outcome()
    assert calls()[-1] == ("c/a", 3, b"abc")


def test_async_queue_function_gets_its_message_and_invocation_id_and_sets_an_output(
    functions: dict[str, Function],
) -> None:
    outcome = invoke(functions["queue"], TypedData(string="hello"), metadata={"DequeueCount": TypedData(string="2")})
    assert calls()[-1] == (b"hello", 2, "invocation-1")
    assert outcome.outputs["out"].value == "more"
