"""The project's sessions: `nox -s smoke` is the main job, `nox -s tests` its own tests.

Environments live in `.venv` (what a gate job needs; `pytest` and `gate` are used
directly from it) and `.nox/dev` (the same and the development tools). Both are made
with the uv that comes with `nox[uv]`, from hash-locked files, and are kept: when
nothing changed, looking costs a tenth of a second.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import nox
from nox.virtualenv import HAS_UV, UV

if sys.version_info < (3, 11):  # noqa: UP036 - nox may run on any
    sys.exit(f"promotion-gate needs Python 3.11 or later; nox runs on {sys.version.split()[0]}")
if not HAS_UV:
    sys.exit('uv is missing: install nox with it, `pip install "nox[uv]"`')

ROOT = Path(__file__).parent
RUNTIME_LOCK = "requirements.lock"
RUNTIME_ENVIRONMENT = ".venv"
DEVELOPMENT_ENVIRONMENT = ".nox/dev"
PEERS_ENVIRONMENT = ".nox/peers"
WAPITI_ENVIRONMENT = ".nox/wapiti"  # where the scan looks for it
SCRIPTS = "Scripts" if os.name == "nt" else "bin"

# What a group adds to the runtime lock, in the order in which they constrain each other.
ADDING_GROUPS = ("report", "load", "k6", "browser", "scan", "dev")
# What driving and judging load takes.
LOAD_LOCKS = ("requirements/load.lock", "requirements/k6.lock")
# What cannot live beside the runtime lock: environments of their own.
SEPARATE_GROUPS = ("wapiti", "peers")

nox.needs_version = ">=2025.5"
nox.options.sessions = ["lint", "types", "tests"]
nox.options.default_venv_backend = "none"  # the environments are shared: see `prepare`


def prepare(
    session: nox.Session, environment: str, locks: Sequence[str], *, project: bool = True
) -> Path:
    """Make or complete an environment; returns the folder of its programs.

    An environment of an older Python than 3.11, or a broken one, is made anew.
    """
    folder = ROOT / environment
    programs = folder / SCRIPTS
    python = programs / ("python.exe" if os.name == "nt" else "python")
    if not python.exists() or python_version(folder) < (3, 11):
        session.run_install(UV, "venv", "--quiet", "--clear", "-p", sys.executable, str(folder))
    install = (UV, "pip", "install", "--quiet", "--python", str(python))
    arguments = [part for lock in locks for part in ("-r", lock)]
    session.run_install(*install, "--require-hashes", *arguments)
    if project:
        # A hashed lock and an editable project do not go into one command.
        session.run_install(*install, "--no-deps", "--editable", ".")
    return programs


def python_version(environment: Path) -> tuple[int, ...]:
    """The Python of an environment as (major, minor); (0,) when it does not say."""
    try:
        text = (environment / "pyvenv.cfg").read_text()
    except FileNotFoundError:
        return (0,)
    found = re.search(r"^version(?:_info)?\s*=\s*(\d+)\.(\d+)", text, re.MULTILINE)
    return (int(found[1]), int(found[2])) if found else (0,)


def development(session: nox.Session) -> Path:
    """The environment of the project's own tests and checks."""
    added = [f"requirements/{group}.lock" for group in ("browser", "scan", "dev")]
    locks = [RUNTIME_LOCK, *LOAD_LOCKS, *added, *report_lock()]
    return prepare(session, DEVELOPMENT_ENVIRONMENT, locks)


def report_lock() -> list[str]:
    """The lock that brings Node, for machines that have none recent enough."""
    sys.path.insert(0, str(ROOT))
    from reports.rendering.node import node_on_path

    return [] if node_on_path() else ["requirements/report.lock"]


@nox.session
def smoke(session: nox.Session) -> None:
    """The main job: pytest -m smoke --env=local, then the report. `-- --env=sit` goes to pytest."""
    programs = prepare(session, RUNTIME_ENVIRONMENT, [RUNTIME_LOCK, *report_lock()])
    where = [] if option(session.posargs, "--env") else ["--env=local"]
    started = time.time()
    try:
        session.run(str(programs / "pytest"), "-m", "smoke", *where, *session.posargs)
    finally:
        draw_report(session, programs, since=started)


def draw_report(session: nox.Session, programs: Path, *, since: float) -> None:
    """Draw the page of a run that decided something; a failure here changes no decision."""
    folder = option(session.posargs, "--report-dir") or "reports/out"
    decision = ROOT / folder / "decision.json"
    if decision.exists() and decision.stat().st_mtime >= since:
        command = (str(programs / "gate"), "report", f"--report-dir={folder}")
        session.run(*command, success_codes=range(256))


def option(arguments: Sequence[str], name: str) -> str | None:
    """The value that a command line gives an option: the last one wins."""
    values = [
        arg.partition("=")[2] if "=" in arg else following
        for arg, following in zip(arguments, [*arguments, ""][1:], strict=True)
        if arg.split("=")[0] == name
    ]
    return values[-1] if values else None


@nox.session
def load(session: nox.Session) -> None:
    """The load and SLA layers: pytest -m "load or sla" --env=local, then the report."""
    locks = [RUNTIME_LOCK, *LOAD_LOCKS, *report_lock()]
    programs = prepare(session, RUNTIME_ENVIRONMENT, locks)
    where = [] if option(session.posargs, "--env") else ["--env=local"]
    started = time.time()
    try:
        session.run(str(programs / "pytest"), "-m", "load or sla", *where, *session.posargs)
    finally:
        draw_report(session, programs, since=started)


