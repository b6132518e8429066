"""A scanner's pass over the service."""

import pytest

from fixtures.security.scanning.scanning import Scanning


@pytest.mark.plan("VAL-SEC-01")
@pytest.mark.severity("blocker")
def test_scan(scanning: Scanning) -> None:
    """OWASP ZAP where the command line names one, else schemathesis, wapiti and sqlmap.

    Each gets the contract, an address that leads to the service alone, and no token of its own.
    Where attacks may not be sent it looks at honest answers. One that crashed, took too long or
    was let in nowhere says nothing.
    """
    scanning.run()
