"""Where requests under way at the same moment wait for each other, so that a race is one."""

from __future__ import annotations

import threading

# Long enough for requests that were sent together; who is alone waits as long.
_PATIENCE_S = 0.4


class Meeting:
    """Lets two go on together, each past the point that the other has reached."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._barriers: dict[str, threading.Barrier] = {}

    def wait(self, about: str) -> None:
        """Waits for another one that comes about the same; not for long."""
        with self._lock:
            barrier = self._barriers.setdefault(about, threading.Barrier(2))
        try:
            barrier.wait(_PATIENCE_S)
        except threading.BrokenBarrierError:
            with self._lock:
                if self._barriers.get(about) is barrier:
                    del self._barriers[about]
