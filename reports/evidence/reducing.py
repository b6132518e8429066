"""Samples of k6 to windows of evidence, while they come in and in bounded memory.

The scripts in ``suites/load/k6`` write one row of the metric ``operation`` for each request,
which carries all that is kept of it. Its tag ``name`` is ``operation|kind|status|error|mark``:
``error`` is one word, empty where the request did not fail, ``mark`` empty where there is none.
The value is k6's http_req_duration in milliseconds, from the first byte sent to the last one
read; what looking the host up and connecting took is not part of it. The time is the request's
end, in microseconds since the epoch. Every other row is skipped unread.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from reports.evidence.histogram import Histogram, decoded
from reports.evidence.load import Kind, Operation, OperationWindow

LONGEST_LINE = 2000  # bytes; k6 writes rows of a hundred
MOST_OPERATIONS = 50
MOST_NAMES = 2000  # distinct tags: operations x statuses x errors x marks
MOST_WORDS = 40  # statuses, errors or marks of one operation; further ones count as OTHER
MOST_WINDOWS = 20_000
OTHER = "other"
_OPEN = 3  # windows that are not encoded yet: rows come a little out of order
_MOST_LATENCIES = 20_000  # kept for what is shown while k6 runs
_EARLIEST_US, _LATEST_US = 1_500_000_000_000_000, 4_000_000_000_000_000
_LONGEST_MS = 1e9
_READ = (b"operation,", b"dropped_iterations,", b"vus,", b"metric_name,")
_NAME = re.compile(
    r"([a-z0-9_-]{1,40})\|(read|write|outside)\|(\d{1,3})\|([\w-]{0,40})\|(\S{0,40})"
)


class Sample(NamedTuple):
    """What the tag of one row says."""

    operation: str
    kind: Kind
    status: str
    error: str
    mark: str


class Reduced(msgspec.Struct, frozen=True, kw_only=True):
    """What one stream of rows came to."""

    operations: tuple[Operation, ...]
    samples: int  # requests that are in the windows
    malformed: int  # rows that could not be read, each perhaps a request that is missing
    dropped: int  # arrivals that k6 says it dropped
    running: int  # iterations under way when k6 last said so
    began_us: int | None  # when the first request was sent, microseconds since the epoch
    ended_us: int | None  # when the last one ended


class Live:
    """What came in since somebody last looked: counts, and latencies in ms by kind."""

    def __init__(self) -> None:
        self.requests = 0
        self.failed = 0
        self.limited = 0  # of the failed, those answered 429
        self.dropped = 0
        self.latencies: dict[str, list[float]] = {}

    def add(self, other: Live) -> None:
        """All of ``other`` as well: what several generators saw."""
        self.requests += other.requests
        self.failed += other.failed
        self.limited += other.limited
        self.dropped += other.dropped
        for kind, values in other.latencies.items():
            self.latencies.setdefault(kind, []).extend(values)


class _Window:
    """One operation's requests within one window."""

    __slots__ = ("errors", "failed", "histogram", "requests", "statuses")

    def __init__(self) -> None:
        self.requests = 0
        self.failed = 0
        self.statuses: dict[str, int] = {}
        self.errors: dict[str, int] = {}
        self.histogram: Histogram | None = None

    def closed(self, at: int) -> OperationWindow:
        return OperationWindow(
            at=at,
            requests=self.requests,
            failed=self.failed,
            statuses=self.statuses,
            errors=self.errors,
            histogram=self.histogram.encoded() if self.histogram else "",
        )


