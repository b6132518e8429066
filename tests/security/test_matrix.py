"""The expected matrix: kept current, and red for an operation that nobody has looked at."""

from __future__ import annotations

import copy

import pytest

from fixtures.contract.answers import Contract, contract
from fixtures.security.matrix import COLUMNS, TABLE, expected, generated, must_be_current
from fixtures.security.operations import fields, operations
from fixtures.security.places import honest, places, replaced
from fixtures.security.table import html
from reference_service.handlers.app import BASE_PATH, ROUTES
from reports.evidence.access import Access
from reports.strict_toml import ConfigurationError


@pytest.fixture
def grown() -> Contract:
    """The contract with an operation that the table does not have."""
    document = copy.deepcopy(contract().document)
    document["paths"]["/products/{product_id}/price"] = {
        "parameters": [{"$ref": "#/components/parameters/ProductId"}],
        "post": {
            "operationId": "setPrice",
            "security": [{"bearer": ["admin"]}],
            "parameters": [{"name": "Reason", "in": "header", "schema": {"type": "string"}}],
            "requestBody": {
                "content": {
                    "application/json": {
                        "schema": {
                            "properties": {"price": {"type": "number"}, "why": {"type": "string"}}
                        },
                        "example": {"price": 1, "why": "sale"},
                    }
                }
            },
            "responses": {"204": {"description": "Done."}},
        },
    }
    return Contract(document)


def test_the_table_is_current() -> None:
    """What is committed is what the contract says."""
    must_be_current()
    assert TABLE.read_text(encoding="utf-8") == generated()


def test_a_new_operation_is_red_until_looked_at(grown: Contract) -> None:
    """It is in the matrix at once, and the table has to be written anew."""
    with pytest.raises(ConfigurationError, match=r"POST /products/\{product_id\}/price"):
        must_be_current(grown)
    new = next(each for each in operations(grown) if each.path.endswith("/price"))
    assert [expected(new, column) for column in COLUMNS[:4]] == ["401", "403", "403", "in"]


def test_a_new_operation_is_called_honestly(grown: Contract) -> None:
    """Its example is its request, about the product that it is asked for."""
    new = next(each for each in operations(grown) if each.path.endswith("/price"))
    request = new.request("a/b", {"sku": "S"})
    assert request["path"] == "/products/a%2Fb/price"
    assert request["json"] == {"price": 1, "why": "sale"}


def test_a_new_operation_has_its_places(grown: Contract) -> None:
    """Path, header, the token and each field get payloads."""
    new = [place.where for place in places(grown) if place.operation.path.endswith("/price")]
    assert new == [
        f"POST /products/{{product_id}}/price {place}"
        for place in (
            "path product_id",
            "header Reason",
            "header Authorization",
            "body price",
            "body why",
        )
    ]


def test_roles_are_those_of_the_reference_service() -> None:
    """The contract's least roles and the routes' are the same."""
    ours = {
        (each.method, BASE_PATH + each.path.replace("{product_id}", "<product_id>")): each.role
        for each in operations()
    }
    assert ours == {(route.method, BASE_PATH + route.path): route.role for route in ROUTES}


def test_an_item_is_the_draft_wherever_it_stands() -> None:
    """Creates and bulk calls make the check's own product and no other."""
    draft = {"sku": "HT-1", "name": "n"}
    by_name = {each.name: each.request("p", draft) for each in operations() if not each.reads}
    assert by_name["POST /products"]["json"] == draft
    assert by_name["PUT /products/bulk"]["json"] == {"items": [draft]}
    assert by_name["POST /orders"]["json"]["lines"][0]["product_id"] == "p"


def test_fields_are_found_wherever_they_lie() -> None:
    """Through references, arrays, choices and open names."""
    bulk = next(each for each in operations() if each.name == "POST /products/bulk")
    found = {".".join(way) for way in fields(bulk.body)}
    assert {"items", "items.[].sku", "items.[].variants.[].attributes.*"} <= found


@pytest.mark.parametrize(
    ("way", "after"),
    [
        (("a",), {"a": "x", "b": [{"c": 1}, {"c": 2}]}),
        (("b", "[]", "c"), {"a": 0, "b": [{"c": "x"}, {"c": 2}]}),
        (("d", "*"), {"a": 0, "b": [{"c": 1}, {"c": 2}], "d": {"colour": "x"}}),
    ],
)
def test_a_value_is_put_into_its_place(way: tuple[str, ...], after: object) -> None:
    """All else stays as it was, and what is missing on the way is made."""
    body = {"a": 0, "b": [{"c": 1}, {"c": 2}]}
    changed = replaced(body, way, "x")
    assert changed == after
    assert honest(changed, way) == "x"


def attempt(operation: str, *, came: str, good: bool, refused: bool) -> Access:
    """Without a token, where a 401 was due."""
    return Access(
        operation=operation, column="none", expected="401", came=came, good=good, refused=refused
    )


def test_the_table_is_green_amber_and_red() -> None:
    """Let in is red, kept out otherwise is amber; text of others stays text."""
    page = html(
        [
            attempt("GET /a", came="401", good=True, refused=True),
            attempt("GET /b", came="404", good=False, refused=True),
            attempt("GET /<c>", came="200", good=False, refused=False),
        ]
    )
    assert [colour in page for colour in ("#d8f0d8", "#fbeec2", "#f6c8c8")] == [True] * 3
    assert "<c>" not in page
