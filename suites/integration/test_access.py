"""Who may do what, for every operation; and how often."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from fixtures.api import Caller, ProductApi, product_path
from fixtures.crowd import Crowd
from fixtures.environment import Role
from fixtures.products import Products
from fixtures.tokens import Token, Tokens
from fixtures.transport import Exchange

LEAST: dict[str, Role] = {
    "list": "reader",
    "get": "reader",
    "categories": "reader",
    "image": "reader",
    "create": "editor",
    "update": "editor",
    "upload": "editor",
    "delete image": "editor",
    "order": "editor",
    "delete": "admin",
    "bulk": "admin",
}
RANK: tuple[Role, ...] = ("reader", "editor", "admin")
CROWD = 40  # requests at once; the contract limits that caller to 20 a second
BURST_S = 5.0


def operations(api: ProductApi, product_id: str) -> dict[str, Callable[[Caller], Exchange]]:
    """Each operation of the contract, called so that it changes nothing even where it is let in."""
    one = product_path(product_id)
    absent = product_path(f"{product_id}-absent")
    empty: dict[str, Any] = {}
    return {
        "list": lambda role: api.send("GET", "/products", role=role),
        "get": lambda role: api.send("GET", one, role=role),
        "categories": lambda role: api.send("GET", "/products/categories", role=role),
        "image": lambda role: api.send("GET", f"{one}/image", role=role),
        "create": lambda role: api.send("POST", "/products", role=role, json=empty),
        "update": lambda role: api.send("PUT", absent, role=role, json=empty),
        "upload": lambda role: api.send("POST", f"{absent}/image", role=role, json=empty),
        "delete image": lambda role: api.send("DELETE", f"{absent}/image", role=role),
        "order": lambda role: api.send("POST", "/orders", role=role, json=empty),
        "delete": lambda role: api.send("DELETE", absent, role=role),
        "bulk": lambda role: api.send("POST", "/products/bulk", role=role, json=empty),
    }


@pytest.mark.plan("SIT-INT-04")
@pytest.mark.severity("blocker")
@pytest.mark.needs("writes")
def test_authentication(api: ProductApi, products: Products, tokens: Tokens) -> None:
    """Every operation is called without a token and with bad ones: 401, and how to do better."""
    real = tokens.of("admin").secret
    bad = (
        Token("no-token-at-all", "BAD_TOKEN"),
        Token(f"{real}x", "BAD_TOKEN"),
        Token(
            f"{real[: len(real) // 2]}{'A' if real[len(real) // 2] != 'A' else 'B'}"
            f"{real[len(real) // 2 + 1 :]}",
            "BAD_TOKEN",
        ),
    )
    for call in operations(api, products.make()["product_id"]).values():
        anonymous = call(None)
        anonymous.must_answer(401, "without a token it is 401")
        anonymous.must(
            anonymous.headers.get("WWW-Authenticate", "").lower().startswith("bearer"),
            "401 says how to authenticate",
            expected="WWW-Authenticate: Bearer …",
            actual=anonymous.headers.get("WWW-Authenticate"),
        )
        for token in bad:
            call(token).must_answer(401, "with a bad token it is 401")


@pytest.mark.plan("SIT-INT-04")
@pytest.mark.severity("blocker")
@pytest.mark.needs("writes")
def test_authorization(api: ProductApi, products: Products) -> None:
    """Every operation is called with each role: 403 below the least that may, never from it on."""
    for name, call in operations(api, products.make()["product_id"]).items():
        for role in RANK:
            answer = call(role)
            if RANK.index(role) < RANK.index(LEAST[name]):
                answer.must_answer(403, "a role too low is 403")
            else:
                answer.must(
                    answer.status not in (401, 403),
                    "a role high enough is let in",
                    expected=f"{name} lets {role} in",
                    actual=answer.status,
                )


@pytest.mark.plan("SIT-INT-05")
@pytest.mark.needs("rate_limiting")
def test_rate_limiting(api: ProductApi, crowd: Crowd) -> None:
    """A caller with a limit of its own asks as fast as it can, and then another caller asks.

    Soon it is answered 429 and told when to come back; nobody else is.
    """

    def ask(one: ProductApi) -> Exchange:
        return one.page({"limit": "1"}, role="limited")

    end = time.monotonic() + BURST_S
    answers: list[Exchange] = []
    # Many at once: one after the other, a slow or distant service is never asked too often.
    while not any(answer.status == 429 for answer in answers) and time.monotonic() < end:
        answers += crowd.act([ask] * CROWD)
    for answer in answers:
        if answer.status != 429:
            answer.must_answer(200, "too many requests are 429")
    limited = next((answer for answer in answers if answer.status == 429), answers[-1])
    limited.must(
        limited.status == 429,
        "too many requests are 429",
        expected="429 at more than 20 requests a second",
        actual=f"{len(answers)} requests in {BURST_S:g} s, {CROWD} at a time, all answered",
    )
    wait = limited.headers.get("Retry-After", "")
    limited.must(
        wait.isdigit() and 0 < int(wait) <= 3600,
        "429 says when to come back",
        expected="Retry-After: seconds",
        actual=wait,
    )
    api.patient = False
    api.page({"limit": "1"}).must_answer(200, "other tokens are not limited")