class _Operation:
    """One operation: its closed windows by time, and its marks."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.marks: dict[str, int] = {}
        self.windows: dict[int, OperationWindow] = {}


class Reducer:
    """Takes the CSV that one k6 writes, in pieces of any size. Not for use by several threads.

    Raises ValueError for CSV that cannot be what the scripts write: no such columns, or times
    that are not microseconds.
    """

    def __init__(self, window_s: int) -> None:
        self._window_us = window_s * 1_000_000
        self._rest = b""
        self._skipping = False
        self._columns: tuple[int, int, int] | None = None
        self._names: dict[bytes, Sample | None] = {}
        self._operations: dict[str, _Operation] = {}
        self._open: OrderedDict[int, dict[str, _Window]] = OrderedDict()
        self._known: set[int] = set()
        self._began: int | None = None
        self._ended: int | None = None
        self.samples = 0
        self.malformed = 0
        self.dropped = 0
        self.running = 0
        self._live = Live()

    def feed(self, piece: bytes) -> None:
        """Take more bytes; a row that is not whole yet waits for the rest."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        if self._skipping and lines:
            del lines[0]
            self._skipping = False
        for line in lines:
            if line.startswith(_READ):
                self._row(line)
        if len(self._rest) > LONGEST_LINE:
            self.malformed += not self._skipping
            self._skipping = True
            self._rest = b""

    def finish(self) -> Reduced:
        """Close all windows. A row without its end of line was cut off and is malformed."""
        self.malformed += self._rest.startswith(b"operation,")
        self._rest = b""
        while self._open:
            self._close()
        return Reduced(
            operations=tuple(
                Operation(
                    name=name,
                    kind=one.kind,
                    windows=tuple(one.windows[at] for at in sorted(one.windows)),
                    marks=one.marks,
                )
                for name, one in sorted(self._operations.items())
            ),
            samples=self.samples,
            malformed=self.malformed,
            dropped=self.dropped,
            running=self.running,
            began_us=self._began,
            ended_us=self._ended,
        )

    def take_live(self) -> Live:
        """What came in since the last call."""
        taken, self._live = self._live, Live()
        return taken

    def _row(self, line: bytes) -> None:
        cells = line.rstrip(b"\r").split(b",")
        if line.startswith(b"metric_name,"):
            self._header([cell.decode("ascii", "replace") for cell in cells])
            return
        if self._columns is None:
            raise ValueError("rows of samples without the line that names their columns")
        time, value, name = self._columns
        try:
            at = int(cells[time])
            amount = float(cells[value])
            if line.startswith(b"dropped_iterations,"):
                self.dropped += int(amount)
                self._live.dropped += int(amount)
                return
            if line.startswith(b"vus,"):
                self.running = int(amount)
                return
            sample = self._sample(cells[name])
        except (ValueError, IndexError, OverflowError):
            self.malformed += 1
            return
        if not _EARLIEST_US < at < _LATEST_US:
            raise ValueError(
                f"a sample of the time {cells[time][:40].decode('ascii', 'replace')}: k6 writes "
                "microseconds where K6_CSV_TIME_FORMAT=unix_micro is set"
            )
        if sample is None or not 0 <= amount < _LONGEST_MS or len(line) > LONGEST_LINE:
            self.malformed += 1
            return
        self._count(at, amount, sample)

    def _header(self, names: list[str]) -> None:
        try:
            self._columns = (
                names.index("timestamp"),
                names.index("metric_value"),
                names.index("name"),
            )
        except ValueError:
            raise ValueError(
                f"columns {', '.join(names)[:200]}: timestamp, metric_value and name are needed "
                "(k6 run --system-tags name --out csv)"
            ) from None

    def _sample(self, name: bytes) -> Sample | None:
        """What a tag says, read once; None for one that says nothing."""
        if name not in self._names:
            if len(self._names) >= MOST_NAMES:
                return None
            found = _NAME.fullmatch(name.decode("ascii", "replace"))
            self._names[name] = self._checked(Sample(*found.groups())) if found else None  # type: ignore[arg-type]
        return self._names[name]

    def _checked(self, sample: Sample) -> Sample | None:
        """The sample, unless its operation is one too many or is known as another kind."""
        known = self._operations.get(sample.operation)
        if known is None:
            if len(self._operations) >= MOST_OPERATIONS:
                return None
            known = self._operations[sample.operation] = _Operation(sample.kind)
        return sample if known.kind == sample.kind else None

    def _count(self, at: int, ms: float, sample: Sample) -> None:
        start = at // self._window_us
        if start not in self._open and not self._opened(start):
            self.malformed += 1
            return
        self._open.move_to_end(start)
        window = self._open[start].setdefault(sample.operation, _Window())
        self.samples += 1
        live = self._live
        live.requests += 1
        window.requests += 1
        _add(window.statuses, sample.status)
        if sample.error:
            window.failed += 1
            live.failed += 1
            live.limited += sample.status == "429"
            _add(window.errors, sample.error)
        else:
            if window.histogram is None:
                window.histogram = Histogram()
            window.histogram.record(round(ms * 1000))
        latencies = live.latencies.setdefault(sample.kind, [])
        if len(latencies) < _MOST_LATENCIES:
            latencies.append(ms)
        if sample.mark:
            _add(self._operations[sample.operation].marks, sample.mark)
        sent = at - round(ms * 1000)
        if self._began is None or sent < self._began:
            self._began = sent
        if self._ended is None or at > self._ended:
            self._ended = at

    def _opened(self, start: int) -> bool:
        """Open a window; a late row may open one again. False for one too many."""
        if start not in self._known:
            if len(self._known) >= MOST_WINDOWS:
                return False
            self._known.add(start)
        self._open[start] = {}
        if len(self._open) > _OPEN:
            self._close()
        return True

    def _close(self) -> None:
        """Encode the window that was used the longest ago."""
        start, windows = self._open.popitem(last=False)
        at = start * self._window_us // 1_000_000
        for name, window in windows.items():
            there = self._operations[name].windows
            piece = window.closed(at)
            there[at] = _both(there[at], piece) if at in there else piece


