"""The contract as OpenAPI shows it, and whether the handlers keep it: what they read, what they answer."""

import json
from collections.abc import Callable, Iterator
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import jsonschema
import openapi_spec_validator
import pytest
from azure.functions.decorators.function_app import FunctionBuilder
from azure.storage.blob import BlobServiceClient

from blueprints import datasets, docs, files, health, rejected, reports, uploads, validate, web
from shared.api.call import Call
from shared.api.contract import OPERATIONS
from shared.api.openapi import SHAPES, document
from shared.api.operation import JSON, PROBLEM, Operation
from shared.api.parameters import Parameter
from shared.errors import PlatformError
from shared.ingest.validate import Validate
from shared.stores.sas import UploadAddresses

CSV = ("day,region,amount", "2026-11-16,north,1", "2026-11-16,south,2", "2026-02-30,north,3")
BODIES = {"create_upload": b'{"name": "sales/b.csv"}', "validate": "\n".join(CSV).encode()}
ACCOUNT = "AccountName=account;AccountKey=a2V5;BlobEndpoint=https://account.blob.core.windows.net"
PAGES = ("docs", "dashboard", "asset")  # they take any parameter, as pages do
BY_NAME = {operation.name: operation for operation in OPERATIONS}

type Ask = Callable[..., Any]