@nox.session
def security(session: nox.Session) -> None:
    """The security layer with its scanners: pytest -m security --env=local, then the report."""
    scan = [f"requirements/{group}.lock" for group in ("browser", "scan")]
    programs = prepare(session, RUNTIME_ENVIRONMENT, [RUNTIME_LOCK, *scan, *report_lock()])
    prepare(session, WAPITI_ENVIRONMENT, ["requirements/wapiti.lock"], project=False)
    where = [] if option(session.posargs, "--env") else ["--env=local"]
    started = time.time()
    try:
        session.run(str(programs / "pytest"), "-m", "security", *where, *session.posargs)
    finally:
        draw_report(session, programs, since=started)


@nox.session
def tests(session: nox.Session) -> None:
    """The harness's own tests, which run the suites against the local stack too."""
    programs = development(session)
    prepare(session, WAPITI_ENVIRONMENT, ["requirements/wapiti.lock"], project=False)
    session.run(str(programs / "pytest"), "tests", *session.posargs)


@nox.session
def rehearsal(session: nox.Session) -> None:
    """The whole plan, gate after gate, on this machine: ten minutes. `-- --fault NAME`."""
    programs = development(session)
    prepare(session, WAPITI_ENVIRONMENT, ["requirements/wapiti.lock"], project=False)
    session.run(str(programs / "python"), "-m", "tests.whole_plan", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff, import directions and the CloudFormation template."""
    programs = development(session)
    session.run(str(programs / "ruff"), "check", ".")
    session.run(str(programs / "ruff"), "format", "--check", ".")
    session.run(str(programs / "lint-imports"), "--no-cache")
    session.run(str(programs / "cfn-lint"), "reference_service/template.yaml")


@nox.session
def fix(session: nox.Session) -> None:
    """What ruff can put right by itself."""
    programs = development(session)
    session.run(str(programs / "ruff"), "check", "--fix", ".")
    session.run(str(programs / "ruff"), "format", ".")


@nox.session
def types(session: nox.Session) -> None:
    """mypy --strict over all of it."""
    programs = development(session)
    session.run(str(programs / "mypy"), *session.posargs)


@nox.session
def prove(session: nox.Session) -> None:
    """Every fault against the whole smoke layer, compared with the committed matrix."""
    programs = prepare(session, RUNTIME_ENVIRONMENT, [RUNTIME_LOCK])
    session.run(str(programs / "gate"), "prove", "--layer", "smoke", "--full", *session.posargs)


@nox.session
def mutation(session: nox.Session) -> None:
    """List the mutants of the judging core that its tests do not notice.

    `.nox/dev/bin/mutmut show NAME` shows one.
    """
    programs = development(session)
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)
    mutmut = str(programs / "mutmut")
    # Its progress is a line that is written over: a thousand lines in a log.
    session.run(mutmut, "run", *session.posargs, silent=not sys.stdout.isatty())
    session.run(mutmut, "results")


@nox.session
def benchmarks(session: nox.Session) -> None:
    """The ratios to a bare start, to bare pytest and to Tavern; others' data; load."""
    programs = prepare(session, RUNTIME_ENVIRONMENT, [RUNTIME_LOCK, *LOAD_LOCKS])
    peers = prepare(session, PEERS_ENVIRONMENT, ["requirements/peers.lock"], project=False)
    python = str(programs / "python")
    session.run(python, "-m", "benchmarks.cold_start")
    session.run(python, "-m", "benchmarks.smoke_against_peers", "--peers", str(peers))
    session.run(python, "-m", "benchmarks.beside_others")
    session.run(python, "-m", "benchmarks.stack_under_load")
    session.run(python, "-m", "benchmarks.known_latencies")


@nox.session
def lock(session: nox.Session) -> None:
    """Resolve every lock file anew; `-- --upgrade` takes newer versions."""
    (ROOT / "requirements").mkdir(exist_ok=True)
    compile_lock(session, RUNTIME_LOCK, ["pyproject.toml"])
    constraints = [RUNTIME_LOCK]
    for group in ADDING_GROUPS:
        target = f"requirements/{group}.lock"
        given = unconditional_packages(ROOT / RUNTIME_LOCK)
        compile_lock(
            session,
            target,
            ["--group", group],
            *[part for lock_file in constraints for part in ("--constraints", lock_file)],
            *[part for package in given for part in ("--no-emit-package", package)],
        )
        constraints.append(target)
    for group in SEPARATE_GROUPS:
        compile_lock(session, f"requirements/{group}.lock", ["--group", group])
    lock_node_packages(session)


def compile_lock(
    session: nox.Session, target: str, source: Sequence[str], *constraints: str
) -> None:
    """One hash-locked file for Python 3.11 and later on every platform, without an index host."""
    command = (UV, "pip", "compile", "--quiet", "--universal", "--python-version", "3.11")
    form = ("--generate-hashes", "--no-header", "--no-annotate", "--output-file", target)
    session.log(f"resolving {target}")
    session.run(*command, *form, *constraints, *source, *session.posargs, log=False)


def unconditional_packages(lock_file: Path) -> list[str]:
    """Packages that a lock file pins on every platform and Python."""
    pattern = re.compile(r"^([a-z0-9][a-z0-9._-]*)==\S+ \\$", re.MULTILINE)
    return pattern.findall(lock_file.read_text())


def lock_node_packages(session: nox.Session) -> None:
    """Lock what draws the report; the `.npmrc` here keeps hosts out of it."""
    action = "update" if "--upgrade" in session.posargs else "install"
    session.run("npm", action, "--package-lock-only", "--ignore-scripts")
    path = ROOT / "package-lock.json"
    locked = json.loads(path.read_text())
    for package in locked["packages"].values():
        package.pop("funding", None)  # links to sponsors, of no use to `npm ci`
    path.write_text(json.dumps(locked, indent=2, ensure_ascii=False) + "\n")
