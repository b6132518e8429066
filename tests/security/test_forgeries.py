"""Forged tokens are what they say, a verifier refuses them, and one with the flaw does not."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import serialization

from fixtures.security.credentials import Credentials
from fixtures.security.forgeries import Forger, read, verifies
from fixtures.security.issuer_key import _of_jwk, forms, public_keys
from fixtures.tokens import Token, Tokens
from reference_service.faults import credulous
from reference_service.faults.at_security_tokens import RemembersSignatures
from reference_service.faults.credulous import Believes, Credulous
from reference_service.handlers.bearer import SignedTokens
from reference_service.handlers.problem import Problem
from reference_service.handlers.settings import Settings
from reference_service.local.signing_key import SigningKey
from reference_service.local.tokens import AUDIENCE, ISSUER, token
from reports.strict_toml import ConfigurationError
from tests.environment_files import environment_text, write_environment

Make = Callable[[Forger], list[Token]]
KINDS: list[tuple[Make, Believes]] = [
    (Forger.wrong_key, credulous.no_signature),
    (Forger.embedded_key, credulous.key_of_its_own),
    (Forger.unsigned, credulous.another_spelling_of_none),
    (Forger.confused, credulous.public_key_as_secret),
]


@pytest.fixture(scope="module")
def key() -> SigningKey:
    """The issuer's key."""
    made = SigningKey()
    made.remove()
    return made


@pytest.fixture
def verifier(key: SigningKey) -> SignedTokens:
    """What a healthy service verifies with."""
    settings = Settings.from_variables(
        {
            "ENVIRONMENT": "local",
            "SERVICE_VERSION": "1",
            "TABLE_NAME": "t",
            "ORDERS_TABLE_NAME": "o",
            "CALLS_TABLE_NAME": "c",
            "IMAGES_BUCKET": "b",
            "IMAGES_URL": "http://localhost",
            "TOKEN_ISSUER": ISSUER,
            "TOKEN_AUDIENCE": AUDIENCE,
            "TOKEN_KEY": key.public_pem,
        },
        cursor_key=b"k",
    )
    return SignedTokens(settings)


@pytest.fixture
def forger(key: SigningKey) -> Forger:
    """Forges from real tokens."""
    admin, reader = (Token(token(role, key.private), "X") for role in ("admin", "reader"))
    return Forger(admin, reader, forms(key.public_pem.encode()))


@pytest.mark.parametrize(("make", "believes"), KINDS)
def test_a_forgery_is_refused_unless_the_flaw_is_there(
    forger: Forger, verifier: SignedTokens, key: SigningKey, make: Make, believes: Believes
) -> None:
    """None gets past the verifier; one of them gets past the flaw, as an admin."""
    flawed = Credulous(verifier, believes, key.public_pem)
    roles = []
    for forged in make(forger):
        with pytest.raises(Problem):
            verifier.caller(f"Bearer {forged.secret}")
        try:
            roles.append(flawed.caller(f"Bearer {forged.secret}").role)
        except Problem:
            roles.append(None)
    assert "admin" in roles


def test_a_tampered_token_keeps_its_signature(
    forger: Forger, verifier: SignedTokens, key: SigningKey
) -> None:
    """The reader's signature over an admin's claims."""
    low = token("reader", key.private)
    remembers = RemembersSignatures(verifier)
    real = Forger(Token(low, "X"), Token(low, "X"), [])
    forged = real.tampered()[0].secret
    assert forged.rpartition(".")[2] == low.rpartition(".")[2]
    with pytest.raises(Problem):
        remembers.caller(f"Bearer {forged}")
    remembers.caller(f"Bearer {low}")
    assert remembers.caller(f"Bearer {forged}").role == "admin"
    assert forger.tampered()


