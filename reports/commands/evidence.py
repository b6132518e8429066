"""``gate evidence``: what runs left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reports.commands.settings import DEFAULT_REPORT_DIR, ROOT, ReportDir, store_in

if TYPE_CHECKING:
    from fixtures.environment import Environment
    from reports.evidence.bucket import Moved, Place, Say
    from reports.evidence.store import Store

app = typer.Typer(help="What runs left behind.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def evidence() -> None:
    """What runs left behind."""


@app.command()
def sweep(
    *,
    env: Annotated[str, typer.Option("--env", help="Where the run wrote.")],
    run: Annotated[str, typer.Option("--run", help="The id of the run, whole.")],
    base_url: Annotated[str | None, typer.Option("--base-url", help="As the run had it.")] = None,
    images_url: Annotated[
        str | None, typer.Option("--images-url", help="As the run had it.")
    ] = None,
    aws_endpoint_url: Annotated[
        str | None, typer.Option("--aws-endpoint-url", help="As the run had it.")
    ] = None,
    allow_writes: Annotated[
        str | None, typer.Option("--allow-writes", help="As the run had it.")
    ] = None,
) -> int:
    """Remove what a killed run left in a service, and nothing of anyone else's."""
    command = [sys.executable, "-m", "pytest", "suites", "-p", "fixtures.sweeping", f"--env={env}"]
    for option, value in (
        ("--base-url", base_url),
        ("--images-url", images_url),
        ("--aws-endpoint-url", aws_endpoint_url),
        ("--allow-writes", allow_writes),
    ):
        if value is not None:
            command.append(f"{option}={value}")
    variables = {**os.environ, "GATE_SWEEP_RUN": run}
    return subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode


@app.command("list")
def list_(report_dir: ReportDir = DEFAULT_REPORT_DIR) -> None:
    """List the runs of the store, oldest first. `gate show RUN` prints one."""
    from reports.rendering.listing import listed

    for line in listed(store_in(report_dir).contents()):
        typer.echo(line)


@app.command("import")
def import_(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="NAME.csv or NAME.csv.gz of each generator, or folders of them."),
    ] = None,
    *,
    env: Annotated[str, typer.Option("--env", help="Which service the load went to.")],
    build: Annotated[
        str | None, typer.Option("--build", help="The build that was meant; needed to import.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option("--profile", help="The profile; else the one the files name.")
    ] = None,
    prepare: Annotated[
        Path | None,
        typer.Option("--prepare", help="Import nothing: write here what generators are given."),
    ] = None,
    zap: Annotated[
        Path | None,
        typer.Option("--zap", help="Import this JSON report of OWASP ZAP, not load."),
    ] = None,
    base_url: Annotated[
        str | None, typer.Option("--base-url", help="Another host: a rehearsal.")
    ] = None,
    images_url: Annotated[
        str | None, typer.Option("--images-url", help="Another host: a rehearsal.")
    ] = None,
    allow_writes: Annotated[
        str | None, typer.Option("--allow-writes", help="With --prepare, as a run has it.")
    ] = None,
    report_dir: ReportDir = DEFAULT_REPORT_DIR,
) -> int:
    """Take what k6 generators elsewhere measured into the store, as one run.

    Each has NAME.summary.json and NAME.machine.json beside its samples: docs/scale-out.md.
    With --zap, takes what ZAP found into the store, as a run of the security layer.
    With --prepare, makes the products that the load needs and writes what generators are given.
    Exit codes: 0 imported; 2 the files are no evidence; 4 a wrong option.
    """
    if prepare is not None:
        if files or build is not None:
            raise typer.BadParameter("it writes, and imports nothing: no files, no --build", None)
        from reports.commands.preparing import prepare_generators

        return prepare_generators(
            prepare,
            {
                "--env": env,
                "--load-profile": profile,
                "--base-url": base_url,
                "--images-url": images_url,
                "--allow-writes": allow_writes,
            },
        )
    from fixtures.environment import load_environment

    environment = load_environment(env, base_url=base_url, images_url=images_url)
    if zap is not None:
        if files or profile is not None:
            raise typer.BadParameter("--zap imports a scan alone: no files, no --profile", None)
        return _import_scan(zap, environment, build, store_in(report_dir))
    return _import(files or [], environment, build, profile, store_in(report_dir))


