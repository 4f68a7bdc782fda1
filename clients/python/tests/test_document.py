"""The client has every operation of the OpenAPI document, with everything that can be sent and that is answered.

What the client can send is found out by calling it with every argument, so a new field in the document fails until the
client has an argument for it.
"""

import inspect
import json
import re
from dataclasses import fields, is_dataclass
from typing import Any

import httpx
import jsonschema
import pytest

from booked import ApiError, AsyncClient, Client, EventStatus, NotModified, operations
from booked.call import Call
from tests.places import CODES, DOCUMENT

SPEC = json.loads(DOCUMENT.read_text())
SCHEMAS = SPEC["components"]["schemas"]
OPERATIONS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, methods in SPEC["paths"].items()
    for method, operation in methods.items()
}
ID = "01890a5d-ac96-874b-bd2f-cd3f00000000"
SAMPLES: dict[str, Any] = {"str": ID, "int": 7, "float": 7.5, "bool": True, "Sequence[str]": [ID]}

each_operation = pytest.mark.parametrize("name", OPERATIONS)


def arguments(name: str, required_only: bool = False) -> dict[str, Any]:
    """A value for each argument, or for each that must be given."""
    parameters = inspect.signature(getattr(operations, name)).parameters.values()
    chosen = [each for each in parameters if not required_only or each.default is each.empty]
    return {each.name: SAMPLES[named(each.annotation).removesuffix(" | None")] for each in chosen}


def named(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) else str(kind).replace("collections.abc.", "")


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = SCHEMAS[schema["$ref"].removeprefix("#/components/schemas/")]
    return schema


def body_schema(operation: dict[str, Any]) -> dict[str, Any] | None:
    body = operation.get("requestBody")
    return resolved(body["content"]["application/json"]["schema"]) if body else None


def parameters_in(operation: dict[str, Any], place: str, required_only: bool = False) -> set[str]:
    listed = [each for each in operation.get("parameters", []) if each["in"] == place]
    return {each["name"] for each in listed if each["required"] or not required_only}


def successes(operation: dict[str, Any]) -> dict[int, dict[str, Any]]:
    return {int(status): answer for status, answer in operation["responses"].items() if status.startswith("2")}


def sample(schema: dict[str, Any], required_only: bool) -> Any:
    """A value of the schema: with all members or the required ones, and one that is not in the document."""
    schema = resolved(schema)
    match schema["type"]:
        case "object":
            names = schema.get("required", []) if required_only else schema["properties"]
            return {name: sample(schema["properties"][name], required_only) for name in names} | {"new": [{"a": None}]}
        case "array":
            return [sample(schema["items"], required_only)] * 2
        case "integer":
            return 7
        case "number":
            return 0.5
        case "boolean":
            return True
        case "string":
            # There may be values that are not in the document.
            return "new" if "enum" in schema else ID
        case other:
            raise AssertionError(f"no sample of {other}")


def plain(value: Any) -> Any:
    """What was read, as it was sent; what was not sent is at its default."""
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if not is_dataclass(value):
        return value
    members = {each.name: getattr(value, each.name) for each in fields(value)}
    defaults = {each.name: each.default for each in fields(value)}
    return {name: plain(each) for name, each in members.items() if each != defaults[name]}


def without_new(value: Any) -> Any:
    if isinstance(value, list):
        return [without_new(each) for each in value]
    return (
        {name: without_new(each) for name, each in value.items() if name != "new"} if isinstance(value, dict) else value
    )


def success(operation: dict[str, Any], required_only: bool) -> tuple[httpx.Response, Any]:
    """An answer of the operation, and the value that it gives."""
    [(status, answer)] = successes(operation).items()
    headers = {"Location": f"/event/{ID}/"} if "Location" in answer.get("headers", {}) else {}
    if "content" not in answer:
        return httpx.Response(status, headers=headers), ID if headers else None
    value = sample(answer["content"]["application/json"]["schema"], required_only)
    return httpx.Response(status, json=value, headers=headers), without_new(value)


def test_the_clients_have_each_operation_and_no_other() -> None:
    written = {name for name, each in vars(operations).items() if returns_call(each)}
    assert written == set(OPERATIONS)
    for client in (Client, AsyncClient):
        public = {name for name in dir(client) if not name.startswith("_")}
        assert public - {"token", "close", "aclose"} == set(OPERATIONS) | {"events", "tickets"}