@pytest.fixture
def app(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The app over a pipeline in memory."""
    made = SimpleNamespace(
        definitions=pipeline.definitions,
        files=pipeline.records,
        file_requests=pipeline.requests,
        reader=pipeline.reader,
        rejected=pipeline.rejected,
        upload_addresses=UploadAddresses(BlobServiceClient.from_connection_string(ACCOUNT)),
        validate=Validate(pipeline.definitions),
        unreachable=list,
    )
    monkeypatch.setattr("shared.app._app", lambda: made)
    storage = SimpleNamespace(connection_string=ACCOUNT, blob_endpoint=None)
    monkeypatch.setattr("shared.configuration.settings", lambda: SimpleNamespace(storage=storage))
    return made


@pytest.fixture
def ask(app: SimpleNamespace, pipeline: Any, read: Any, request_of: Any) -> Ask:
    """Call a handler by the name of its operation, for what is there unless a `route` says otherwise."""
    record = pipeline.take_in("sales/a.csv", *CSV)
    there = {"report": "sales_by_day", "period": "2026-11-16", "id": record.id, "name": "sales", "path": "docs.css"}

    def ask(name: str, route: dict[str, str] | None = None, **request: Any) -> Any:
        arguments = {key: value for key, value in (there | (route or {})).items() if f"{key}}}" in BY_NAME[name].route}
        made = request_of(route=arguments, **{"body": BODIES.get(name, b"")} | request)
        context, message = SimpleNamespace(trace_context=None), SimpleNamespace(set=lambda _: None)
        match name:
            case "docs" | "dashboard" | "asset":
                return read(handlers()[name](made))
            case "reprocess_file":
                return read(handlers()[name](made, message, context))
        return read(handlers()[name](made, context))

    return ask


def handlers() -> dict[str, FunctionBuilder]:
    modules = (datasets, docs, files, health, rejected, reports, uploads, validate, web)
    found = [(name, value) for module in modules for name, value in vars(module).items() if name in BY_NAME]
    return {name: value for name, value in found if isinstance(value, FunctionBuilder)}


def shown(name: str) -> dict[str, Any]:
    """An operation in the document."""
    operations = [operation for path in document()["paths"].values() for operation in path.values()]
    return next(operation for operation in operations if operation["operationId"] == name)


def assert_declared(name: str, answer: Any) -> None:
    """Status, media type and content are among those that the document has for this operation."""
    declared = shown(name)["responses"]
    assert str(answer.status) in declared
    content = declared[str(answer.status)].get("content")
    if content is None:
        assert answer.text == "null"
        return
    kind = next((kind for kind in content if kind in (answer.type, "*/*")), None)
    assert kind, f"{answer.type} is none of {list(content)}"
    body = answer.body if answer.type in (JSON, PROBLEM) else answer.text
    schema = {**content[kind]["schema"], "components": document()["components"]}
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(schema, format_checker=checker).validate(body)


def test_the_document_is_valid() -> None:
    plain = json.loads(json.dumps(document()))
    assert plain["openapi"].startswith("3.1.")
    openapi_spec_validator.validate(plain)


def test_every_operation_is_in_the_document() -> None:
    paths = document()["paths"]
    found = {(method, path, shown["operationId"]) for path, item in paths.items() for method, shown in item.items()}
    wanted = {(o.method.lower(), "/" + o.route.replace("{*path}", "{path}"), o.name) for o in OPERATIONS}
    assert found == wanted


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_a_key_is_asked_for_unless_the_operation_is_anonymous(operation: Operation) -> None:
    security = shown(operation.name)["security"]
    assert security == ([] if operation.anonymous else [{"functionKey": []}, {"functionKeyInQuery": []}])
    assert ("401" in shown(operation.name)["responses"]) is not operation.anonymous


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_parameter_is_shown_with_its_bounds(operation: Operation) -> None:
    found = {(p["name"], p["in"]): p for p in shown(operation.name)["parameters"]}
    for parameter in operation.parameters:
        assert found[parameter.name, parameter.place]["schema"] == parameter.schema
        assert found[parameter.name, parameter.place]["description"]
        assert found[parameter.name, parameter.place].get("required", False) is (parameter.place == "path")


def test_columns_may_be_parameters_of_the_operations_that_filter() -> None:
    free = [o.name for o in OPERATIONS if any(p["name"] == "filters" for p in shown(o.name)["parameters"])]
    assert free == [operation.name for operation in OPERATIONS if operation.filters]


def test_every_parameter_of_a_path_is_declared_and_in_the_route() -> None:
    for operation in OPERATIONS:
        in_route = {part.strip("{*}") for part in operation.route.split("/") if part.startswith("{")}
        assert in_route == {p.name for p in operation.parameters if p.place == "path"}, operation.name


def objects(schema: Any) -> Iterator[str]:
    """Every object with fields in a part of the document, as text."""
    if isinstance(schema, dict):
        if "properties" in schema and "value" not in schema["properties"]:
            yield json.dumps(schema, sort_keys=True)
        for value in schema.values():
            yield from objects(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from objects(value)


def test_a_shape_that_occurs_several_times_has_a_name() -> None:
    found = list(objects(document()))
    assert [shape for shape in set(found) if found.count(shape) > 1] == []


def test_every_shape_with_a_name_is_used() -> None:
    text = json.dumps(document())
    assert [name for name in SHAPES if f'"#/components/schemas/{name}"' not in text] == []


def test_every_operation_has_a_group_that_is_explained() -> None:
    assert {tag for o in OPERATIONS for tag in shown(o.name)["tags"]} == {tag["name"] for tag in document()["tags"]}


# --- What handlers read ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.name not in PAGES], ids=lambda o: o.name)
def test_a_handler_reads_what_is_declared(operation: Operation, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing else: what it reads without declaring it would be refused before the handler is called."""
    seen: set[str] = set()

    def noting(original: Any) -> Any:
        def note(call: Call, parameter: Parameter[Any]) -> Any:
            seen.add(parameter.name)
            return original(call, parameter)

        return note

    for way in ("__getitem__", "every"):
        monkeypatch.setattr(Call, way, noting(getattr(Call, way)))
    ask(operation.name)
    assert seen == {parameter.name for parameter in operation.parameters}


# --- What handlers answer --------------------------------------------------------------------------------------------

SUCCESSES = {"create_upload": 201, "reprocess_file": 202, "delete_file": 204}


def declaring(status: HTTPStatus) -> list[str]:
    """The operations that say they may answer this."""
    return [operation.name for operation in OPERATIONS if any(a.status == status for a in operation.answers)]


@pytest.mark.parametrize("name", BY_NAME)
def test_an_answer_is_as_declared(name: str, ask: Ask) -> None:
    answer = ask(name)
    assert answer.status == SUCCESSES.get(name, 200)
    assert_declared(name, answer)


@pytest.mark.parametrize("name", BY_NAME)
def test_an_answer_with_a_version_says_so(name: str, ask: Ask) -> None:
    versioned = "ETag" in shown(name)["responses"].get("200", {}).get("headers", {})
    assert ("ETag" in ask(name).headers) is versioned


@pytest.mark.parametrize("name", declaring(HTTPStatus.NOT_MODIFIED))
def test_an_answer_that_has_not_changed_is_as_declared(name: str, ask: Ask) -> None:
    answer = ask(name, headers={"If-None-Match": "*"})
    assert answer.status == HTTPStatus.NOT_MODIFIED
    assert_declared(name, answer)


@pytest.mark.parametrize("name", [name for name in BY_NAME if name not in PAGES])
def test_a_refused_parameter_is_answered_as_declared(name: str, ask: Ask) -> None:
    answer = ask(name, nonsense="1")
    assert answer.status == HTTPStatus.BAD_REQUEST
    assert_declared(name, answer)


@pytest.mark.parametrize("name", declaring(HTTPStatus.NOT_FOUND))
def test_what_is_not_there_is_answered_as_declared(name: str, ask: Ask) -> None:
    answer = ask(name, dict.fromkeys(("report", "id", "name", "path"), "nothing"))
    assert answer.status == HTTPStatus.NOT_FOUND
    assert_declared(name, answer)


@pytest.mark.parametrize("name", ["report_rows", "report_period"])
@pytest.mark.parametrize(("form", "kind"), [("json", JSON), ("csv", "text/csv"), ("ndjson", "application/x-ndjson")])
def test_every_form_of_rows_is_declared(name: str, form: str, kind: str, ask: Ask) -> None:
    answer = ask(name, format=form)
    assert (answer.status, answer.type) == (200, kind)
    assert_declared(name, answer)


def test_rejected_rows_as_csv_are_declared(ask: Ask) -> None:
    answer = ask("rejected_rows", format="csv")
    assert (answer.status, answer.type) == (200, "text/csv")
    assert_declared("rejected_rows", answer)


@pytest.mark.parametrize("name", ["list_files", "report_rows", "report_period"])
def test_a_page_with_a_next_one_is_as_declared(name: str, ask: Ask, pipeline: Any) -> None:
    pipeline.take_in("sales/b.csv", *CSV)
    answer = ask(name, top="1")
    assert "nextLink" in answer.body
    assert_declared(name, answer)


@pytest.mark.parametrize(
    ("name", "request_arguments", "status"),
    [
        ("create_upload", {"body": b" " * 10_001}, 413),
        ("validate", {"body": b" " * (4 * 1024 * 1024 + 1)}, 413),
        ("create_upload", {"body": b"{"}, 400),
        ("report_rows", {"headers": {"Accept": "image/png"}}, 406),
        ("list_files", {"top": "x"}, 400),
        ("reprocess_file", {}, 409),
    ],
)
def test_a_refusal_is_as_declared(
    name: str, request_arguments: dict[str, Any], status: int, ask: Ask, pipeline: Any
) -> None:
    pipeline.world.delete_upload("sales/a.csv")  # only `reprocess_file` looks
    answer = ask(name, **request_arguments)
    assert answer.status == status
    assert_declared(name, answer)


def test_not_being_ready_is_answered_as_declared(ask: Ask, app: SimpleNamespace) -> None:
    app.unreachable = lambda: ["Cosmos DB"]
    answer = ask("ready")
    assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert_declared("ready", answer)


def test_an_outage_is_declared_wherever_services_are_asked(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def out() -> None:
        raise PlatformError("Cosmos DB does not answer.")

    monkeypatch.setattr("shared.app._app", out)
    for name in declaring(HTTPStatus.SERVICE_UNAVAILABLE):
        answer = ask(name)
        assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE, name
        assert_declared(name, answer)


# --- Where the contract is served ------------------------------------------------------------------------------------


def test_the_document_is_served_as_it_is(ask: Ask) -> None:
    assert ask("openapi").body == json.loads(json.dumps(document()))


def test_the_page_loads_nothing_from_elsewhere(ask: Ask) -> None:
    answer = ask("docs")
    assert "//" not in answer.text.replace("<!doctype html>", "")
    policy = dict(rule.partition(" ")[::2] for rule in answer.headers["Content-Security-Policy"].split("; "))
    assert (policy["default-src"], policy["script-src"], policy["style-src"]) == ("'none'", "'self'", "'self'")
    assert policy["connect-src"] == "'self'"


def test_every_file_that_the_page_names_is_served(ask: Ask) -> None:
    names = [part.partition('"')[0] for part in ask("docs").text.split('"assets/')[1:]]
    assert len(names) == 5
    assert [name for name in names if ask("asset", {"path": name}).status != HTTPStatus.OK] == []
