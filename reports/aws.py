"""Clients of AWS that go to AWS, or where an option says, and nowhere else.

``AWS_ENDPOINT_URL``, its likes for one service and ``endpoint_url`` of a configuration file would
lead them to another service, of which nothing then tells: none of these is heard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reports.strict_toml import ConfigurationError

if TYPE_CHECKING:
    from botocore.session import Session

_OF_AWS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".api.amazonwebservices.com.cn")


def client(service: str, *, region: str | None = None, endpoint: str | None = None) -> Any:
    """A client of AWS; ``endpoint`` is one that somebody gave by an option."""
    import boto3

    session: Any = boto3.Session(botocore_session=_deaf())
    return session.client(service, region_name=region, endpoint_url=endpoint)


def for_libraries() -> None:
    """Clients that a library makes from boto3's default session go to AWS from here on as well."""
    import boto3

    boto3.setup_default_session(botocore_session=_deaf())


def _deaf() -> Session:
    """A session whose clients hear of no endpoint but one that they are given."""
    from botocore.config import Config
    from botocore.session import Session

    made = Session()
    deaf = Config(ignore_configured_endpoint_urls=True)  # type: ignore[call-arg]  # not in its stubs
    made.set_default_client_config(deaf)
    return made


def only_of_aws(client: Any) -> Any:
    """The same client, which sends to AWS's own hosts alone.

    A model of a service in a folder of the caller's can name another host as well, so each request
    is looked at when its address is known. Raises ConfigurationError there.
    """
    client.meta.events.register_first("before-send.*", _looked_at)
    return client


def _looked_at(request: Any, **_: Any) -> None:
    where = urlsplit(str(request.url))
    if where.scheme != "https" or not (where.hostname or "").endswith(_OF_AWS):
        raise ConfigurationError(
            f"{where.scheme}://{where.netloc} is none of AWS's addresses, and is not asked"
        )
