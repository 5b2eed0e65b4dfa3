"""Drives Microsoft's Python language runtime (azure-functions-runtime) in this process.

Everything the host calls in it is called here, so that a new version of it can only break this module.
"""

import os
import re
import sys
from pathlib import Path

import azure_functions_runtime as runtime

from devstack.host import protos
from devstack.host.errors import HostError
from devstack.host.functions import Function
from devstack.host.invocation import Call, Failure, Outcome
from devstack.host.protos import ParameterBinding, RpcException, RpcFunctionMetadata, StatusResult


class _Request(protos.Message):
    """A request as the runtime reads it: attributes of attributes."""


async def start(root: Path) -> list[RpcFunctionMetadata]:
    """Load the function app in `root` and return the metadata of its functions. Works once per process."""
    script = os.environ.get("PYTHON_SCRIPT_FILE_NAME", "function_app.py")
    if not (root / script).is_file():
        raise HostError(f"{root / script} is missing: the folder is not a Python v2 function app.")
    sys.path.insert(0, str(root))
    os.chdir(root)
    # Without it sync functions run on asyncio's executor, which the host needs for itself
    runtime.start_threadpool_executor()
    init = _Request(capabilities={}, function_app_directory=str(root))
    request = _Request(properties={"protos": protos, "host": "127.0.0.1"}, request=_Request(worker_init_request=init))
    try:
        response = await runtime.worker_init_request(request)
    except SystemExit as error:  # a script that ends the process while it is imported
        raise HostError(f"{script} ended the process: {error}") from error
    if response.result.status != StatusResult.Success:
        raise HostError(_indexing_failure(response.result.exception, root))
    metadata = await runtime.functions_metadata_request(request)
    if not metadata.function_metadata_results:
        raise HostError(f"{root / script} defines no functions.")
    return list(metadata.function_metadata_results)


async def invoke(function: Function, call: Call, invocation_id: str) -> Outcome:
    """Run a function once. Call it in an asyncio Task of its own: what OpenTelemetry attaches is never detached."""
    runtime.invocation_id_cv.set(invocation_id)  # the runtime does so for sync functions only
    failure = call.retry.failure
    exception = (
        None if failure is None else RpcException(message=failure.message, stack_trace=failure.stack_trace, source="")
    )
    request = _Request(
        invocation_id=invocation_id,
        function_id=function.id,
        trace_context=_Request(trace_parent=call.trace_parent, trace_state=call.trace_state, attributes={}),
        retry_context=_Request(retry_count=call.retry.count, max_retry_count=call.retry.limit, exception=exception),
        input_data=[ParameterBinding(function.trigger.name, call.value)],
        trigger_metadata=call.metadata,
    )
    try:
        response = await runtime.invocation_request(_Request(request=_Request(invocation_request=request)))
    except SystemExit as error:  # sys.exit() in a function must not end the host
        return Outcome(failure=Failure(f"SystemExit: {error}"))
    if response.result.status != StatusResult.Success:
        return Outcome(failure=Failure(response.result.exception.message, response.result.exception.stack_trace))
    return Outcome(
        return_value=response.return_value, outputs={output.name: output.data for output in response.output_data}
    )


def _indexing_failure(exception: RpcException, root: Path) -> str:
    """The exception without its traceback, and the line of the app that raised it."""
    if os.environ.get("DEVSTACK_DEBUG") == "1":
        return f"The function app cannot be loaded.\n{exception.stack_trace}"
    frames = re.findall(r'File "([^"]+)", line (\d+)', exception.stack_trace)
    own = [f"{Path(file).relative_to(root)}:{line}" for file, line in frames if Path(file).is_relative_to(root)]
    where = f" ({own[-1]})" if own else ""
    # what the runtime adds to an ImportError (a link, the whole sys.path) helps nobody here
    message = exception.message.partition(" For more info, please refer")[0]
    return f"The function app cannot be loaded{where}: {message}"
