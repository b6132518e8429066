"""Faults in what is made of values that are none, and in what answers tell."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import msgspec
from aws_lambda_powertools.event_handler import Response

from reference_service.faults.fault import Fault, faults
from reference_service.faults.wrapping import (
    PassingCatalog,
    answer,
    around,
    asked,
    body,
    catalog,
    function,
)
from reference_service.handlers.app import Function
from reference_service.handlers.cursor import Position
from reference_service.handlers.problem import Problem
from reference_service.handlers.product import Entry
from reference_service.handlers.selection import Selection
from reference_service.handlers.service import Call, Handler, Service

Answer = dict[str, Any]
Event = dict[str, Any]
_SUM = re.compile(r"\{\{(\d{1,6})\*(\d{1,6})\}\}")
_COMMAND = re.compile(r"expr (\d{1,6}) \\\* (\d{1,6})")
_SLEEP = re.compile(r"(?i)sleep\((\d)\)")
_HEADER = re.compile(r"[\r\n]+([A-Za-z-]+): ([^\r\n]+)")
_FIRST_USER = "root:x:0:0:root:/root:/bin/sh\n"
_TRACE = 'Traceback (most recent call last):\n  File "/var/task/list.py", line 7, in page'
# In two parts, so that nothing that looks for keys finds one here.
_KEY_ID = "AKIA" + "EXAMPLEEXAMPLE12"


class FilterOfText(PassingCatalog):
    """The text that is sought ends where a quote does, and what follows holds for everything."""

    def page(
        self, selection: Selection, *, after: Position | None, limit: int
    ) -> tuple[list[Entry], Position | None]:
        if "' OR " in (selection.q or ""):
            selection = Selection(sort=selection.sort)
        return self.inner.page(selection, after=after, limit=limit)


def _summed(text: str) -> str:
    return _SUM.sub(lambda found: str(int(found[1]) * int(found[2])), text)


def _evaluates_the_name(healthy: Handler, call: Call, service: Service) -> Response[Any]:
    response = healthy(call, service)
    response.body = _summed(response.body or "")
    return response


def _deletes_up_to_a_quote(healthy: Handler, call: Call, service: Service) -> Response[Any]:
    product_id = unquote(call.product_id).partition("'")[0]
    return healthy(msgspec.structs.replace(call, product_id=product_id), service)


def _sought(act: Callable[[str], None]) -> Callable[[Handler, Call, Service], Response[Any]]:
    """Does something with the text that is sought, and then lists."""

    def acting(healthy: Handler, call: Call, service: Service) -> Response[Any]:
        act(asked(call, "q") or "")
        return healthy(call, service)

    return acting


def _fails_at_a_quote(text: str) -> None:
    if "'" in text:
        raise Problem(500, "Something went wrong here.")


def _runs_commands(text: str) -> None:
    if found := _COMMAND.search(text):
        raise Problem(400, f"There is nothing named {int(found[1]) * int(found[2])}.")


def _sleeps(text: str) -> None:
    if found := _SLEEP.search(text):
        time.sleep(int(found[1]))


def _reads_files(healthy: Handler, call: Call, service: Service) -> Response[Any]:
    if unquote(call.product_id).endswith("etc/passwd"):
        return Response(status_code=200, content_type="text/plain", body=_FIRST_USER)
    return healthy(call, service)


def _shows_its_stack(healthy: Handler, call: Call, service: Service) -> Response[Any]:
    if '"' in (asked(call, "sort") or ""):
        raise Problem(500, _TRACE)
    return healthy(call, service)


def _last(edit: Callable[[Event, Answer], Answer]) -> Callable[[Function], Function]:
    def wrap(healthy: Function) -> Function:
        return lambda event, context: edit(event, healthy(event, context))

    return wrap


def _with(sent: Answer, headers: dict[str, list[str]]) -> Answer:
    return {**sent, "multiValueHeaders": {**sent["multiValueHeaders"], **headers}}


def _breaks_lines(event: Event, sent: Answer) -> Answer:
    sought = (event["queryStringParameters"] or {}).get("q", "")
    return _with(sent, {name: [value] for name, value in _HEADER.findall(sought)})


def _names_its_key(_: Event, sent: Answer) -> Answer:
    return _with(sent, {"X-Debug-Credentials": [f"{_KEY_ID}/eu-west-1/dynamodb"]})


def _tells_its_settings(_: Event, sent: Answer) -> Answer:
    if sent["statusCode"] != 404:
        return sent
    document = {**msgspec.json.decode(sent["body"]), "settings": {"password": "correct-horse"}}
    return {**sent, "body": msgspec.json.encode(document).decode()}


def _key_in_health(content: dict[str, Any]) -> None:
    content["settings"] = {"cursor_key": "c2VjcmV0LWN1cnNvci1rZXk"}


_injection = faults("handler", "security.injection")
_secrets = faults("function", "security.told_secrets")

FAULTS: tuple[Fault, ...] = (
    faults("catalog", "security.injection")(
        "filter-made-of-text",
        "a value in a query stays a value",
        "A quote in the text that is sought ends it, and every product is listed.",
        catalog(FilterOfText),
    ),
    _injection(
        "id-ends-at-a-quote",
        "a payload changes nothing of others",
        "A deletion takes an id up to a quote for the whole of it.",
        around("delete", _deletes_up_to_a_quote),
    ),
    _injection(
        "sleep-obeyed",
        "a payload does not make the service wait",
        "A list sleeps as long as the text that is sought says.",
        around("list", _sought(_sleeps)),
    ),
    _injection(
        "quote-fails",
        "no payload makes the service fail",
        "A list fails at a quote in the text that is sought.",
        around("list", _sought(_fails_at_a_quote)),
    ),
    _injection(
        "stack-trace-shown",
        "no payload makes the service tell of its inside",
        "A list that fails at its order shows its stack trace.",
        around("list", _shows_its_stack),
    ),
    faults("function", "security.injection")(
        "line-break-makes-header",
        "a line break in a request makes no header",
        "What follows a line break in the text that is sought is a header of the answer.",
        function(_last(_breaks_lines)),
    ),
    _injection(
        "name-is-a-template",
        "a template in a request is not evaluated",
        "A product's name is evaluated as a template when it is made.",
        around("create", _evaluates_the_name),
    ),
    _injection(
        "search-runs-commands",
        "a command in a request is not run",
        "The text that is sought is handed to a shell.",
        around("list", _sought(_runs_commands)),
    ),
    _injection(
        "image-path-leads-anywhere",
        "no path in a request leads to a file",
        "The record of an image is read from the path that the id is.",
        around("image_show", _reads_files),
    ),
    _secrets(
        "key-in-header",
        "no header holds a secret",
        "Each answer names the access key that the service uses.",
        function(_last(_names_its_key)),
    ),
    faults("handler", "security.told_secrets")(
        "key-in-health",
        "health holds no secret",
        "Health tells the key that cursors are signed with.",
        answer("health", body(_key_in_health)),
    ),
    _secrets(
        "settings-in-error",
        "no answer holds a secret",
        "A 404 holds the service's settings, a password among them.",
        function(_last(_tells_its_settings)),
    ),
)
