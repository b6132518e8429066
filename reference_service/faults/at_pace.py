"""Faults in how long an answer takes: made in time, and sent late.

Nothing waits in a thread, so what is not slowed stays as fast as it was. Bulk, images sent
in and health are never slowed: no limit is on them, and a load is prepared with them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import msgspec

from reference_service.faults.fault import Fault, Wrapper, faults
from reference_service.faults.schedules import Clock, EveryNth, SinceFirst
from reference_service.faults.wrapping import PassingCatalog, parts
from reference_service.local.sending import Pause

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import Scope

    from reference_service.handlers.catalog import Catalog
    from reference_service.handlers.problem import Problem
    from reference_service.handlers.product import Entry
    from reference_service.local.stack import Composition

READ_DELAY_S = 0.7  # beyond the 500 ms of a read
WRITE_DELAY_S = 2.2  # beyond the 2 s of a write
# One in so many is slow. tests/reference_service/test_fault_power.py says what that is worth.
SLOW_READS = 8
SLOW_WRITES = 5
SLOW_OF_ONE_OPERATION = 5
GROWTH = 0.04  # seconds more, each second
LONGEST_GROWTH_S = 0.9
SPIKE_FROM_S, SPIKE_S, SPIKES_EVERY_S = 12.0, 20.0, 120.0
LARGE_CATALOG = 300  # products

Asked = Callable[["Scope"], bool]


def is_read(scope: Scope) -> bool:
    """A request with the limit of reads."""
    return scope["method"] == "GET" and _is_limited(scope)


def is_write(scope: Scope) -> bool:
    """A request with the limit of writes."""
    return scope["method"] in ("POST", "PUT", "DELETE") and _is_limited(scope)


def _is_limited(scope: Scope) -> bool:
    return not str(scope["path"]).rstrip("/").endswith(("/health", "/bulk", "/image"))


def _is_price_range(scope: Scope) -> bool:
    query = parse_qs(scope["query_string"].decode("latin-1"))
    return is_read(scope) and bool(query.keys() & {"min_price", "max_price"})


def _is_list(scope: Scope) -> bool:
    return is_read(scope) and str(scope["path"]).rstrip("/").endswith("/products")


def _is_any(_: Scope) -> bool:
    return True


def every(n: int, asked: Asked, seconds: float) -> Pause:
    """Each n-th of the requests that `asked` picks is sent so much later."""
    chosen = EveryNth(n)

    async def pause(scope: Scope) -> None:
        if asked(scope) and chosen():
            await asyncio.sleep(seconds)

    return pause


def growing(clock: Clock = time.monotonic) -> Pause:
    """Each read takes longer than the one before, from the first one on, up to a bound."""
    since_first = SinceFirst(clock)

    async def pause(scope: Scope) -> None:
        if is_read(scope):
            await asyncio.sleep(min(since_first() * GROWTH, LONGEST_GROWTH_S))

    return pause


def spiking(clock: Clock = time.monotonic) -> Pause:
    """For 20 s of every two minutes all reads are slow."""
    since_first = SinceFirst(clock)

    async def pause(scope: Scope) -> None:
        if is_read(scope) and (since_first() - SPIKE_FROM_S) % SPIKES_EVERY_S < SPIKE_S:
            await asyncio.sleep(READ_DELAY_S)

    return pause


def _front(make: Callable[[], Pause]) -> Wrapper:
    return lambda composition: msgspec.structs.replace(composition, front_pause=make())


def _edge(make: Callable[[], Pause]) -> Wrapper:
    return lambda composition: msgspec.structs.replace(composition, edge_pause=make())


class CountingCatalog(PassingCatalog):
    """Knows how many products it has, those that were there before it included."""

    def __init__(self, inner: Catalog, products: int) -> None:
        super().__init__(inner)
        self.products = products

    def add(self, entry: Entry) -> None:
        self.inner.add(entry)
        self.products += 1

    def remove(self, product_id: str, *, if_match: str | None) -> Entry:
        entry = self.inner.remove(product_id, if_match=if_match)
        self.products -= 1
        return entry

    def add_all(self, entries: Sequence[Entry]) -> list[Problem | None]:
        problems = self.inner.add_all(entries)
        self.products += problems.count(None)
        return problems


def _slow_when_large(composition: Composition) -> Composition:
    table: Any = composition.clients["dynamodb"].describe_table(
        TableName=composition.service.settings.table
    )
    catalog = CountingCatalog(composition.service.catalog, table["Table"]["ItemCount"])

    async def pause(scope: Scope) -> None:
        if _is_list(scope) and catalog.products > LARGE_CATALOG:
            await asyncio.sleep(READ_DELAY_S)

    return msgspec.structs.replace(parts(composition, catalog=catalog), front_pause=pause)


_reads = faults("front", "sla.read_latency")
_WITHIN = "95% of the reads are answered within the limit"

FAULTS: tuple[Fault, ...] = (
    _reads(
        "reads-slow",
        _WITHIN,
        "One read in eight takes 700 ms longer.",
        _front(lambda: every(SLOW_READS, is_read, READ_DELAY_S)),
    ),
    _reads(
        "latency-grows",
        _WITHIN,
        "Each second, reads take 40 ms longer, up to 900 ms.",
        _front(growing),
    ),
    _reads(
        "latency-spikes",
        _WITHIN,
        "For 20 s of every two minutes, reads take 700 ms longer.",
        _front(spiking),
    ),
    _reads(
        "large-catalog-slow",
        _WITHIN,
        "Once there are more than 300 products, lists take 700 ms longer.",
        _slow_when_large,
    ),
    faults("front", "sla.write_latency")(
        "writes-slow",
        "95% of the writes are answered within the limit",
        "One write in five takes 2.2 s longer.",
        _front(lambda: every(SLOW_WRITES, is_write, WRITE_DELAY_S)),
    ),
    faults("front", "sla.each_operation")(
        "price-range-slow",
        "95% of each operation's requests are answered within its limit",
        "One list by price range in five takes 700 ms longer.",
        _front(lambda: every(SLOW_OF_ONE_OPERATION, _is_price_range, READ_DELAY_S)),
    ),
    faults("edge", "sla.image_delivery")(
        "images-host-slow",
        "95% of the images are delivered within the limit",
        "One image in five takes 700 ms longer to be delivered.",
        _edge(lambda: every(SLOW_OF_ONE_OPERATION, _is_any, READ_DELAY_S)),
    ),
)
