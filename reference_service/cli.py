"""The command line: serve, token, faults."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

USAGE_ERROR = 4

app = typer.Typer(
    name="reference-service",
    help="A product service that keeps the contract, to run the suites against, on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _refuse(message: str) -> typer.Exit:
    typer.echo(f"reference-service: {message}", err=True)
    return typer.Exit(USAGE_ERROR)


def _did_you_mean(kind: str, given: str, valid: tuple[str, ...]) -> str:
    import difflib

    close = difflib.get_close_matches(given, valid, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    return f"there is no {kind} {given!r}.{hint} There are: {', '.join(valid)}"


@app.command()
def serve(
    *,
    environment: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="ENV",
            help="Wear this environment's names, account and region: local, dev, sit or prod.",
        ),
    ] = "local",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the API; 0 takes any that is free.")
    ] = 0,
    images_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the images host.")
    ] = 0,
    aws_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the AWS endpoint (moto).")
    ] = 0,
    fault: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Misbehave: one of `reference-service faults`."),
    ] = None,
    seed_products: Annotated[
        int,
        typer.Option(
            min=0, max=100_000, metavar="N", help="Start with N products, always the same."
        ),
    ] = 0,
    capacity: Annotated[
        float | None,
        typer.Option(
            metavar="RPS",
            help="Serve so many requests a second and no more, one after the other: API and "
            "images host together, not the AWS endpoint.",
        ),
    ] = None,
    version: Annotated[str, typer.Option(help="The build that health reports.")] = "1.0.0",
    tls: Annotated[
        bool,
        typer.Option(
            "--tls",
            help="API and images host speak TLS, with certificates of an authority made for it: "
            "ca_file in the JSON line. A plain request is redirected.",
        ),
    ] = False,
    signed_urls: Annotated[
        bool,
        typer.Option(
            "--signed-urls", help="Deliver images by signed URLs alone (capability signed_urls)."
        ),
    ] = False,
    control: Annotated[
        bool,
        typer.Option(
            "--control",
            help='Take commands on stdin, one JSON object a line: {"fault": NAME or null}, '
            '{"token": ROLE}. Ends with stdin.',
        ),
    ] = False,
) -> None:
    """Run the service, its images host and AWS endpoint in one process on 127.0.0.1.

    When ready, one JSON line on stdout gives base_url, images_url, aws_endpoint_url and
    key_file; progress and log go to stderr. Ctrl-C or SIGTERM ends it and removes the key.

    Example: reference-service serve --as sit --seed-products 30
    """
    from reference_service.local.server import Request
    from reference_service.local.server import serve as run
    from reference_service.local.stack import ENVIRONMENTS

    if environment not in ENVIRONMENTS:
        raise _refuse(_did_you_mean("environment", environment, ENVIRONMENTS))
    if capacity is not None and not 0 < capacity < float("inf"):
        raise _refuse(f"--capacity {capacity:g}: requests a second are a number above 0")
    chosen = None
    if fault is not None:
        from reference_service.faults import registry

        try:
            chosen = registry.named(fault)
        except registry.UnknownFaultError as error:
            raise _refuse(str(error)) from None
    request = Request(
        environment=environment,
        version=version,
        port=port,
        images_port=images_port,
        aws_port=aws_port,
        seed_products=seed_products,
        control=control,
        capacity=capacity,
        tls=tls,
        signed_urls=signed_urls,
    )
    try:
        run(request, chosen)
    except OSError as error:
        raise _refuse(f"cannot listen: {error.strerror or error}") from None


@app.command()
def token(
    role: Annotated[
        str,
        typer.Option(
            help="reader, editor, admin, or limited (a reader with few requests a second); or one "
            "that the service must refuse: expired, not-yet-valid, wrong-audience, wrong-issuer, "
            "wrong-key."
        ),
    ],
    key_file: Annotated[Path, typer.Option(help="key_file from the line that serve printed.")],
) -> None:
    """Print a bearer token for a running service.

    Example: export SIT_TOKEN=$(reference-service token --role admin --key-file F)
    """
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from reference_service.local import tokens

    if role not in tokens.ROLES:
        raise _refuse(_did_you_mean("role", role, tokens.ROLES))
    try:
        key = load_pem_private_key(key_file.read_bytes(), password=None)
    except OSError as error:
        raise _refuse(f"cannot read {key_file}: {error.strerror}") from None
    except (ValueError, TypeError):
        raise _refuse(f"{key_file} holds no private key in PEM") from None
    typer.echo(tokens.token(role, key))  # type: ignore[arg-type]


@app.command()
def faults(
    as_json: Annotated[bool, typer.Option("--json", help="As a JSON list.")] = False,
) -> None:
    """List the faults: name, seam, and the check and expectation that must catch each."""
    import msgspec

    from reference_service.faults import registry

    if as_json:
        fields = ("name", "seam", "check", "reason", "description", "capability")
        listed = [{key: getattr(fault, key) for key in fields} for fault in registry.FAULTS]
        typer.echo(msgspec.json.format(msgspec.json.encode(listed)).decode())
        return
    for fault in registry.FAULTS:
        typer.echo(f"{fault.name}  ({fault.seam})")
        typer.echo(f"    {fault.description}")
        typer.echo(f'    caught by {fault.check}: "{fault.reason}"')


def main() -> None:
    """Entry of the `reference-service` command: 0, or 4 for a usage error."""
    try:
        app()
    except SystemExit as leaving:
        # Typer's own code for a usage error is 2, which means missing evidence here.
        sys.exit(USAGE_ERROR if leaving.code == 2 else leaving.code)
