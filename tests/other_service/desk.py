"""What every request to the API passes: who it is, how often, and how refusals are said."""

from __future__ import annotations

import itertools
import time
import traceback
from collections import deque
from collections.abc import Callable
from functools import wraps

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from tests.other_service.printing import answer, problem
from tests.other_service.refusal import Refused

View = Callable[..., Response]
RANKS = ("reader", "editor", "admin")
RATE = 12  # requests a second that the limited caller gets
ROOT = "/v1.0"


class Desk:
    """What every request passes: who it is, how often, and how it is answered."""

    def __init__(self, app: Flask, roles: dict[str, str], delay_s: float) -> None:
        self._roles = roles  # token -> role; "limited" is a reader with a rate
        self._delay_s = delay_s
        self._recent: deque[float] = deque()
        self._requests = itertools.count(1)
        self._turns = itertools.count()
        self.mishaps: list[str] = []  # what should not have happened
        app.before_request(self._welcome)
        app.register_error_handler(Exception, self._sorry)

    def at_least(self, role: str) -> Callable[[View], View]:
        """Lets in whoever has this role or a higher one."""

        def decorate(view: View) -> View:
            @wraps(view)
            def checked(**arguments: str) -> Response:
                if RANKS.index(g.role) < RANKS.index(role):
                    raise Refused(403, "you may look, but not touch")
                return view(**arguments)

            return checked

        return decorate

    def located(self, path: str) -> str:
        """A Location: with the host, and without it the next time."""
        return (request.host_url.rstrip("/") if next(self._turns) % 2 else "") + path

    def _welcome(self) -> None:
        g.request_id = f"no. {next(self._requests)} of today"
        time.sleep(self._delay_s)
        if request.path == f"{ROOT}/products/health":
            return
        scheme, _, g.token = request.headers.get("Authorization", "").partition(" ")
        role = self._roles.get(g.token)
        if scheme.lower() != "bearer" or role is None:
            raise Refused(401, "we do not know you")
        g.role = "reader" if role == "limited" else role
        if role == "limited":
            now = time.monotonic()
            while self._recent and self._recent[0] < now - 1:
                self._recent.popleft()
            if len(self._recent) >= RATE:
                raise Refused(429, "one after the other, please")
            self._recent.append(now)
        if request.method == "HEAD" and request.url_rule is not None:
            raise MethodNotAllowed(request.url_rule.methods)

    def _sorry(self, raised: Exception) -> Response:
        headers = {}
        if isinstance(raised, HTTPException):
            allowed = getattr(raised, "valid_methods", None)
            if allowed:
                headers["Allow"] = ", ".join(sorted(set(allowed) - {"HEAD", "OPTIONS"}))
            raised = Refused(raised.code or 500, "that is not how it is done here")
        if not isinstance(raised, Refused):
            self.mishaps.append("".join(traceback.format_exception(raised)))
            raised = Refused(500, "we stumbled")
        if raised.status == 401:
            headers["WWW-Authenticate"] = 'Bearer realm="shop", error="invalid_token"'
        if raised.status == 429:
            headers["Retry-After"] = "1"
        said = problem(raised, g.request_id)
        return answer(said, raised.status, "application/problem+json", **headers)
