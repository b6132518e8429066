"""The embedded stack as one environment of the plan, and commands against it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from fixtures.environment import load_environment
from tests.reference_service.running import ROOT, RunningService, scrubbed_environment

ENVIRONMENTS = ROOT / "fixtures" / "environments"
LAG_S = 5  # the embedded stack counts at once
BUILD = "1.0.0"
TAIL = 30  # lines of a command that are shown where it ends otherwise than expected


class Ended(NamedTuple):
    """Exit code, and all that was printed."""

    code: int
    output: str


class Commands:
    """``pytest`` and ``gate`` as a pipeline calls them, about one build in one store."""

    def __init__(self, report_dir: Path) -> None:
        self.report_dir = report_dir

    def gate(self, *arguments: str) -> Ended:
        """``gate ARGUMENTS``."""
        command = [sys.executable, "-m", "reports.cli", *arguments]
        return _ended([*command, f"--report-dir={self.report_dir}"], {})

    def pytest(self, *arguments: str, variables: dict[str, str]) -> Ended:
        """``pytest ARGUMENTS``."""
        command = [sys.executable, "-m", "pytest", "-q", *arguments]
        return _ended([*command, f"--report-dir={self.report_dir}"], variables)


def _ended(command: list[str], variables: dict[str, str]) -> Ended:
    known = {name: value for name, value in scrubbed_environment().items() if name != "GATE_ENV"}
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**known, "NO_COLOR": "1", **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate()
        except BaseException:
            # Ctrl-C: the run ends as it would at a terminal, and takes its workers with it.
            os.killpg(process.pid, signal.SIGINT)
            process.communicate(timeout=30)
            raise
    return Ended(process.returncode, output)


class Stack:
    """``reference-service serve --as NAME``, where pytest finds it."""

    def __init__(self, name: str, *, tls: bool = False) -> None:
        self.name = name
        self.service = RunningService(
            "--as", name, "--seed-products", "30", *(["--tls"] if tls else [])
        )
        self._folder = tempfile.TemporaryDirectory(prefix="whole-plan-")
        self._file = self._environment_file(Path(self._folder.name))

    def _environment_file(self, folder: Path) -> Path:
        """The environment's own file, but for how late CloudWatch is."""
        text = (ENVIRONMENTS / f"{self.name}.toml").read_text(encoding="utf-8")
        path = folder / f"{self.name}.toml"
        lagging = text.replace("[aws]\n", f"[aws]\nmetrics_lag_s = {LAG_S}\n")
        path.write_text(lagging, encoding="utf-8")
        return path

    @property
    def options(self) -> list[str]:
        """Where a run looks."""
        ready = self.service.ready
        return [
            f"--env={self._file}",
            f"--base-url={ready['base_url']}",
            f"--images-url={ready['images_url']}",
            f"--aws-endpoint-url={ready['aws_endpoint_url']}",
            f"--build={BUILD}",
        ]

    def variables(self) -> dict[str, str]:
        """Fresh tokens of every role, as the environment file names them, and whom to trust."""
        environment = load_environment(str(self._file))
        asked = {
            **{str(one.variable): role for role, one in environment.tokens.given().items()},
            **{
                str(one.variable): kind.replace("_", "-")
                for kind, one in environment.refused_tokens.given().items()
            },
        }
        given = {name: self.token(kind) for name, kind in asked.items()}
        if environment.token_key.variable:
            given[environment.token_key.variable] = self.service.ready["public_key"]
        if self.service.ready.get("ca_file"):
            given["REQUESTS_CA_BUNDLE"] = given["SSL_CERT_FILE"] = self.service.ready["ca_file"]
        return given

    def token(self, kind: str) -> str:
        """A token of that role, or one that is to be refused."""
        return str(self.service.command({"token": kind})["token"])

    def misbehave(self, fault: str) -> None:
        """From now on, in that way."""
        answer = self.service.command({"fault": fault})
        if answer.get("error"):
            raise SystemExit(f"--fault {fault}: {answer['error']}")

    def shift(self, weight: float) -> None:
        """So much of the traffic goes to the new version, the rest to the one before."""
        old, new = "1", "2"
        whole = weight in (0, 1)
        routing: dict[str, Any] = {} if whole else {new: weight}
        self.service.aws("lambda", "af-south-1").update_alias(
            FunctionName=f"product-handler-{self.name}",
            Name="live",
            FunctionVersion=new if weight == 1 else old,
            RoutingConfig={"AdditionalVersionWeights": routing},
        )

    def close(self) -> None:
        """End it."""
        self.service.close()
        self._folder.cleanup()