def reduce_csv(lines: Iterable[bytes], window_s: int) -> Reduced:
    """The whole of a CSV that k6 wrote, in lines or in any pieces. Raises ValueError."""
    reducer = Reducer(window_s)
    for piece in lines:
        reducer.feed(piece)
    return reducer.finish()


def merged_operations(parts: Iterable[tuple[Operation, ...]]) -> tuple[Operation, ...]:
    """What several generators measured, as one would have measured it: by sums alone.

    Raises ValueError where they have windows of another form, or an operation is of two kinds.
    """
    whole: dict[str, _Operation] = {}
    for operations in parts:
        for one in operations:
            into = whole.setdefault(one.name, _Operation(one.kind))
            if into.kind != one.kind:
                raise ValueError(
                    f"{one.name} is {into.kind} to one generator, {one.kind} to another"
                )
            _add_all(into.marks, one.marks)
            for window in one.windows:
                there = into.windows
                there[window.at] = _both(there[window.at], window) if window.at in there else window
    return tuple(
        Operation(
            name=name,
            kind=one.kind,
            windows=tuple(one.windows[at] for at in sorted(one.windows)),
            marks=one.marks,
        )
        for name, one in sorted(whole.items())
    )


def _both(one: OperationWindow, other: OperationWindow) -> OperationWindow:
    histogram = decoded(one.histogram)
    histogram.add(decoded(other.histogram))
    statuses, errors = dict(one.statuses), dict(one.errors)
    _add_all(statuses, other.statuses)
    _add_all(errors, other.errors)
    return OperationWindow(
        at=one.at,
        requests=one.requests + other.requests,
        failed=one.failed + other.failed,
        statuses=statuses,
        errors=errors,
        histogram=histogram.encoded(),
    )


def _add(counts: dict[str, int], word: str, amount: int = 1) -> None:
    if word not in counts and len(counts) >= MOST_WORDS:
        word = OTHER
    counts[word] = counts.get(word, 0) + amount


def _add_all(counts: dict[str, int], others: Mapping[str, Any]) -> None:
    for word, amount in others.items():
        _add(counts, word, amount)
