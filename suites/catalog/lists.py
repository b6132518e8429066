"""Lists looked at as a whole, however short their pages are."""

import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from fixtures.api import ProductApi
from fixtures.expectations import Unmet
from fixtures.polling import INDEX_DELAY_S, eventually

Item = dict[str, Any]


def settled(api: ProductApi, params: Mapping[str, str], wanted: Collection[str]) -> list[Item]:
    """A list once it holds just ``wanted``, or as it is when its time to do so is up."""
    return eventually(
        lambda: api.listed(params),
        until=lambda items: sorted(ids(items)) == sorted(wanted),
    )


def right_at() -> float:
    """By when lists show all that was written until now, on the clock of time.monotonic."""
    return time.monotonic() + INDEX_DELAY_S


def left_until(moment: float) -> float:
    """How many seconds it is until then; 0 when that is past."""
    return max(0.0, moment - time.monotonic())


def in_time(attempt: Callable[[], None], moment: float) -> None:
    """Judge lists; once more when they have to be right, if they failed while they need not be.

    One list may be right and the next one late: they may come from different replicas.
    """
    may_be_late = left_until(moment) > 0
    try:
        attempt()
    except Unmet:
        if not may_be_late:
            raise
        eventually(lambda: None, until=lambda _: False, within_s=left_until(moment))
        attempt()


def ids(items: list[Item]) -> list[str]:
    """The ids of listed products, in order."""
    return [str(item.get("product_id")) for item in items]


def difference(wanted: Collection[str], items: list[Item]) -> str:
    """What a list lacks, has beyond ``wanted``, or has twice; empty where there is nothing."""
    came = ids(items)
    parts = {
        "missing": sorted(set(wanted) - set(came)),
        "not wanted": sorted(set(came) - set(wanted)),
        "more than once": sorted({one for one in came if came.count(one) > 1}),
    }
    return "; ".join(f"{what}: {', '.join(found)}" for what, found in parts.items() if found)
