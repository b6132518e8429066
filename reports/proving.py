"""The proof that the suites bite: each seeded fault fails the check it names, for its reason."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from reports.evidence.record import CheckRecord, Outcome
from reports.evidence.store import Store
from reports.evidence.structure import Record

_STOP_S = 15.0
_RUN_S = 600.0
# The variables of fixtures/environments/local.toml, and whose token each of them holds.
TOKENS = {
    "LOCAL_TOKEN": "admin",
    "LOCAL_TOKEN_EDITOR": "editor",
    "LOCAL_TOKEN_READER": "reader",
    "LOCAL_TOKEN_LIMITED": "limited",
    "LOCAL_TOKEN_EXPIRED": "expired",
    "LOCAL_TOKEN_NOT_YET_VALID": "not-yet-valid",
    "LOCAL_TOKEN_WRONG_AUDIENCE": "wrong-audience",
    "LOCAL_TOKEN_WRONG_ISSUER": "wrong-issuer",
}
_KEY = "LOCAL_TOKEN_KEY"
# Who the suites trust, and k6.
_TRUST = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


class ProofError(Exception):
    """The stack or a run could not be used: nothing was proven. Shows the command's streams."""


PLANS = "reference_service/plans"  # a sound one, and one for each fault in a plan
PLAN_SEAM = "plan"
SOURCES = "reference_service/sources"  # the same for histories, as git fast-import reads them
SOURCE_SEAM = "source"
RELEASE = "readiness.release_"
BUILD = "1.0.0"  # that the embedded stack reports, and the histories release


class Fault(Record, frozen=True):
    """A row of ``reference-service faults --json``."""

    name: str
    seam: str
    check: str
    reason: str
    description: str
    capability: str = ""  # that the stack has with this fault alone

    @property
    def layer(self) -> str:
        """The layer of the check that must catch it."""
        return self.check.partition(".")[0]


class Seen(NamedTuple):
    """What one run of the suites saw: pytest's exit code and its checks by id."""

    exit_code: int
    checks: dict[str, CheckRecord]

    def failing(self) -> tuple[str, ...]:
        """The checks that did not pass, sorted."""
        return tuple(
            sorted(
                name
                for name, check in self.checks.items()
                if check.outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE, Outcome.NOT_ASKED)
            )
        )


class Verdict(NamedTuple):
    """Whether a fault was caught as designed; ``why`` says what came instead."""

    caught: bool
    why: str


def caught(fault: Fault, seen: Seen) -> Verdict:
    """The named check ends fail, for the reason the fault names, and the run exits 1."""
    check = seen.checks.get(fault.check)
    if check is None:
        return Verdict(False, f"{fault.check} did not run")
    if check.outcome is not Outcome.FAIL or check.failure is None:
        return Verdict(
            False, f"{fault.check} ended {check.outcome}: {check.reason or 'no failure'}"
        )
    if check.failure.expectation != fault.reason:
        return Verdict(False, f'it failed for "{check.failure.expectation}"')
    if seen.exit_code != 1:
        return Verdict(False, f"the run exited {seen.exit_code}, not 1")
    return Verdict(True, "")


