"""What is made of values that are none: every class of payload, in every place of the contract."""

import pytest

from fixtures.security.injecting import Injecting
from fixtures.security.payloads import CLASSES, Class


@pytest.mark.active
@pytest.mark.plan("VAL-SEC-02")
@pytest.mark.severity("blocker")
@pytest.mark.needs("writes")
@pytest.mark.parametrize("payloads", CLASSES)
def test_injection(injecting: Injecting, payloads: Class) -> None:
    """Payloads of one class go to every query parameter, path segment, header and body field.

    None selects, changes or removes what an honest value could not; none is run, evaluated or
    waited for, makes a header, leads to a file, makes the service fail or tell of its inside.
    """
    injecting.all(payloads)