def returns_call(each: object) -> bool:
    if not inspect.isfunction(each) or each.__name__.startswith("_"):
        return False
    return getattr(inspect.signature(each).return_annotation, "__origin__", None) is Call


@each_operation
def test_everything_that_can_be_sent_is_sent(connect: Any, name: str) -> None:
    method, path, operation = OPERATIONS[name]
    client, gateway = connect(success(operation, required_only=False)[0])
    getattr(client, name)(**arguments(name))
    [request] = gateway.requests

    assert request.method == method
    assert request.url.path == path.replace("{id}", ID)
    assert parameters_in(operation, "path") <= {"id"}
    assert set(request.url.params) == parameters_in(operation, "query")
    headers = {"Idempotency-Key", "If-None-Match"}
    assert {each for each in headers if each in request.headers} == parameters_in(operation, "header")
    assert ("Authorization" in request.headers) == ("security" in operation)
    check_body(request, operation)


@each_operation
def test_what_is_required_suffices_and_nothing_else_is_sent(connect: Any, name: str) -> None:
    _, _, operation = OPERATIONS[name]
    client, gateway = connect(success(operation, required_only=True)[0])
    getattr(client, name)(**arguments(name, required_only=True))
    [request] = gateway.requests

    assert set(request.url.params) == parameters_in(operation, "query", required_only=True)
    assert "If-None-Match" not in request.headers
    check_body(request, operation, required_only=True)


def check_body(request: httpx.Request, operation: dict[str, Any], required_only: bool = False) -> None:
    schema = body_schema(operation)
    if schema is None:
        assert request.content == b""
        return
    assert request.headers["Content-Type"] == "application/json"
    body = json.loads(request.content)
    assert set(body) == set(schema["required"] if required_only else schema["properties"])
    jsonschema.validate(body, {**schema, "components": SPEC["components"]})


@pytest.mark.parametrize("required_only", [False, True])
@each_operation
def test_everything_that_is_answered_is_read(connect: Any, name: str, required_only: bool) -> None:
    _, _, operation = OPERATIONS[name]
    reply, expected = success(operation, required_only)
    client, _ = connect(reply)
    answer = getattr(client, name).answer(**arguments(name)) if name != "log_in" else None
    if answer is None:
        assert client.log_in(**arguments(name)) is None
        assert client.token == expected["token"]
    else:
        assert plain(answer.value) == expected
        assert answer.status == reply.status_code


@each_operation
def test_not_modified_is_raised_where_it_is_answered(connect: Any, name: str) -> None:
    _, _, operation = OPERATIONS[name]
    takes_tag = "if_none_match" in arguments(name)
    assert takes_tag == ("304" in operation["responses"])
    if takes_tag:
        client, _ = connect(httpx.Response(304))
        with pytest.raises(NotModified):
            getattr(client, name)(**arguments(name))


@pytest.mark.parametrize("name", ["list_events", "list_tickets"])
def test_the_iterators_take_what_the_pages_take(name: str) -> None:
    iterator = name.removeprefix("list_")
    for client in (Client, AsyncClient):
        page, each = (getattr(client(), each) for each in (name, iterator))
        assert inspect.signature(each).parameters == inspect.signature(page).parameters


def test_a_status_has_the_values_of_the_document() -> None:
    assert {each.value for each in EventStatus} == set(SCHEMAS["EventStatus"]["enum"])


def test_each_code_of_the_api_has_a_class() -> None:
    codes = set(re.findall(r'^    \w+ = "([A-Z]+-\d+)", \d+,', CODES.read_text(), re.MULTILINE))
    assert len(codes) > 30
    assert set(ApiError.class_of_code) == codes
    assert set(re.findall(r"\b[A-Z]+-\d\d\b", DOCUMENT.read_text())) <= codes


def test_an_id_that_would_change_the_path_is_refused(connect: Any) -> None:
    client, gateway = connect(httpx.Response(200))
    for event in ("..", "", f"{ID}/../..", f"{ID}?q=1"):
        with pytest.raises(ValueError):
            client.get_event(event)
    assert gateway.requests == []