def list_faults(root: Path) -> tuple[Fault, ...]:
    """All seeded faults of the reference service. Raises ProofError."""
    command = [sys.executable, "-m", "reference_service", "faults", "--json"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ProofError(_tool(command, done.returncode, done.stdout, done.stderr))
    return msgspec.json.decode(done.stdout, type=tuple[Fault, ...])


class Stack:
    """One embedded stack, reused: its fault is changed between runs."""

    def __init__(self, root: Path, *, tls: bool = False) -> None:
        self._root = root
        self._command = [sys.executable, "-m", "reference_service", "serve", "--control"]
        self._command += ["--tls"] if tls else []
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed in stop
        self._process = subprocess.Popen(
            self._command,
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            start_new_session=True,  # Ctrl-C is for this process, which then stops the stack
        )
        self._ready = self._line()
        self._variables = {
            variable: str(self._ask({"token": role})["token"]) for variable, role in TOKENS.items()
        }
        self._variables[_KEY] = self._ready["public_key"]
        if tls:
            self._variables |= dict.fromkeys(_TRUST, self._ready["ca_file"])

    def install(self, fault: str | None) -> None:
        """Misbehave this way from now on; None is healthy."""
        self._ask({"fault": fault})

    def run(
        self,
        layers: Sequence[str],
        check: str | None = None,
        *,
        capability: str = "",
        plan: str = "healthy",
        source: str = "healthy",
    ) -> Seen:
        """Run the layers, or one check of them, against the stack. Raises ProofError.

        ``capability`` is one that local.toml declares absent and the stack has all the same;
        ``plan`` names the Terraform plan that is reviewed, ``source`` the history of the release.
        """
        with tempfile.TemporaryDirectory(prefix="gate-prove-") as folder:
            command = [sys.executable, "-m", "pytest", "-q", "-m", " or ".join(layers)]
            # With "=": pytest takes a path after an option it does not know yet for a test folder.
            environment = self._having(capability, Path(folder)) if capability else "local"
            command += [f"--env={environment}", f"--report-dir={folder}/out"]
            for option in ("base_url", "images_url", "aws_endpoint_url"):
                command.append(f"--{option.replace('_', '-')}={self._ready[option]}")
            if "readiness" in layers:
                command += ["--rehearse", f"--terraform-plan={PLANS}/{plan}.json"]
                if check is None or check.startswith(RELEASE):
                    repository = made_repository(self._root, source, Path(folder))
                    command += [f"--source={repository}", f"--build={BUILD}"]
            if check is not None:
                command += ["-k", "test_" + check.partition(".")[2]]
            variables = {**os.environ, **self._variables}
            done = subprocess.run(
                command,
                cwd=self._root,
                env=variables,
                capture_output=True,
                text=True,
                timeout=_RUN_S,
                check=False,
            )
            runs = Store(Path(folder) / "out" / "store").runs()
            if len(runs) != 1:
                raise ProofError(_tool(command, done.returncode, done.stdout, done.stderr))
            return Seen(done.returncode, {one.id: one for one in runs[0][1].checks})

    def _having(self, capability: str, folder: Path) -> Path:
        """The file of the environment ``local``, with a capability that it declares absent."""
        text = (self._root / "fixtures" / "environments" / "local.toml").read_text("utf-8")
        path = folder / "local.toml"
        path.write_text(text.replace(f"\n{capability} = false", f"\n{capability} = true"), "utf-8")
        return path

    def stop(self) -> None:
        """End the process."""
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._stderr.close()

    def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        self._process.stdin.flush()
        return self._line()

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        answer = json.loads(line) if line.strip() else {"error": "it ended"}
        if "error" in answer:
            self._stderr.seek(0)
            said = self._stderr.read().decode("utf-8", "replace")
            raise ProofError(_tool(self._command, self._process.poll(), str(answer), said))
        return dict(answer)


@contextlib.contextmanager
def stack(root: Path, *, tls: bool = False) -> Iterator[Stack]:
    """A running stack, stopped afterwards. ``tls``: as the security layer needs it."""
    running = Stack(root, tls=tls)
    try:
        yield running
    finally:
        running.stop()


def made_repository(root: Path, source: str, folder: Path) -> Path:
    """A bare repository in ``folder`` with the history of that name. Raises ProofError."""
    path = folder / "source.git"
    history = (root / SOURCES / f"{source}.fast-import").read_bytes()
    for command, given in (
        (["git", "init", "--quiet", "--bare", str(path)], b""),
        (["git", "-C", str(path), "fast-import", "--quiet"], history),
    ):
        known = {name: value for name, value in os.environ.items() if name[:4] != "GIT_"}
        done = subprocess.run(command, input=given, env=known, capture_output=True, check=False)
        if done.returncode != 0:
            raise ProofError(
                _tool(command, done.returncode, done.stdout.decode(), done.stderr.decode())
            )
    return path


def _tool(command: Sequence[str], code: int | None, out: str, err: str) -> str:
    return (
        f"command: {' '.join(command)}\nexit code: {code}\n"
        f"stdout: {out[-2000:].strip() or '(none)'}\nstderr: {err[-2000:].strip() or '(none)'}"
    )
