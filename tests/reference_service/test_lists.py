"""Lists: filters, order, pages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reference_service.running import Client, new_product, unique


@pytest.fixture(scope="module")
def shop(admin: Client) -> str:
    """A root category with twelve products below it."""
    root = unique("Shop")
    for number in range(12):
        admin.create(
            name=f"{'Äpfel' if number % 2 else 'Birnen'} {chr(108 - number)}",
            description="Frisch" if number % 3 else "Reif",
            category=(root, f"{root}/Fruit", f"{root}/Fruit/Sweet")[number % 3],
            price=(10, 20, 20.01)[number % 3],
            inventory=number % 2,
        )
    admin.create(category=f"{root}X", price=15)
    return root


def test_a_category_holds_its_descendants_and_nothing_else(admin: Client, shop: str) -> None:
    """A root, a middle and a leaf category; one that only begins alike is not among them."""
    assert len(admin.listed(category=shop)) == 12
    assert len(admin.listed(category=f"{shop}/Fruit")) == 8
    assert len(admin.listed(category=f"{shop}/Fruit/Sweet")) == 4
    assert len(admin.listed(category=f"{shop}X")) == 1
    assert admin.listed(category=shop[:-1]) == []
    assert admin.listed(category=f"{shop}/Fr") == []


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"min_price": 20}, 8),
        ({"max_price": 20}, 8),
        ({"min_price": 20, "max_price": 20}, 4),
        ({"min_price": "20.0000000000000001"}, 4),
        ({"min_price": 21}, 0),
        ({"min_price": 30, "max_price": 10}, 0),
        ({"min_price": "1e300"}, 0),
        ({"availability": "in_stock"}, 6),
        ({"availability": "out_of_stock"}, 6),
        ({"q": "ÄPFEL"}, 6),
        ({"q": "reif"}, 4),
        ({"q": "nothing like it"}, 0),
        ({"q": "äpfel", "availability": "in_stock", "min_price": 20, "max_price": 20}, 2),
    ],
    ids=str,
)
def test_filters_combine(admin: Client, shop: str, filters: dict[str, Any], count: int) -> None:
    """Filters beside the category; bounds are inclusive; text matches whatever its case."""
    found = admin.listed(category=shop, **filters)
    assert len(found) == count
    for product in found:
        assert float(filters.get("min_price", 0)) <= product["price"]
        assert product["price"] <= float(filters.get("max_price", 1e9))


@pytest.mark.parametrize("limit", [1, 3, 100])
@pytest.mark.parametrize("where", ["category", "price", "availability"])
@pytest.mark.parametrize("sort", ["price", "-price", "name", "-name", "created_at", "-created_at"])
def test_every_order_over_every_index(
    admin: Client, shop: str, sort: str, where: str, limit: int
) -> None:
    """Each sort on each index in small pages: complete, no duplicates, in order."""
    filters_of: dict[str, dict[str, Any]] = {
        "category": {"category": shop},
        "price": {"min_price": 1, "max_price": 1000, "q": "frisch"},
        "availability": {"availability": "in_stock"},
    }
    filters = filters_of[where]
    found = admin.listed(**filters, sort=sort, limit=limit)
    ids = [product["product_id"] for product in found]
    assert len(ids) == len(set(ids))
    everything = admin.listed(**filters)
    assert set(ids) == {product["product_id"] for product in everything}
    values = [product[sort.lstrip("-")] for product in found]
    assert values == sorted(values, reverse=sort.startswith("-"))


def test_a_list_stays_complete_while_others_write(admin: Client) -> None:
    """Page through twenty products of one price while others come and go among them."""
    category = unique("Busy")
    stay = {admin.create(category=category, price=5)["product_id"] for _ in range(20)}
    go = [admin.create(category=category, price=5)["product_id"] for _ in range(10)]
    for sort in ("price", "name", "created_at"):
        seen: list[str] = []
        parameters: dict[str, Any] = {"category": category, "sort": sort, "limit": 3}
        while True:
            page = admin.get("/products", params=parameters).json()
            seen += [product["product_id"] for product in page["items"]]
            if page["next_cursor"] is None:
                break
            parameters["cursor"] = page["next_cursor"]
            # The last product seen goes away too: the next page does not need it.
            leaving = [*(each for each in go if each in seen[-1:]), *go[:1]][:1]
            for product_id in leaving:
                go.remove(product_id)
                assert admin.delete(f"/products/{product_id}").status_code == 204
            admin.create(category=category, price=5)
        assert len(seen) == len(set(seen))
        assert stay <= set(seen)


def test_a_cursor_belongs_to_its_list(admin: Client, shop: str) -> None:
    """Another filter, another sort, any altered character: 400; another limit is fine."""
    first = admin.get(f"/products?category={shop}&limit=2").json()
    cursor = first["next_cursor"]
    refused: tuple[dict[str, str], ...] = (
        {"category": f"{shop}X", "cursor": cursor},
        {"category": shop, "sort": "name", "cursor": cursor},
        {"cursor": cursor},
        {"category": shop, "cursor": cursor[:-1] + ("A" if cursor[-1] != "A" else "B")},
        {"category": shop, "cursor": ("A" if cursor[0] != "A" else "B") + cursor[1:]},
        {"category": shop, "cursor": cursor + "="},
        {"category": shop, "cursor": "AAAA"},
        {"category": shop, "cursor": "é"},
    )
    for wrong in refused:
        response = admin.get("/products", params=wrong)
        assert response.status_code == 400, wrong
    more = admin.get(f"/products?category={shop}&limit=100&cursor={cursor}")
    assert len(more.json()["items"]) == 10


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=ten",
        "limit=1.5",
        "limit=",
        "limit=1&limit=2",
        "min_price=-1",
        "min_price=cheap",
        "max_price=NaN",
        "max_price=Infinity",
        "min_price=1e99999999999999999999",
        "availability=maybe",
        "sort=sku",
        "sort=--price",
        "category=",
        "category=A//B",
        "q=" + "x" * 300,
        "unheard_of=1",
    ],
)
def test_a_bad_parameter_is_400(admin: Client, query: str) -> None:
    """Values that do not fit; a problem that names the parameter, never 500."""
    response = admin.get(f"/products?{query}")
    assert response.status_code == 400, response.text
    assert response.json()["errors"][0]["where"] == query.partition("=")[0]


def test_an_updated_product_moves_between_lists(admin: Client) -> None:
    """Change category, price and inventory; each list follows."""
    old, new = unique("Old"), unique("New")
    made = admin.create(category=old, price=50, inventory=1)
    change = {"category": new, "price": 60, "inventory": 0}
    assert admin.put(f"/products/{made['product_id']}", json=change).status_code == 200
    assert admin.listed(category=old) == []
    (found,) = admin.listed(category=new)
    assert found["product_id"] == made["product_id"]
    assert admin.listed(category=new, max_price=50) == []
    assert len(admin.listed(category=new, min_price=60, availability="out_of_stock")) == 1


def test_a_new_product_is_not_listed_twice(admin: Client) -> None:
    """The lock that holds a sku is in no list."""
    sku = unique("L")
    admin.post("/products", json=new_product(sku=sku))
    everything = admin.listed(limit=100)
    assert [each["sku"] for each in everything].count(sku) == 1
    assert all(each["name"] for each in everything)
