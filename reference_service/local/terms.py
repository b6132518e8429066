"""How the local stack speaks TLS; a fault changes some of it."""

from __future__ import annotations

import ssl

import msgspec


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What clients are offered.

    `names` are the hosts in the certificate and `days` how long it is still valid; one that is
    not `trusted` comes from an authority that no client knows. `plain` says that requests
    without TLS are answered as if they had it.
    """

    names: tuple[str, ...] = ("127.0.0.1", "localhost")
    days: int = 365
    trusted: bool = True
    oldest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    plain: bool = False
