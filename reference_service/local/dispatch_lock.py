"""One lock around everything that moto does.

moto keeps its state in plain dictionaries and checks before it writes: under
threads, transactions oversell. Its two ways in are botocore's hook (calls made in
this process) and the Flask views (calls through its HTTP endpoint); both take the
same lock here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache, wraps
from typing import Any

# Reentrant: a moto backend may call another through boto3.
_lock = threading.RLock()


def _locked(call: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(call)
    def one_at_a_time(*args: Any, **kwargs: Any) -> Any:
        with _lock:
            return call(*args, **kwargs)

    return one_at_a_time


@cache
def install() -> None:
    """Puts the lock in place, once for the life of the process."""
    from moto.core import botocore_stubber, utils

    stubber: Any = botocore_stubber.BotocoreStubber
    stubber.process_request = _locked(stubber.process_request)
    view: Any = utils.convert_to_flask_response
    view.__call__ = _locked(view.__call__)
