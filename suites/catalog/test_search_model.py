"""Lists with all their filters together, against a model that knows no service."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as begin_at
from hypothesis import strategies as st

from fixtures.api import ProductApi
from fixtures.catalog_model import Query, disorder
from fixtures.expectations import Unmet
from fixtures.polling import eventually
from fixtures.products import Product, Products
from fixtures.recording import Evidence
from fixtures.seed import VARIABLE, seed
from fixtures.transport import Exchange
from suites.catalog.lists import difference, ids, left_until, right_at, settled

pytestmark = pytest.mark.needs("writes")

PHRASE = "a list is what its filters select"
CATALOGS = 3  # each is uploaded once
QUERIES = 60  # of each catalog
SHRINKING = 60  # further queries, once one has failed, to find a smaller one

# Letters of several scripts in both cases, of which folding makes one letter again (no "ß");
# a combining mark; characters beyond U+FFFF; and what pattern languages take for their own.
SIGNS = "aAbBeEkKsSzZ09éÉ\u0301ÅåΣ\u03c3ςЖжДд日本\U0001d11e\U0001f680%_*.\\'\"&+#/?<>()[]"
PRICES = [Decimal(p) for p in ("0", "0.01", "0.1", "9.99", "10", "99.99", "999999.99", "1000000")]
# Below the catalog's own category, some of them begin alike.
PLACES = ["", "/Audio", "/Audio/Headphones", "/Audiobooks", "/Audio 2", "/Audio-2/Audio", "/Video"]
# Without a category a service may have to read everything that anyone has: such queries are few.
WHERE = [*["category"] * 4, *["both"] * 11, "word"]
CENT = Decimal("0.01")
STOCKS = ["in_stock", "out_of_stock"]
SORTS = ["price", "-price", "name", "-name", "created_at", "-created_at"]

prices = st.sampled_from(PRICES) | st.decimals(0, 1_000_000, places=2)
# Each differs from another one by its case, by a mark of its own, or as a pattern would have it.
WORDS = [
    "Ear",
    "éar",
    "e\u0301ar",
    "\u017fea",
    "ςα",
    "Å1",
    "100%",
    "100 m",
    "a_b",
    "axb",
    "a.b",
    "[ab]",
]
signs = st.text(SIGNS, min_size=1, max_size=4)
texts = st.lists(st.sampled_from(WORDS) | signs, min_size=1, max_size=4).map(" ".join)
drafts = st.fixed_dictionaries(
    {
        "name": texts,
        "description": texts | st.just(""),
        "category": st.sampled_from(PLACES),
        "price": prices,
        "inventory": st.sampled_from([0, 1, 7, 1_000_000]),
    }
)
catalogs = st.lists(drafts, min_size=6, max_size=12)


@pytest.mark.plan("VAL-CAT-03")
def test_search_model(api: ProductApi, products: Products, evidence: Evidence) -> None:
    """Catalogs are made up and uploaded, and lists are asked of them with all kinds of filters.

    Each list holds just what the model selects of the catalog, in an order that the model allows.
    A query that does not is made smaller first. GATE_SEED makes up others.
    """
    start = seed()
    evidence.observe(f"data made up from {VARIABLE}={start}", {"seed": str(start)})
    for number, drawn in enumerate(made_up(start)):
        top = products.category(f"{number}-{products.draft()['sku'][-8:]}")
        catalog = {}
        for fields in drawn:
            # A word of their own in the description finds them without their category, too.
            described = f"{fields['description']} {top} {products.mark}"
            place = {"category": top + fields["category"], "description": described}
            draft = products.draft(**{**fields, **place})
            catalog[draft["sku"]] = draft
        settled_at = upload(api, top, catalog)
        asked = queries(top, list(catalog.values()))
        ask(api, catalog, asked, start + number, settled_at)


def made_up(start: int) -> list[list[Product]]:
    """Some catalogs, from the larger of those that Hypothesis makes up."""
    found: list[list[Product]] = []

    @begin_at(start)
    @bounded_by(4 * CATALOGS)
    @given(catalogs)
    def collect(catalog: list[Product]) -> None:
        found.append(catalog)

    collect()
    return sorted(found, key=len)[-CATALOGS:]


def upload(api: ProductApi, top: str, catalog: Mapping[str, Product]) -> float:
    """Import a catalog and wait for it; by when each of its lists has to be right."""
    imported = api.bulk("POST", list(catalog.values()))
    imported.must_answer(200, "a catalog can be uploaded")
    settled_at = right_at()
    made = [product_id for product_id, sku in api.created.items() if sku in catalog]
    listed = settled(api, {"category": top}, made)
    imported.must(
        sorted(ids(listed)) == sorted(made) and len(made) == len(catalog),
        PHRASE,
        expected=f"the {len(catalog)} products of the catalog, in its category",
        actual=difference(made, listed),
    )
    return settled_at


def queries(top: str, catalog: list[Product]) -> st.SearchStrategy[Query]:
    """Queries that select nothing but of this catalog: all have its category or its word."""

    def near(product: Product) -> st.SearchStrategy[Query]:
        """Filters about one product: half of the queries or more select it."""
        parts = product["category"].removeprefix(top).split("/")
        price, name = product["price"], product["name"]
        described = product["description"].partition(top)[0].strip()
        return around(
            paths=[top, *(top + "/".join(parts[:n]) for n in range(1, len(parts) + 1))],
            lows=[None, None, None, price, max(price - CENT, Decimal(0)), price + CENT],
            highs=[None, None, None, price, price + CENT, max(price - CENT, Decimal(0))],
            stocks=[None, None, None, *STOCKS],
            # Words of the product, pieces of its name, and the end of what describes it.
            texts=[word for word in WORDS if word in name or word in described] * 4
            + [name, name[: len(name) // 2], name[len(name) // 2 :], described],
            words=[top, top.upper(), f"{described} {top}", f"{described[-2:]} {top}"],
        )

    far = around(
        paths=[top + place for place in [*PLACES, "/Nothing"]],
        lows=[None, *(product["price"] for product in catalog)],
        highs=[None, *(product["price"] for product in catalog)],
        stocks=[None, *STOCKS],
        texts=[*WORDS, *SIGNS],
        words=[top],
    )
    plain = around(
        paths=[top], lows=[None], highs=[None], stocks=[None], texts=WORDS, words=[top.upper()]
    )
    one = st.sampled_from(catalog)
    return one.flatmap(near) | one.flatmap(near) | plain | far


def around(
    *,
    paths: list[str],
    lows: list[Decimal | None],
    highs: list[Decimal | None],
    stocks: list[str | None],
    texts: list[str],
    words: list[str],
) -> st.SearchStrategy[Query]:
    """Queries with these values in all combinations, each with a path or one of ``words``."""
    whole = [text.strip() for text in texts if text.strip()]
    cases = st.sampled_from([str, str.upper, str.lower, str.swapcase])
    cased = st.builds(lambda text, case: case(text), st.sampled_from(whole), cases)

    values = {
        "where": st.sampled_from(WHERE),
        "category": st.sampled_from(paths),
        "q": cased,
        "word": st.sampled_from([word.strip() for word in words]),
        "min_price": st.sampled_from(lows),
        "max_price": st.sampled_from(highs),
        "availability": st.sampled_from(stocks),
        "sort": st.sampled_from([None, *SORTS]),
        "limit": st.sampled_from([None, 100, 7, 3, 2]),
    }
    return st.fixed_dictionaries(values).map(query)


def query(drawn: dict[str, Any]) -> Query:
    """A query of its values: with the lower price first, and a category, a text, or both."""
    fields = {**drawn}
    where, word = fields.pop("where"), fields.pop("word")
    low, high = fields["min_price"], fields["max_price"]
    if low is not None and high is not None and low > high:
        fields |= {"min_price": high, "max_price": low}
    if where == "word":
        fields |= {"category": None, "q": word, "limit": 100}
    elif where == "category":
        fields["q"] = None
    return Query(**fields)


def ask(
    api: ProductApi,
    catalog: Mapping[str, Product],
    wanted: st.SearchStrategy[Query],
    start: int,
    settled_at: float,
) -> None:
    """Ask queries. Raises the Unmet of the smallest that was answered wrongly."""
    answered: dict[Query, Unmet | None] = {}  # no query is asked twice: a verdict stands
    failed: list[Query] = []

    @begin_at(start)
    @bounded_by(QUERIES)
    @given(wanted)
    def holds(query: Query) -> None:
        if query not in answered:
            if failed and len(answered) - list(answered).index(failed[0]) > SHRINKING:
                return
            try:
                must_select(api, catalog, query, settled_at)
                answered[query] = None
            except Unmet as problem:
                answered[query] = problem
                failed.append(query)
        verdict = answered[query]
        if verdict is not None:
            raise verdict

    holds()


def must_select(
    api: ProductApi, catalog: Mapping[str, Product], query: Query, settled_at: float
) -> None:
    """A list holds what the model selects, in an order that it allows; at once after settled_at."""
    wanted = sorted(sku for sku, product in catalog.items() if query.selects(product))
    params = query.params()
    pages = eventually(
        lambda: list(api.pages(params)),
        until=lambda pages: sorted(skus(pages)) == wanted,
        within_s=left_until(settled_at),
    )
    came, first = skus(pages), pages[0][0]
    found = {
        "missing": [brief(catalog[sku]) for sku in wanted if sku not in came],
        "not wanted": [brief(catalog.get(sku, {"sku": sku})) for sku in came if sku not in wanted],
        "more than once": sorted({sku for sku in came if came.count(sku) > 1}),
    }
    first.must(
        sorted(came) == wanted,
        PHRASE,
        expected=f"{len(wanted)} of the catalog's {len(catalog)} products ({VARIABLE}={seed()})",
        actual={what: products for what, products in found.items() if products},
    )
    shown = [
        {**catalog[str(item.get("sku"))], "created_at": item.get("created_at")}
        for _, items in pages
        for item in items
    ]
    wrong = disorder(shown, query.sort) if query.sort else None
    first.must(
        wrong is None,
        PHRASE,
        expected=f"a list sorted by {query.sort} ({VARIABLE}={seed()})",
        actual=[brief(product) for product in wrong or ()],
    )


def skus(pages: list[tuple[Exchange, list[Any]]]) -> list[str]:
    """The sku of each item, page after page."""
    return [str(item.get("sku")) for _, items in pages for item in items]


def brief(product: Mapping[str, Any]) -> dict[str, Any]:
    """What filters and sorts look at, for a message."""
    hidden = ("image_url", "currency", "product_id")
    return {name: value for name, value in product.items() if name not in hidden}


def bounded_by(examples: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """So many examples, always the same for a seed, with nothing kept and no deadline."""
    return settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )
