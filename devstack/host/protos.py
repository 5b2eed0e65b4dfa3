"""Plain stand-ins for the protobuf messages of the worker protocol.

The language runtime takes its message classes as a module, so no protobuf is needed in process. This module holds
exactly the names that azure-functions-runtime 1.3.0 reads or builds; `tests/devstack/test_host_worker.py` keeps it so.
"""

from typing import Any


class Message:
    """A message with whatever fields it is given."""

    def __init__(self, **fields: Any) -> None:
        vars(self).update(fields)


class TypedData:
    """A protobuf `oneof`: at most one of string, bytes, json, int, double, http, model_binding_data."""

    def __init__(self, **data: Any) -> None:
        self.kind = next(iter(data), None)
        vars(self).update(data)

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802 - protobuf's name
        return self.kind

    @property
    def value(self) -> Any:
        return None if self.kind is None else getattr(self, self.kind)


class ParameterBinding:
    """A value for (or from) one parameter of a function."""

    def __init__(self, name: str, data: TypedData) -> None:
        self.name = name
        self.data = data

    def WhichOneof(self, _group: str) -> str:  # noqa: N802 - protobuf's name
        return "data"


class StatusResult(Message):
    Failure = 0
    Success = 1

    status: int
    exception: "RpcException"


class RpcException(Message):
    message: str
    stack_trace: str


class BindingInfo(Message):
    undefined = 0  # of dataType
    out = 1  # of direction; 0 is `in`, a Python keyword, which the runtime never names
    inout = 2


class RpcHttp(Message):
    status_code: str
    headers: dict[str, str]
    cookies: "list[RpcHttpCookie] | None"
    body: TypedData


class RpcHttpCookie(Message):
    class SameSite:
        Lax = "Lax"
        Strict = "Strict"
        ExplicitNone = "None"


setattr(RpcHttpCookie.SameSite, "None", None)  # "not said", in protobuf; as an attribute, a syntax error


class RpcRetryOptions(Message):
    max_retry_count: int
    retry_strategy: str


class RpcFunctionMetadata(Message):
    name: str
    function_id: str
    raw_bindings: list[str]
    retry_options: RpcRetryOptions | None


class FunctionMetadataResponse(Message):
    function_metadata_results: list[RpcFunctionMetadata] | None


class WorkerInitResponse(Message):
    result: StatusResult


class InvocationResponse(Message):
    result: StatusResult
    return_value: TypedData | None = None
    output_data: list[ParameterBinding] = []  # noqa: RUF012 - a default, as in protobuf; nobody appends to it


class NullableString(Message):
    value: str


class NullableBool(Message):
    value: bool


class NullableDouble(Message):
    value: float


class NullableTimestamp(Message):
    value: "Timestamp"


class Timestamp(Message):
    seconds: int


class ModelBindingData(Message):
    """A reference to a resource, out of which an SDK-type binding makes its client."""


class WorkerMetadata(Message):
    """What the worker says of itself; the host has no use for it."""
