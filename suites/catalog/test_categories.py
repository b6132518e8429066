"""The hierarchy of categories, and what a list by category holds of it."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from fixtures.api import ProductApi
from fixtures.catalog_model import below
from fixtures.polling import eventually
from fixtures.products import Products
from fixtures.transport import Exchange
from suites.catalog.lists import difference, ids, settled

pytestmark = pytest.mark.needs("writes")

Place = tuple[Any, Any, str | None]  # path, name, path of the parent


@pytest.mark.plan("VAL-CAT-08")
def test_category_hierarchy(api: ProductApi, products: Products) -> None:
    """Products stand in a tree of categories, some of which only begin alike.

    Each list holds a category and all below it, and nothing else; the hierarchy names every
    category once, with those above it that have no product, each under its parent.
    """
    top = products.category(secrets.token_hex(4))
    # Some sort between a category and its descendants: a blank and "-" come before "/".
    used = (
        f"{top}/Audio",
        f"{top}/Audio/Headphones",
        f"{top}/Audio/Headphones/Over-ear & more",
        f"{top}/Audiobooks",
        f"{top}/Audio 2",
        f"{top}/Audio-visual/Audio",
        f"{top}/Video/Players/Portable",
        f"{top}x",
        f"{top}-2/Audio",
    )
    made = {str(products.make(category=path)["product_id"]): path for path in used}
    for category in (top, *used[:2], f"{top}/Video", f"{top}/Audio-visual"):
        wanted = [product_id for product_id, path in made.items() if below(category, path)]
        first = api.page({"category": category})
        first.must_answer(200, "a parent holds its descendants")
        listed = settled(api, {"category": category}, wanted)
        strangers = [item for item in listed if str(item.get("product_id")) not in wanted]
        first.must(
            not strangers,
            "a category holds nothing that only begins alike",
            expected=f"products of {category} and below it",
            actual=[item.get("category") for item in strangers],
        )
        first.must(
            sorted(ids(listed)) == sorted(wanted),
            "a parent holds its descendants",
            expected=f"each product of {category} and below it, once",
            actual=difference(wanted, listed),
        )

    nodes = {
        "/".join(path.split("/")[:depth])
        for path in used
        for depth in range(1, path.count("/") + 2)
    }

    def look() -> Exchange:
        return api.categories()

    seen = eventually(look, until=lambda answer: nodes <= {one[0] for one in places(answer)})
    found = places(seen)
    paths = [path for path, _, _ in found]
    wrong = {path: paths.count(path) for path in sorted(nodes) if paths.count(path) != 1}
    twice = sorted({str(path) for path in paths if paths.count(path) > 1} - nodes)
    seen.must(
        not wrong and not twice,
        "the hierarchy names every category once",
        expected="each category of a product, and each above it, once",
        actual=f"times that a category is named: {wrong}; more than once: {twice[:5]}",
    )
    for path, name, parent in found:
        if path in nodes:
            above, _, last = str(path).rpartition("/")
            seen.must(
                parent == (above or None) and name == last,
                "a child stands under its parent",
                expected=f"{path} as {last} under {above or 'nothing'}",
                actual=f"{name} under {parent}",
            )


def places(answer: Exchange) -> list[Place]:
    """Every node of the hierarchy."""
    phrase = "the hierarchy names every category once"
    answer.must_answer(200, phrase)
    roots = answer.json_object(phrase).get("categories")
    answer.must(
        isinstance(roots, list),
        phrase,
        expected="categories: an array",
        actual=roots,
    )
    return list(walk(roots))


def walk(roots: Any) -> Iterator[Place]:
    """The nodes below ``roots``, each with its parent's path; what is no node is left out."""
    pending: list[tuple[Any, str | None]] = [(roots, None)]
    while pending:
        nodes, parent = pending.pop()
        for node in nodes if isinstance(nodes, list) else []:
            if isinstance(node, dict) and isinstance(node.get("path"), str):
                yield node["path"], node.get("name"), parent
                pending.append((node.get("children"), node["path"]))
