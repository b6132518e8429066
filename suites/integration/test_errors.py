"""What a service must refuse, and how it says so."""

import secrets
from typing import Any

import pytest

from fixtures.api import ProductApi, product_path
from fixtures.polling import eventually
from fixtures.problems import must_be_problem
from fixtures.products import Products

JSON = {"Content-Type": "application/json"}
TOO_LARGE = 7 * 1024 * 1024  # bytes; the contract takes up to 6 MiB
WRONG_FIELDS: dict[str, Any] = {
    "name empty": {"name": ""},
    "name a number": {"name": 5},
    "name null": {"name": None},
    "price negative": {"price": -1},
    "price text": {"price": "299.99"},
    "price true": {"price": True},
    "price null": {"price": None},
    "inventory negative": {"inventory": -1},
    "inventory a fraction": {"inventory": 1.5},
    "inventory text": {"inventory": "5"},
    "category a list": {"category": ["Electronics"]},
    "category empty": {"category": ""},
    "sku an object": {"sku": {}},
    "sku empty": {"sku": ""},
    "description a number": {"description": 1},
}
REQUIRED = ("name", "category", "price", "sku")
WRONG_TEXTS: dict[str, bytes] = {
    "cut off": b'{"name": "x", ',
    "a list": b"[]",
    "text": b'"name"',
    "null": b"null",
    "empty": b"",
    "no UTF-8": b'{"name": "\xff\xfe"}',
    "NaN": b'{"name": "x", "category": "y", "sku": "z", "currency": "USD", "inventory": 1, '
    b'"price": NaN}',
}
WRONG_PARAMETERS = (
    {"limit": "0"},
    {"limit": "101"},
    {"limit": "-1"},
    {"limit": "ten"},
    {"min_price": "cheap"},
    {"max_price": "-1"},
    {"availability": "perhaps"},
    {"sort": "colour"},
    {"sort": "--price"},
    {"cursor": "bm90IG9uZQ"},
)


@pytest.mark.plan("SIT-INT-03")
@pytest.mark.needs("writes")
def test_invalid_body(api: ProductApi, products: Products) -> None:
    """Bodies are sent that are no JSON, no object, lack a field or have one of a wrong type.

    Each is 400, for create and for update alike, and nothing comes to be.
    """
    category = products.category(secrets.token_hex(4))
    made = products.make(category=category)
    for text in WRONG_TEXTS.values():
        refused = api.send("POST", "/products", headers=JSON, content=text)
        must_be_problem(refused, 400, "an invalid body is 400")
    for name in REQUIRED:
        draft = products.draft(category=category)
        del draft[name]
        must_be_problem(api.create(draft), 400, "an invalid body is 400")
    for fields in WRONG_FIELDS.values():
        draft = {**products.draft(category=category), **fields}
        must_be_problem(api.create(draft), 400, "an invalid body is 400")
        must_be_problem(api.update(made["product_id"], fields), 400, "an invalid body is 400")
    # Once what is made after the refused ones can be seen, so could they.
    ours = {product["product_id"] for product in (made, products.make(category=category))}
    listed = eventually(
        lambda: api.listed({"category": category}),
        until=lambda items: ours <= {item.get("product_id") for item in items},
    )
    unwanted = [item for item in listed if item.get("product_id") not in ours]
    refused.must(
        not unwanted,
        "a refused create leaves nothing",
        expected=f"only {sorted(ours)} in the category",
        actual=unwanted[:3],
    )
    left = api.get(made["product_id"])
    left.must_hold(
        {name: made[name] for name in ("name", "price", "inventory", "description")},
        left.json_object("a refused create leaves nothing"),
        "a refused create leaves nothing",
    )


@pytest.mark.plan("SIT-INT-03")
def test_invalid_parameter(api: ProductApi) -> None:
    """Lists are asked for with parameters beyond their limits or of a wrong form: 400."""
    for params in WRONG_PARAMETERS:
        must_be_problem(api.page(params), 400, "a bad parameter is 400")


