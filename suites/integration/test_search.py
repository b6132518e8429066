"""Search and the lists by availability, through the API."""

import secrets
from functools import partial

import pytest

from fixtures.api import ProductApi
from fixtures.polling import eventually
from fixtures.products import Products

pytestmark = pytest.mark.needs("writes")


@pytest.mark.plan("SIT-INT-06")
def test_search(api: ProductApi, products: Products) -> None:
    """A rare word stands in one product's name, in another's description, and in no third.

    Searching it in any case finds the first two; with a filter beside it only the one that fits.
    """
    word = f"Zyx{secrets.token_hex(5)}"
    category = products.category(secrets.token_hex(4))
    named = products.make(name=f"The {word} speaker", category=category)["product_id"]
    described = products.make(description=f"Has {word}. {products.mark}")["product_id"]
    other = products.make(name="Something else", category=category)["product_id"]

    def found(**params: str) -> set[str]:
        return {str(item.get("product_id")) for item in api.listed(params)}

    first = api.page({"q": word})
    first.must_answer(200, "search finds text in the name")
    hits = eventually(lambda: found(q=word), until=lambda ids: {named, described} <= ids)
    first.must(named in hits, "search finds text in the name", expected=named, actual=sorted(hits))
    first.must(
        described in hits,
        "search finds text in the description",
        expected=described,
        actual=sorted(hits),
    )
    first.must(
        hits == {named, described},
        "search finds nothing else",
        expected=sorted({named, described}),
        actual=sorted(hits),
    )
    for written in (word.upper(), word.lower(), word.swapcase()):
        again = eventually(partial(found, q=written), until=lambda ids: ids == hits)
        first.must(
            again == hits,
            "search ignores case",
            expected=f"q={written} finds {sorted(hits)}",
            actual=sorted(again),
        )
    within = eventually(lambda: found(category=category), until=lambda ids: {named, other} <= ids)
    first.must(
        within == {named, other},
        "search combines with a filter",
        expected=f"the category holds {sorted({named, other})}",
        actual=sorted(within),
    )
    both = eventually(lambda: found(q=word, category=category), until=lambda ids: ids == {named})
    first.must(
        both == {named},
        "search combines with a filter",
        expected=f"q and category together find {named}",
        actual=sorted(both),
    )


@pytest.mark.plan("SIT-INT-07", "VAL-INT-03", "VAL-INT-07")
def test_availability_list(api: ProductApi, products: Products) -> None:
    """One product of a category is in stock and one is not; then their stocks are exchanged.

    The list by availability holds just the one that has it, before and after.
    """
    category = products.category(secrets.token_hex(4))
    one = products.make(category=category, inventory=5)["product_id"]
    two = products.make(category=category, inventory=0)["product_id"]

    def listed(availability: str) -> set[str]:
        items = api.listed({"category": category, "availability": availability})
        return {str(item.get("product_id")) for item in items}

    def both() -> tuple[set[str], set[str]]:
        return listed("in_stock"), listed("out_of_stock")

    first = api.page({"category": category, "availability": "in_stock"})
    first.must_answer(200, "availability list holds only what has it")
    seen = eventually(both, until=lambda pair: pair == ({one}, {two}))
    first.must(
        seen == ({one}, {two}),
        "availability list holds only what has it",
        expected=f"in_stock: {one}; out_of_stock: {two}",
        actual=[sorted(ids) for ids in seen],
    )
    api.update(one, {"inventory": 0}).must_answer(200, "availability list follows an update")
    api.update(two, {"inventory": 1}).must_answer(200, "availability list follows an update")
    seen = eventually(both, until=lambda pair: pair == ({two}, {one}))
    first.must(
        seen == ({two}, {one}),
        "availability list follows an update",
        expected=f"in_stock: {two}; out_of_stock: {one}",
        actual=[sorted(ids) for ids in seen],
    )
