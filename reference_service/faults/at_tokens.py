"""Faults in who is let in."""

from __future__ import annotations

from reference_service.faults.fault import Fault
from reference_service.faults.wrapping import parts
from reference_service.handlers.bearer import Caller, Tokens
from reference_service.local.stack import Composition


class LetsStrangersRead:
    """Who brings no token is taken for a reader."""

    def __init__(self, inner: Tokens) -> None:
        self._inner = inner

    def caller(self, authorization: str | None) -> Caller:
        if authorization is None:
            return Caller(subject="stranger", role="reader")
        return self._inner.caller(authorization)


def _let_strangers_read(composition: Composition) -> Composition:
    return parts(composition, tokens=LetsStrangersRead(composition.service.tokens))


FAULTS = (
    Fault(
        name="unauthenticated-read",
        seam="tokens",
        check="smoke.list_products",
        reason="list without a token is refused",
        description="Products are shown to callers without a token.",
        install=_let_strangers_read,
    ),
)
