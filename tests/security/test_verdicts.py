"""What an answer to a payload shows, and what it may hold without showing anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from fixtures.security.findings import Findings
from fixtures.security.ground import Ground
from fixtures.security.payloads import Payload
from fixtures.security.places import Place, places
from fixtures.security.target import Target
from fixtures.security.verdicts import INJECTED, Verdicts, without
from fixtures.transport import Exchange
from tests.security.test_findings import Kept

SQL = Payload(class_="sql", text="{value}' OR '1'='1")
SUM = Payload(class_="template", text="{{1337*7331}}", marker="9801547", rule="template-evaluated")
WORKED = {"name": "n", "price": 1, "inventory": 2, "availability": "in_stock"}


@pytest.fixture
def ground() -> Ground:
    """Ground without a service."""
    nothing: Any = None
    return Ground(
        own={"product_id": "p1", "name": "Ownabc lamp", "category": "C-1"},
        mark="Ownabc",
        worked=dict(WORKED),
        other=Target("p2", "Otherxyz chair", {}, ()),
        other_mark="Otherxyz",
        key="k",
        targets=nothing,
        api=nothing,
    )


@pytest.fixture
def kept() -> Kept:
    """What is found."""
    return Kept()


@pytest.fixture
def verdicts(ground: Ground, kept: Kept) -> Verdicts:
    """The judge of payloads."""
    return Verdicts(ground, Findings(kept, "security.injection"))


def came(status: int, body: object = b"", headers: Mapping[str, str] | None = None) -> Exchange:
    """An answer."""
    return Exchange(
        method="GET",
        url="http://localhost/v1.0/products",
        request_headers={},
        request_body=b"",
        status=status,
        headers={"Content-Type": "application/json", **(headers or {})},
        body=body if isinstance(body, bytes) else msgspec.json.encode(body),
        elapsed_s=0.0,
        curl="curl",
        mask=lambda text: text,
    )


def place(where: str) -> Place:
    """A place of the contract by its name."""
    return next(each for each in places() if each.where == where)


@pytest.mark.parametrize(
    ("answers", "payload", "rules"),
    [
        ([came(200, {"items": []})], SQL, []),
        ([came(200, {"name": "Otherxyz chair"})], SQL, ["filter-injected"]),
        ([came(400, b"x", {INJECTED: "yes"})], SQL, ["header-injected"]),
        ([came(500), came(500)], SQL, ["payload-fails"]),
        ([came(500), came(400)], SQL, []),
        ([came(400, b"botocore.errorfactory")], SQL, ["internals-told"]),
        ([came(400, b"Bad value: ' OR '1'='1")], SQL, []),
        ([came(201, b"9801547"), came(201, b"9801547")], SUM, ["template-evaluated"]),
        ([came(201, b"9801547"), came(201, b"no more")], SUM, []),
        ([came(201, b"{{1337*7331}}")], SUM, []),
    ],
)
def test_an_answer_shows_what_it_is(
    verdicts: Verdicts,
    kept: Kept,
    answers: list[Exchange],
    payload: Payload,
    rules: list[str],
) -> None:
    """What may be chance has to come twice; an echo is none."""
    following = iter(answers[1:])
    verdicts.answer("GET /products query q", answers[0], payload, lambda: next(following, None))
    assert [finding.rule for finding in kept.findings] == rules


@pytest.mark.parametrize(
    ("where", "answer", "rules"),
    [
        ("GET /products/{product_id} path product_id", came(404), []),
        ("GET /products/{product_id} path product_id", came(200), ["filter-injected"]),
        ("DELETE /products/{product_id} path product_id", came(204), ["write-injected"]),
        ("DELETE /products/{product_id} header If-Match", came(412), []),
        ("DELETE /products/{product_id} header If-Match", came(204), ["write-injected"]),
        ("GET /products header Authorization", came(401), []),
        ("GET /products header Authorization", came(200), ["filter-injected"]),
        ("POST /orders header Idempotency-Key", came(409), []),
        ("POST /orders header Idempotency-Key", came(422), ["write-injected"]),
        ("POST /products body name", came(201, {"name": "x"}), []),
        ("PUT /products/{product_id} body name", came(200, {**WORKED, "name": "x"}), []),
        (
            "PUT /products/{product_id} body name",
            came(200, {**WORKED, "name": "x", "price": 2}),
            ["write-injected"],
        ),
    ],
)
def test_an_effect_is_what_no_honest_value_has(
    verdicts: Verdicts, kept: Kept, where: str, answer: Exchange, rules: list[str]
) -> None:
    """Found by an id, an ETag or a key that fits nothing; changed beside what was sent."""
    verdicts.effect(place(where), SQL, answer)
    assert [finding.rule for finding in kept.findings] == rules


@pytest.mark.parametrize("form", ["C-1' OR '1'='1", "C-1%27%20OR%20%271%27%3D%271", "' OR '1'='1"])
def test_echoes_are_taken_out(ground: Ground, form: str) -> None:
    """As it was sent, as a URL has it, and without the honest value in front."""
    assert without(SQL, ground, f"no {form}!") == "no !"
