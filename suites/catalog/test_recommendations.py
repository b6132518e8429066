"""What goes with a product, where the service says."""

import secrets
from collections.abc import Collection

import pytest

from fixtures.api import ProductApi
from fixtures.polling import eventually
from fixtures.products import Products
from fixtures.transport import Exchange
from suites.catalog.lists import Item, ids

pytestmark = [pytest.mark.needs("writes"), pytest.mark.needs("recommendations")]

UNLESS_ASKED = 5


@pytest.mark.plan("VAL-CAT-06")
def test_recommendations(api: ProductApi, products: Products) -> None:
    """Beside a product stand others: of its top category and of one that begins alike, in stock
    and not. Then one that was recommended is deleted, and another is sold out.

    Recommended are other products, each once, that exist, are in stock, and are of the same top
    category; no more than asked for. For an unknown product it is 404.
    """
    top = products.category(secrets.token_hex(4))
    asked = str(products.make(category=f"{top}/Audio")["product_id"])
    good = {
        str(products.make(category=f"{top}{below}")["product_id"])
        for below in ("", "/Audio", "/Audio", "/Audio/Headphones", "/Video", "/Video", "/Audiox")
    }
    sold_out = {
        str(products.make(category=f"{top}/Audio", inventory=0)["product_id"]) for _ in range(2)
    }
    for beside in (f"{top}x", f"{top}x/Audio", f"{top}-2/Audio"):
        products.make(category=beside)

    def look() -> Exchange:
        return api.recommendations(asked, limit="20")

    def shows_some(answer: Exchange) -> bool:
        return bool(recommended(answer)) and judged(answer)

    def judged(answer: Exchange) -> bool:
        return set(ids(recommended(answer))) <= good

    answer = eventually(look, until=shows_some)
    must_recommend(answer, asked, good, sold_out)
    for limit, params in ((3, {"limit": "3"}), (1, {"limit": "1"}), (UNLESS_ASKED, {})):
        fewer = api.recommendations(asked, **params)
        fewer.must(
            len(recommended(fewer)) <= limit,
            "recommendations are no more than asked for",
            expected=f"at most {limit}",
            actual=len(recommended(fewer)),
        )
        must_recommend(fewer, asked, good, sold_out)

    going = sorted(set(ids(recommended(answer))) & good)
    for product_id in going[:1]:
        api.delete(product_id).must_answer(204, "delete answers 204")
    for product_id in going[1:2]:
        api.update(product_id, {"inventory": 0}).must_answer(200, "update answers 200")
    good -= set(going[:2])
    sold_out |= set(going[:2])
    must_recommend(eventually(look, until=judged), asked, good, sold_out)

    unknown = api.recommendations(f"{asked}-{secrets.token_hex(8)}")
    unknown.must_answer(404, "an unknown id is 404")


def recommended(answer: Exchange) -> list[Item]:
    """The recommended products of an answer."""
    phrase = "recommendations are other products"
    answer.must_answer(200, phrase)
    items = answer.json_object(phrase).get("items")
    answer.must(
        isinstance(items, list) and all(isinstance(item, dict) for item in items),
        phrase,
        expected="items: an array of products",
        actual=items,
    )
    assert isinstance(items, list)
    return items


def must_recommend(
    answer: Exchange, asked: str, good: Collection[str], gone: Collection[str]
) -> None:
    """Nothing is recommended but what is among ``good``; ``gone`` are sold out or deleted."""
    items = recommended(answer)
    came = ids(items)
    answer.must(
        asked not in came and len(set(came)) == len(came),
        "recommendations are other products",
        expected=f"products other than {asked}, each once",
        actual=came,
    )
    answer.must(
        not set(came) & set(gone),
        "recommendations exist and are in stock",
        expected="none of the products that are sold out or deleted",
        actual=sorted(set(came) & set(gone)),
    )
    strangers = [item.get("category") for item in items if str(item.get("product_id")) not in good]
    answer.must(
        not strangers,
        "recommendations are of the same top category",
        expected="products of the same top category",
        actual=strangers,
    )
