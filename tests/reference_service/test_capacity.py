"""serve --capacity: a queue with a known rate, on a clock of its own."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from reference_service.local.capacity import Capacity
from tests.reference_service.running import RunningService


class Clock:
    """Time that goes on when a test says so, and what was slept until then."""

    def __init__(self) -> None:
        self.now = 100.0
        self.sleepers: list[tuple[float, asyncio.Future[None]]] = []

    async def sleep(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        self.sleepers.append((self.now + seconds, future))
        await future

    async def advance(self, seconds: float) -> None:
        """Lets that time go by, waking who is due."""
        end = self.now + seconds + 1e-9
        while due := sorted((each for each in self.sleepers if each[0] <= end), key=lambda e: e[0]):
            self.now = due[0][0]
            self.sleepers.remove(due[0])
            if not due[0][1].done():
                due[0][1].set_result(None)
            await settled()
        self.now = end


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class Host:
    """An application that notes when each request reaches it."""

    def __init__(self, clock: Clock, seen: list[tuple[str, float]]) -> None:
        self._clock = clock
        self._seen = seen

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self._seen.append((scope["path"], round(self._clock.now - 100, 6)))


class Queue:
    """Two hosts behind one queue of ten requests a second."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.seen: list[tuple[str, float]] = []
        capacity = Capacity(10, clock=lambda: self.clock.now, sleep=self.clock.sleep)
        self._hosts = [capacity.before(Host(self.clock, self.seen)) for _ in range(2)]

    async def send(self, path: str, *, host: int = 0) -> asyncio.Task[None]:
        scope: Any = {"type": "http", "path": path}
        coroutine: Any = self._hosts[host](scope, None, None)  # type: ignore[arg-type]
        task: asyncio.Task[None] = asyncio.create_task(coroutine)
        await settled()
        return task


def test_one_after_the_other_whichever_host() -> None:
    """Three requests at once for two hosts: each a tenth of a second after the one before."""

    async def story() -> None:
        queue = Queue()
        for path, host in (("a", 0), ("b", 1), ("c", 0)):
            await queue.send(path, host=host)
        await queue.clock.advance(1)
        assert queue.seen == [("a", 0.1), ("b", 0.2), ("c", 0.3)]

    asyncio.run(story())


def test_below_the_rate_nobody_waits() -> None:
    """One every 150 ms takes a tenth of a second each; time that was free is not saved up."""

    async def story() -> None:
        queue = Queue()
        for number in range(4):
            await queue.send(str(number))
            await queue.clock.advance(0.15)
        assert [when for _, when in queue.seen] == pytest.approx([0.1, 0.25, 0.4, 0.55])

    asyncio.run(story())


def test_beyond_the_rate_the_queue_grows() -> None:
    """Twenty a second for two seconds at a rate of ten: the last is served two seconds late."""

    async def story() -> None:
        queue = Queue()
        for number in range(40):
            await queue.send(str(number))
            await queue.clock.advance(0.05)
        assert len(queue.seen) == 20
        await queue.clock.advance(10)
        assert queue.seen[-1][1] == pytest.approx(4.0)

    asyncio.run(story())


def test_who_goes_away_keeps_the_place() -> None:
    """The second of three is cancelled: it is not served, and the third no earlier."""

    async def story() -> None:
        queue = Queue()
        await queue.send("a")
        gone = await queue.send("b")
        await queue.send("c")
        gone.cancel()
        await queue.clock.advance(1)
        assert queue.seen == [("a", 0.1), ("c", 0.3)]

    asyncio.run(story())


def test_lateness_is_not_handed_on() -> None:
    """A request that wakes late is late alone: the rate stays what it is."""

    async def story() -> None:
        queue = Queue()
        await queue.send("a")
        # The clock is already past the time of "a" when the next one comes.
        queue.clock.now += 0.13
        await queue.send("b")
        await queue.send("c")
        await queue.clock.advance(1)
        assert [when for _, when in queue.seen[1:]] == pytest.approx([0.23, 0.33])

    asyncio.run(story())


def test_served_with_a_fault_at_a_known_rate() -> None:
    """Twenty requests at once to the API and the images host, at 50 a second: 0.4 s, not less."""
    service = RunningService("--capacity", "50", "--fault", "no-etag")
    try:
        hosts = [f"{service.ready['base_url']}/v1.0/products/health", service.ready["images_url"]]
        began = time.monotonic()
        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(service.client(None).get, hosts * 10))
        assert time.monotonic() - began >= 20 / 50
        assert [answer.status_code for answer in answers] == [200, 403] * 10
    finally:
        assert service.close()[0] == 0
