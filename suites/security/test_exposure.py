"""What answers tell that they should not, and who may read them."""

import pytest

from fixtures.security.enumeration import Enumeration
from fixtures.security.exposed import Exposed


@pytest.mark.plan("VAL-SEC-05")
def test_enumeration(enumeration: Enumeration) -> None:
    """Whoever may not asks about a product that exists and about one that is gone.

    The refusals are alike: neither tells which is which.
    """
    enumeration.by_answer()


@pytest.mark.plan("VAL-SEC-05")
@pytest.mark.severity("normal")
def test_timing_of_refusals(enumeration: Enumeration) -> None:
    """The same, many times in pairs: neither refusal takes longer than the other.

    A difference counts if chance alone makes one as clear once in ten thousand times, and then
    once more.
    """
    enumeration.by_time()


@pytest.mark.plan("VAL-SEC-04")
def test_foreign_origins(exposed: Exposed) -> None:
    """Pages of other origins ask, as a browser would for them: none may read what is answered."""
    exposed.origins()


@pytest.mark.plan("VAL-SEC-04")
@pytest.mark.severity("blocker")
def test_told_secrets(exposed: Exposed) -> None:
    """Health, products and errors are looked through: no header and no body holds a secret."""
    exposed.secrets()