def _import_scan(path: Path, environment: Environment, build: str | None, store: Store) -> int:
    from reports.commands.importing_zap import imported_scan
    from reports.evidence.generator_files import ImportRefused
    from reports.judging.result import ExitCode
    from reports.strict_toml import ConfigurationError

    if not (build or "").strip():
        raise ConfigurationError("gate evidence import: say which build was meant: --build VERSION")
    try:
        run = imported_scan(path, environment, build=str(build))
        if run.run_id in {known.run_id for _, known in store.runs()}:
            raise ImportRefused(f"run {run.run_id}: this report is imported already")
        digest = store.put_run(run)
    except ImportRefused as problem:
        typer.echo(f"gate: {problem}", err=True)
        return int(ExitCode.UNPROVEN)
    (scan,) = run.scans
    how = f", incomplete: {scan.why}" if scan.why else ""
    typer.echo(
        f"run {run.run_id}: ZAP {scan.version}, {len(run.findings)} findings at {scan.endpoints} "
        f"places, build {run.subject.build}{how}"
    )
    typer.echo(digest)
    return 0


def _import(
    files: list[Path],
    environment: Environment,
    build: str | None,
    profile: str | None,
    store: Store,
) -> int:
    from reports.evidence.generator_files import ImportRefused
    from reports.judging.result import ExitCode
    from reports.strict_toml import ConfigurationError

    if not (build or "").strip():
        raise ConfigurationError("gate evidence import: say which build was meant: --build VERSION")
    try:
        from reports.commands.importing import imported_run
    except ImportError as problem:
        raise ConfigurationError(
            f"importing load needs {problem.name}, which is not installed: run `nox -s load`, or "
            "pip install -r requirements/load.lock"
        ) from None
    try:
        run = imported_run(files, environment, build=str(build), profile=profile)
        if run.run_id in {known.run_id for _, known in store.runs()}:
            raise ImportRefused(f"run {run.run_id}: these files are imported already")
        digest = store.put_run(run)
    except ImportRefused as problem:
        typer.echo(f"gate: {problem}", err=True)
        return int(ExitCode.UNPROVEN)
    load = run.loads[0]
    requests = sum(one.requests for one in load.generators)
    typer.echo(
        f"run {run.run_id}: {load.profile} of {len(load.generators)} generators, {requests} "
        f"requests, build {run.subject.build}, version {run.subject.version or 'not seen'}"
    )
    typer.echo(digest)
    return 0


Where = Annotated[str, typer.Argument(help="s3://bucket/prefix.")]
Endpoint = Annotated[
    str | None, typer.Option("--aws-endpoint-url", help="Another AWS, such as one on a laptop.")
]


@app.command()
def push(
    where: Where, aws_endpoint_url: Endpoint = None, report_dir: ReportDir = DEFAULT_REPORT_DIR
) -> None:
    """Put the store's files into a bucket, where other machines' are; none is overwritten."""
    from reports.evidence.bucket import push as put

    _move(put, where, aws_endpoint_url, report_dir)


@app.command()
def pull(
    where: Where, aws_endpoint_url: Endpoint = None, report_dir: ReportDir = DEFAULT_REPORT_DIR
) -> None:
    """Take a bucket's files into the store; each has to be what its name says."""
    from reports.evidence.bucket import pull as take

    _move(take, where, aws_endpoint_url, report_dir)


@app.command()
def prune(
    older: Annotated[str, typer.Option("--older", help="Than this, such as 90d.")],
    report_dir: ReportDir = DEFAULT_REPORT_DIR,
) -> None:
    """Remove old runs of this store that no decision rests on, nor could; decisions stay.

    Older than any gate takes evidence: what a gate might still heed is never removed.
    """
    from reports.commands.settings import now
    from reports.gates.loading import gate_names, load_policy
    from reports.judging.policy import parse_duration
    from reports.pruning import prune as remove
    from reports.strict_toml import ConfigurationError

    try:
        age = parse_duration(older)
    except ValueError:
        raise ConfigurationError(f"--older {older}: a time, such as 90d") from None
    policies = [load_policy(name).policy for name in gate_names()]
    removed, kept = remove(store_in(report_dir), age, now(), policies)
    typer.echo(f"{removed} runs removed, {kept} kept")


def _move(
    how: Callable[[Store, Place, Any, Say], Moved],
    where: str,
    endpoint: str | None,
    report_dir: Path,
) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    from reports.aws import client
    from reports.evidence.bucket import place_of
    from reports.rendering.progress import progress
    from reports.strict_toml import ConfigurationError

    try:
        place = place_of(where)
    except ValueError as problem:
        raise ConfigurationError(str(problem)) from None
    try:
        s3 = client("s3", endpoint=endpoint)
        moved = how(store_in(report_dir), place, s3, progress(sys.stderr))
    except (BotoCoreError, ClientError) as problem:
        raise ConfigurationError(f"{where}: {problem}") from None
    typer.echo(f"{where}: {moved.moved} files, {moved.there} were there already")
    for name in moved.differ:
        typer.echo(
            f"gate: {name}: the decision is signed otherwise here than there. Both signatures stay "
            "where they are; remove the one that is not to count, and do this again",
            err=True,
        )
