"""Progress of long work: on a terminal in one line, in a log now and then a line."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import IO

AFTER_S = 2.0  # nothing is said of what is done sooner
EVERY_S = 10.0  # in a log
_ON_TERMINAL_S = 0.2


def progress(stream: IO[str], clock: Callable[[], float] = time.monotonic) -> Callable[[str], None]:
    """What is to be told how far the work is, as often as it likes."""
    from rich.console import Console
    from rich.text import Text

    began = clock()
    console = Console(file=stream)  # knows width, NO_COLOR and what is no terminal
    terminal = console.is_terminal
    said = began + AFTER_S - (_ON_TERMINAL_S if terminal else EVERY_S)

    def say(text: str) -> None:
        nonlocal said
        if clock() - said < (_ON_TERMINAL_S if terminal else EVERY_S):
            return
        said = clock()
        if terminal:
            # What is wider than the terminal would be left standing when it is written over.
            stream.write("\r\x1b[K")
            console.print(Text(text), end="", no_wrap=True, overflow="ellipsis")
        else:
            console.print(Text(text), soft_wrap=True)
        stream.flush()

    return say
