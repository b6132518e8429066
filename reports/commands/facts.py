"""An environment, as records of imported evidence have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fixtures.environment import Environment


def facts(environment: Environment) -> dict[str, Any]:
    """The fields of an EnvironmentRecord."""
    aws = environment.aws
    return {
        "name": environment.name,
        "file_digest": environment.digest,
        "base_url": environment.base_url or "",
        "images_url": environment.images_url or "",
        "aws_endpoint_url": environment.aws_endpoint_url,
        "account": aws.account if aws else "",
        "region": aws.region if aws else "",
        "writes": environment.writes,
        "absent": environment.absent(),
    }