def test_opaque_tokens_are_forged_too() -> None:
    """Where tokens cannot be read, claims are made up, and a character is changed."""
    forger = Forger(Token("tk_1", "X"), Token("tk_2A", "X"), [])
    assert [each.secret for each in forger.tampered()] == ["tk_2B"]
    for forged in forger.unsigned():
        parts = read(forged.secret)
        assert parts is not None
        assert parts[1]["roles"] == ["admin"]


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "e30.WzFd.x", "e30.bnVsbA.x"])
def test_what_is_no_token_is_not_read(text: str) -> None:
    """Two JSON objects and a signature, or nothing."""
    assert read(text) is None


def test_the_issuers_signature_is_told_from_others(key: SigningKey) -> None:
    """By its public key."""
    pem = key.public_pem.encode()
    assert verifies(token("expired", key.private), pem)
    assert not verifies(token("wrong-key", key.private), pem)


def test_a_key_set_gives_the_same_key(key: SigningKey) -> None:
    """n and e of a JWK are the key in PEM."""
    numbers = key.private.public_key().public_numbers()

    def encoded(number: int) -> str:
        content = number.to_bytes((number.bit_length() + 7) // 8, "big")
        return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

    pem = _of_jwk({"n": encoded(numbers.n), "e": encoded(numbers.e)}, "here")
    loaded = serialization.load_pem_public_key(pem)
    assert loaded == key.private.public_key()
    with pytest.raises(ConfigurationError, match="an RSA key that is none"):
        _of_jwk({"n": "", "e": ""}, "here")


@pytest.fixture
def environment_with_key(
    key: SigningKey, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> object:
    """An environment with every refused token, each in its variable, as it should be."""
    from fixtures.environment import load_environment

    text = environment_text().replace("refused_tokens = false", "refused_tokens = true")
    table = "".join(
        f'{kind} = {{ variable = "T_{kind.upper()}" }}\n'
        for kind in ("expired", "not_yet_valid", "wrong_audience", "wrong_issuer")
    )
    text = text.replace(
        "[capabilities]",
        f'[refused_tokens]\n{table}\n[token_key]\nvariable = "T_KEY"\n\n[capabilities]',
    )
    for kind in ("expired", "not-yet-valid", "wrong-audience", "wrong-issuer"):
        name = "T_" + kind.replace("-", "_").upper()
        monkeypatch.setenv(name, token(kind, key.private))
    monkeypatch.setenv("T_KEY", key.public_pem)
    monkeypatch.setenv("TEST_TOKEN", token("admin", key.private))
    folder = tmp_path_factory.mktemp("environment")
    return load_environment(str(write_environment(folder, text)))


@pytest.mark.parametrize("kind", ["expired", "not_yet_valid", "wrong_audience", "wrong_issuer"])
def test_a_refused_token_must_be_what_it_says(
    environment_with_key: object,
    key: SigningKey,
    monkeypatch: pytest.MonkeyPatch,
    kind: object,
) -> None:
    """The right one is taken; a good one, or one that nobody signed, is a mistake."""
    environment = environment_with_key
    taken = Credentials(environment, Tokens(environment)).refused(kind)  # type: ignore[arg-type]
    assert isinstance(taken.token, Token)
    wrong = [token("admin", key.private)]
    if kind != "wrong_issuer":
        wrong.append(token("wrong-key", key.private))
    for secret in wrong:
        monkeypatch.setenv(f"T_{str(kind).upper()}", secret)
        with pytest.raises(ConfigurationError, match=r"is not what \[refused_tokens\]"):
            Credentials(environment, Tokens(environment)).refused(kind)  # type: ignore[arg-type]


def test_a_key_that_is_none_is_told(
    environment_with_key: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unset, or no key: the variable and its place are named."""
    monkeypatch.setenv("T_KEY", "no key")
    with pytest.raises(ConfigurationError, match="holds no public RSA key"):
        public_keys(environment_with_key)  # type: ignore[arg-type]
    monkeypatch.delenv("T_KEY")
    with pytest.raises(ConfigurationError, match="T_KEY is not set"):
        public_keys(environment_with_key)  # type: ignore[arg-type]
