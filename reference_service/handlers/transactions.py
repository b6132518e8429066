"""Transactions: what cancelled one, and many small ones in few calls."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from reference_service.handlers.log import logger
from reference_service.handlers.problem import Problem, busy

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# What one TransactWriteItems takes: 100 actions and 4 MB.
_MAX_ACTIONS = 100
_MAX_BYTES = 3_500_000
_ATTEMPTS = 8
_FIRST_PAUSE_S = 0.02

Answer = TypeVar("Answer")


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """Actions that belong together, and what it means if a condition of theirs fails."""

    actions: tuple[dict[str, Any], ...]
    refusal: Problem


def reasons(error: ClientError) -> list[str]:
    """Why each action was cancelled ("None" for one that was not to blame)."""
    if error.response["Error"]["Code"] != "TransactionCanceledException":
        return []
    found: list[dict[str, str]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]
    return [reason.get("Code", "None") for reason in found]


def failed_condition(error: ClientError, action: int) -> bool:
    codes = reasons(error)
    return len(codes) > action and codes[action] == "ConditionalCheckFailed"


def collided(error: ClientError) -> bool:
    """Whether another writer came between, so that the transaction may be tried again."""
    return bool({"ConditionalCheckFailed", "TransactionConflict"} & set(reasons(error)))


def pause(attempt: int) -> None:
    """Waits longer from attempt to attempt, each writer for a time of its own."""
    longest = _FIRST_PAUSE_S * 2.0 ** min(attempt, 5)
    time.sleep(random.uniform(longest / 2, longest))  # noqa: S311 - spreads writers


def patiently(write: Callable[[], Answer]) -> Answer:
    """What a single write answers; tries again while a transaction holds its item."""
    for attempt in range(_ATTEMPTS):
        try:
            return write()
        except ClientError as error:
            if error.response["Error"]["Code"] != "TransactionConflictException":
                raise
            pause(attempt)
    raise busy()


def write_each(client: DynamoDBClient, writes: Sequence[Write]) -> list[Problem | None]:
    """Does as many of the writes as can be done; for each None, or why it was not done.

    Each is done whole or not at all. Those that share a call fail together, so what
    stands in the way of the others is taken out and the rest tried again.
    """
    outcome: list[Problem | None] = []
    for group in _groups(writes):
        outcome += _write_group(client, group)
    return outcome


def _groups(writes: Sequence[Write]) -> Iterator[list[Write]]:
    group: list[Write] = []
    actions = size = 0
    for write in writes:
        bytes_of = len(msgspec.json.encode(write.actions))
        if group and (actions + len(write.actions) > _MAX_ACTIONS or size + bytes_of > _MAX_BYTES):
            yield group
            group, actions, size = [], 0, 0
        group.append(write)
        actions += len(write.actions)
        size += bytes_of
    if group:
        yield group


def _write_group(client: DynamoDBClient, group: list[Write]) -> list[Problem | None]:
    outcome: dict[int, Problem] = {}
    pending = list(range(len(group)))
    for attempt in range(_ATTEMPTS):
        actions: Any = [action for index in pending for action in group[index].actions]
        try:
            if actions:
                client.transact_write_items(TransactItems=actions)
            return [outcome.get(index) for index in range(len(group))]
        except (BotoCoreError, ClientError) as error:
            codes = reasons(error) if isinstance(error, ClientError) else []
            if not codes:
                logger.error("A group of writes failed", exc_info=error)
                break
        refused = _refused(codes, [len(group[index].actions) for index in pending])
        if not refused:
            pause(attempt)
        outcome |= {pending[place]: group[pending[place]].refusal for place in refused}
        pending = [index for place, index in enumerate(pending) if place not in refused]
    outcome |= {index: busy() for index in pending}
    return [outcome.get(index) for index in range(len(group))]


def _refused(codes: Sequence[str], lengths: Sequence[int]) -> set[int]:
    """Which of the writes, each of so many actions, had a condition that failed."""
    found, start = set(), 0
    for place, length in enumerate(lengths):
        if "ConditionalCheckFailed" in codes[start : start + length]:
            found.add(place)
        start += length
    return found
