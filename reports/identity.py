"""Who is speaking: a workflow's OIDC token, the AWS caller, or the name that was given."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from reports.evidence.word import Person
from reports.strict_toml import ConfigurationError

AUDIENCE = "promotion-gate"
ISSUER = "https://token.actions.githubusercontent.com"
_URL, _TOKEN = "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
_TIMEOUT_S = 10.0
_LONGEST = 200  # characters of a claim
Claims = Callable[[str, str], Mapping[str, Any]]  # of a request's URL and token


def speaking(name: str | None, *, aws: bool, claims: Claims | None = None) -> Person:
    """Whoever is known best: in a workflow its actor; with ``aws`` the caller; else ``name``.

    Raises ConfigurationError where nobody can be told, or a workflow's token cannot be had.
    """
    if aws:
        return _aws_caller()
    url, token = os.environ.get(_URL), os.environ.get(_TOKEN)
    if url and token:
        return _workflow((claims or _github_claims)(url, token))
    if not name or not name.strip():
        raise ConfigurationError(
            "who is speaking? --by NAME, --aws for the AWS caller, or a GitHub workflow with the "
            "permission id-token: write"
        )
    return Person(name=name.strip()[:_LONGEST], known_by="name")


def _workflow(claims: Mapping[str, Any]) -> Person:
    actor, repository = str(claims.get("actor", "")), str(claims.get("repository", ""))
    if not actor or not repository:
        raise ConfigurationError("the workflow's token names no actor and repository")
    where = f"{repository} {claims.get('workflow', '?')} run {claims.get('run_id', '?')}"
    return Person(name=actor[:_LONGEST], known_by="github", source=where[:_LONGEST])


def _github_claims(url: str, token: str) -> Mapping[str, Any]:
    """The claims of a token of this workflow, made for us, its signature verified."""
    import jwt
    import requests

    try:
        answer = requests.get(
            f"{url}&{urlencode({'audience': AUDIENCE})}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=_TIMEOUT_S,
        )
        answer.raise_for_status()
        told = str(answer.json()["value"])
        key = jwt.PyJWKClient(f"{ISSUER}/.well-known/jwks").get_signing_key_from_jwt(told)
        found: Mapping[str, Any] = jwt.decode(
            told, key.key, algorithms=["RS256"], audience=AUDIENCE, issuer=ISSUER
        )
    except (requests.RequestException, jwt.PyJWTError, KeyError, ValueError) as problem:
        # Neither the token nor the address that it came from belongs into a message.
        raise ConfigurationError(
            f"the workflow's identity could not be had: {type(problem).__name__}"
        ) from None
    return found


def _aws_caller() -> Person:
    from botocore.exceptions import BotoCoreError, ClientError

    from reports.aws import client, only_of_aws

    try:
        caller = only_of_aws(client("sts", region="us-east-1")).get_caller_identity()
    except (BotoCoreError, ClientError) as problem:
        raise ConfigurationError(f"--aws: sts get-caller-identity failed: {problem}") from None
    return Person(name=str(caller["Arn"])[:_LONGEST], known_by="aws", source=str(caller["Account"]))
