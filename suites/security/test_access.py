"""Who is let in, for every operation of the contract, by what becomes of each attempt."""

import pytest

from fixtures.security.attempts import Attempts, by_operation
from fixtures.security.tricks import Tricks


@pytest.mark.plan("VAL-SEC-05")
@pytest.mark.severity("blocker")
@pytest.mark.parametrize("role", ["none", "reader", "editor", "admin"])
def test_access_matrix(attempts: Attempts, role: str) -> None:
    """Every operation is called without a token and in each role, with a request that is honest.

    It is let in where the matrix says so; anywhere else it is refused, nothing is done, and
    nothing is told.
    """
    attempts.role(role)


@pytest.mark.active
@pytest.mark.plan("VAL-SEC-04")
@pytest.mark.severity("blocker")
@pytest.mark.parametrize(
    "forgery", ["wrong-key", "embedded-key", "alg-none", "hs256-public-key", "tampered-claim"]
)
def test_forged_tokens(attempts: Attempts, forgery: str) -> None:
    """Every operation is called with tokens that anyone can make, all of which say admin.

    None is let in, and nothing is done.
    """
    attempts.refused(by_operation(attempts.credentials.forged(forgery)))


@pytest.mark.plan("VAL-SEC-04")
@pytest.mark.severity("blocker")
@pytest.mark.needs("refused_tokens", "expired_token")
def test_expired_token(attempts: Attempts) -> None:
    """Every operation is called with the issuer's token whose time is over: none lets it in."""
    attempts.refused(by_operation([attempts.credentials.refused("expired")]))


@pytest.mark.plan("VAL-SEC-04")
@pytest.mark.needs("refused_tokens", "not_yet_valid_token")
def test_early_token(attempts: Attempts) -> None:
    """Every operation is called with a token whose time is yet to come: none lets it in."""
    attempts.refused(by_operation([attempts.credentials.refused("not_yet_valid")]))


@pytest.mark.plan("VAL-SEC-04")
@pytest.mark.severity("blocker")
@pytest.mark.needs("refused_tokens", "wrong_audience_token")
def test_foreign_audience(attempts: Attempts) -> None:
    """Every operation is called with the issuer's token for another service: none lets it in."""
    attempts.refused(by_operation([attempts.credentials.refused("wrong_audience")]))


@pytest.mark.plan("VAL-SEC-04")
@pytest.mark.severity("blocker")
@pytest.mark.needs("refused_tokens", "wrong_issuer_token")
def test_foreign_issuer(attempts: Attempts) -> None:
    """Every operation is called with a token of another issuer: none lets it in."""
    attempts.refused(by_operation([attempts.credentials.refused("wrong_issuer")]))


@pytest.mark.plan("VAL-SEC-04")
@pytest.mark.parametrize("place", ["query", "password"])
def test_token_places(attempts: Attempts, place: str) -> None:
    """A good token is brought in the query, as a password and as a cookie: none lets it in."""
    credentials = attempts.credentials
    attempts.refused(credentials.in_query if place == "query" else credentials.as_password)


@pytest.mark.active
@pytest.mark.plan("VAL-SEC-04", "VAL-SEC-05")
@pytest.mark.needs("writes")
def test_method_override(attempts: Attempts) -> None:
    """A role that is too low asks for every operation as another method that names it.

    What it asks for is not done.
    """
    Tricks(attempts).methods()


@pytest.mark.active
@pytest.mark.plan("VAL-SEC-04", "VAL-SEC-05")
@pytest.mark.severity("blocker")
def test_path_tricks(attempts: Attempts) -> None:
    """A role that is too low asks for every operation under other spellings of its path.

    Whatever is answered, it is not let in.
    """
    Tricks(attempts).paths()
