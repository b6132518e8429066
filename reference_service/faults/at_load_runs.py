"""Faults that keep a load from arriving, and updates that are lost when many come at once.

Bulk, images sent in and health are left alone: a load is prepared with them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import msgspec

from reference_service.faults.at_pace import every, is_read
from reference_service.faults.fault import Fault, faults
from reference_service.faults.schedules import Clock, EveryNth, Rush
from reference_service.faults.wrapping import PassingCatalog, altered, catalog
from reference_service.handlers.catalog import Catalog
from reference_service.handlers.cursor import Position
from reference_service.handlers.problem import Problem
from reference_service.handlers.product import Entry
from reference_service.handlers.selection import Selection
from reference_service.local.stack import Composition

HELD_S = 4.0  # a profile has clients enough for answers that take a second
RUSH_UPDATES, RUSH_S = 100, 5.0  # more than 20 a second with If-Match, which no other layer asks
LOST = 7  # one in so many


class NoSecondPage(PassingCatalog):
    """Pages after the first are not answered."""

    def page(
        self, selection: Selection, *, after: Position | None, limit: int
    ) -> tuple[list[Entry], Position | None]:
        if after is not None:
            raise Problem(503, "Too busy; try again.")
        return self.inner.page(selection, after=after, limit=limit)


class LosesInARush(PassingCatalog):
    """While many conditional updates come, one in seven is answered and not written."""

    def __init__(self, inner: Catalog, clock: Clock = time.monotonic) -> None:
        super().__init__(inner)
        self._rush = Rush(RUSH_UPDATES, RUSH_S, clock)
        self._chosen = EveryNth(LOST)

    def change(
        self, product_id: str, changes: Mapping[str, object], *, if_match: str | None
    ) -> Entry:
        if if_match is not None and self._rush():
            before = self.inner.get(product_id)
            if before is not None and before.etag == if_match and self._chosen():
                return altered(before, **changes)
        return self.inner.change(product_id, changes, if_match=if_match)


class BreaksInARush(PassingCatalog):
    """While many conditional updates come, one that is too late is an error of the service."""

    def __init__(self, inner: Catalog, clock: Clock = time.monotonic) -> None:
        super().__init__(inner)
        self._rush = Rush(RUSH_UPDATES, RUSH_S, clock)

    def change(
        self, product_id: str, changes: Mapping[str, object], *, if_match: str | None
    ) -> Entry:
        busy = if_match is not None and self._rush()
        try:
            return self.inner.change(product_id, changes, if_match=if_match)
        except Problem as problem:
            if busy and problem.status == 412:
                raise Problem(500, "Something went wrong here.") from None
            raise


def _holding(composition: Composition) -> Composition:
    return msgspec.structs.replace(composition, front_pause=every(1, is_read, HELD_S))


_workload = faults("catalog", "load.workload")
_updates = faults("catalog", "load.concurrent_updates")

FAULTS: tuple[Fault, ...] = (
    _workload(
        "second-page-unanswered",
        "every operation of the workload is answered",
        "Pages after the first answer 503.",
        catalog(NoSecondPage),
    ),
    faults("front", "load.workload")(
        "reads-held",
        "the arrivals come at the rate",
        "Each read is held for four seconds, until no client is free for the next one.",
        _holding,
    ),
    _updates(
        "updates-lost-in-a-rush",
        "no concurrent update is lost",
        "While more than 20 updates a second come with If-Match, one in seven is not written.",
        catalog(LosesInARush),
    ),
    _updates(
        "conflicts-break-in-a-rush",
        "concurrent updates are answered 200 or 412",
        "While more than 20 updates a second come with If-Match, those that lose get 500.",
        catalog(BreaksInARush),
    ),
)