@pytest.mark.plan("SIT-INT-03")
@pytest.mark.needs("writes")
def test_unknown_id(api: ProductApi, products: Products, jpeg: Any) -> None:
    """Every operation on one product is tried on an id that is none: 404."""
    made = products.make()
    unknown = f"{made['product_id']}{secrets.token_hex(4)}"
    for answer in (
        api.get(unknown),
        api.update(unknown, {"price": 1}),
        api.delete(unknown),
        api.image(unknown),
        api.upload_image(unknown, jpeg),
        api.delete_image(unknown),
        api.image(made["product_id"]),
    ):
        must_be_problem(answer, 404, "an unknown id is 404")


@pytest.mark.plan("SIT-INT-03")
@pytest.mark.needs("writes")
def test_unsupported_method(api: ProductApi, products: Products) -> None:
    """Methods are tried that an address does not have: 405, and Allow names those it has."""
    one = product_path(products.make()["product_id"])
    for method, path, allowed in (
        ("PATCH", "/products", {"GET", "POST"}),
        ("DELETE", "/products", {"GET", "POST"}),
        ("POST", one, {"GET", "PUT", "DELETE"}),
        ("PATCH", one, {"GET", "PUT", "DELETE"}),
        ("PUT", f"{one}/image", {"GET", "POST", "DELETE"}),
    ):
        refused = api.send(method, path, undocumented=True)
        must_be_problem(refused, 405, "an unsupported method is 405")
        named = {name.strip().upper() for name in refused.headers.get("Allow", "").split(",")}
        refused.must(
            allowed <= named and method not in named,
            "405 names what is allowed",
            expected=f"Allow with {', '.join(sorted(allowed))} and without {method}",
            actual=refused.headers.get("Allow"),
        )


@pytest.mark.plan("SIT-INT-03")
@pytest.mark.needs("writes")
def test_unsupported_media_type(api: ProductApi, products: Products) -> None:
    """A create's and an update's body are sent as something else than JSON: 415."""
    one = product_path(products.make()["product_id"])
    for kind in ("text/plain", "application/xml", "application/x-www-form-urlencoded"):
        for method, path in (("POST", "/products"), ("PUT", one)):
            refused = api.send(method, path, headers={"Content-Type": kind}, content=b'{"price":1}')
            must_be_problem(refused, 415, "another media type is 415")


@pytest.mark.plan("SIT-INT-03")
@pytest.mark.needs("writes")
def test_too_large_body(api: ProductApi, products: Products) -> None:
    """A create's body is larger than any that the contract takes: 413."""
    refused = api.create(products.draft(description="x" * TOO_LARGE))
    refused.must_answer(413, "too large a body is 413")


@pytest.mark.plan("SIT-INT-03")
@pytest.mark.needs("writes")
def test_problem_details(api: ProductApi, products: Products) -> None:
    """Errors of every kind are provoked, with input that makes careless code stumble.

    Each is a problem document with a request id of its own, and tells nothing of the inside.
    """
    taken = products.make()["sku"]
    ids = set()
    for status, answer in (
        (400, api.page({"limit": "' OR 1=1 --"})),
        (400, api.page({"cursor": "AAAA" * 500})),
        (401, api.page(role=None)),
        (404, api.get("no-such-id-%00-{}")),
        (404, api.send("GET", "/nothing-here", undocumented=True)),
        (405, api.send("PATCH", "/products", undocumented=True)),
        (409, api.create(products.draft(sku=taken))),
        (415, api.send("POST", "/products", headers={"Content-Type": "a/b"}, content=b"x")),
    ):
        must_be_problem(answer, status, f"the error is a {status}")
        ids.add(answer.json_object("an error is a problem document")["request_id"])
    answer.must(
        len(ids) == 8,
        "an error is a problem document",
        expected="another request_id for each of 8 requests",
        actual=sorted(ids),
    )
