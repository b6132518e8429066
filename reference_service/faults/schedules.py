"""When a fault that is not for every request shows: by count or by time, the same in every run."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable

Clock = Callable[[], float]  # seconds


class EveryNth:
    """True at each n-th call. Threads may share it."""

    def __init__(self, n: int) -> None:
        self._n = n
        self._calls = itertools.count(1)  # one step of it is not divided between threads

    def __call__(self) -> bool:
        return next(self._calls) % self._n == 0


class SinceFirst:
    """Seconds since the first call, which gets 0."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._first: float | None = None

    def __call__(self) -> float:
        now = self._clock()
        if self._first is None:
            self._first = now
        return now - self._first


class Rush:
    """True while more than `most` calls came within the last `seconds`. Threads may share it."""

    def __init__(self, most: int, seconds: float, clock: Clock = time.monotonic) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._calls: deque[float] = deque()
        self._lock = threading.Lock()

    def __call__(self) -> bool:
        with self._lock:
            now = self._clock()
            self._calls.append(now)
            while self._calls[0] <= now - self._seconds:
                self._calls.popleft()
            return len(self._calls) > self._most


class Bucket:
    """Lets `rate` calls a second through, and `burst` at once. Threads may share it."""

    def __init__(self, rate: float, burst: int, clock: Clock = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._left = float(burst)
        self._at = clock()
        self._lock = threading.Lock()

    def __call__(self) -> bool:
        with self._lock:
            now = self._clock()
            self._left = min(self._burst, self._left + (now - self._at) * self._rate)
            self._at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True
