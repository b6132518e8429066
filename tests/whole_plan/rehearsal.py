"""Gate after gate, from DEV to PROD's first week, each decided from what this rehearsal saw."""

from __future__ import annotations

import contextlib
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from reports.gates.loading import load_policy
from reports.judging.result import Action, ExitCode
from reports.proving import made_repository
from reports.rendering.decision_page import page_of
from tests.reference_service.running import ROOT
from tests.whole_plan.stack import BUILD, TAIL, Commands, Ended, Stack
from tests.whole_plan.traffic import Traffic

PLAN = ROOT / "reference_service" / "plans" / "healthy.json"
WORKERS = "4"  # most of the time they wait for what is eventually consistent
MINUTE_S = 60
STEPS = (0.1, 0.5, 1.0)  # the build's share of the traffic
LOOK = "test_window or test_corruption or test_availability"
# One name a role: the policies want distinct persons.
PERSONS = {
    "change-manager": "Chidi",
    "devops-lead": "Dineo",
    "incident-lead": "Imani",
    "product-owner": "Pieter",
    "qa-lead": "Qhawe",
    "support-lead": "Sipho",
    "tech-lead": "Thandi",
}
GATES = (
    "dev",
    "sit-readiness",
    "sit-deployment",
    "sit-signoff",
    "prod-readiness",
    "prod-canary",
    "prod-deployment",
    "prod-24h",
    "prod-soak",
    "prod-week",
)


class Decided(NamedTuple):
    """One decision. ``step`` is the gate, of a canary with the share of the traffic."""

    step: str
    action: str
    code: int
    digest: str
    seconds: float
    output: str


class Stopped(Exception):  # noqa: N818 - the word for it
    """A gate did not promote: nothing that comes after it may be asked."""


class Rehearsal:
    """``say`` is told each step as it ends."""

    def __init__(
        self,
        report_dir: Path,
        say: Callable[[str], None],
        *,
        fault: str | None = None,
        load_profile: str = "quick",
    ) -> None:
        self.decided: list[Decided] = []
        self._commands = Commands(report_dir)
        self._say = say
        self._fault = fault
        self._profile = load_profile
        self._began = self._last = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._began

    def run(self) -> int:
        """All gates in their order, until one does not promote; the last one's exit code."""
        with contextlib.suppress(Stopped):
            with self._stack("dev") as dev:
                self._dev(dev)
            with self._stack("sit", tls=True) as sit:
                self._sit(sit)
            with self._stack("prod") as prod:
                self._prod(prod)
        self._draw()
        return self.decided[-1].code if self.decided else int(ExitCode.HARNESS)

    @contextlib.contextmanager
    def _stack(self, name: str, *, tls: bool = False) -> Iterator[Stack]:
        stack = Stack(name, tls=tls)
        try:
            yield stack
        finally:
            stack.close()

    def _dev(self, dev: Stack) -> None:
        ended = self._pytest(dev, "-m", "smoke or integration", "-n", WORKERS, gate="dev")
        self._note("dev", ended)

    def _sit(self, sit: Stack) -> None:
        with tempfile.TemporaryDirectory(prefix="whole-plan-") as folder:
            source = made_repository(ROOT, "healthy", Path(folder))
            given = (f"--terraform-plan={PLAN}", f"--source={source}")
            self._pytest(sit, "-m", "readiness", *given, what="SIT's readiness")
        self._attest("sit-readiness")
        self._decide("sit-readiness")
        layers = "readiness or smoke or integration or catalog or security"
        self._pytest(sit, "-m", layers, "-n", WORKERS, what="the layers on SIT")
        profile = f"--load-profile={self._profile}"
        self._pytest(sit, "-m", "load or sla", profile, what=f"the {self._profile} load on SIT")
        self._decide("sit-deployment")
        self._pytest(sit, "-m", "readiness", "--rehearse", what="restores and a rollback on SIT")
        self._attest("sit-signoff")
        self._decide("sit-signoff")

    def _prod(self, prod: Stack) -> None:
        self._pytest(prod, "-m", "readiness", f"--terraform-plan={PLAN}", what="PROD's readiness")
        self._attest("prod-readiness")
        self._decide("prod-readiness")
        self._attest("prod-canary")
        try:
            with Traffic(prod):
                self._canary(prod)
        except Stopped:
            prod.shift(0)
            self._tell("the alias leads back to the version before")
            raise
        for gate in GATES[GATES.index("prod-canary") + 1 :]:
            self._attest(gate)
            self._decide(gate)

    def _canary(self, prod: Stack) -> None:
        prod.shift(0)
        if self._fault:
            prod.misbehave(self._fault)
        for weight in STEPS:
            prod.shift(weight)
            # A look counts whole minutes in which the traffic was shared so: this is the first.
            self._wait_for_a_minute(f"{weight:.0%} of PROD's traffic for the build")
            # At the end all of the layer, for the gates that come after.
            chosen = () if weight == STEPS[-1] else ("-k", LOOK)
            ended = self._pytest(prod, "-m", "sla", "--window=1m", *chosen, gate="prod-canary")
            self._note("prod-canary", ended, f" {weight:.0%}")

    def _wait_for_a_minute(self, why: str) -> None:
        self._tell(why)
        time.sleep(MINUTE_S - datetime.now(UTC).timestamp() % MINUTE_S)

    def _pytest(self, stack: Stack, *options: str, gate: str = "", what: str = "") -> Ended:
        asked = [f"--gate={gate}", "--rehearsal"] if gate else []
        ended = self._commands.pytest(*stack.options, *options, *asked, variables=stack.variables())
        if not gate:
            self._tell(f"{what}: exit {ended.code}")
            if ended.code not in (ExitCode.PROMOTE, ExitCode.UNPROVEN):
                self._show(ended)
        return ended

    def _attest(self, gate: str) -> None:
        for item, role in load_policy(gate).policy.attestations.items():
            said = self._commands.gate(
                *("attest", item, f"--role={role}", f"--by={PERSONS[role]}"),
                *(f"--build={BUILD}", "--rehearsal"),
            )
            if said.code:
                self._show(said)

    def _decide(self, gate: str) -> None:
        ended = self._commands.gate("decide", gate, f"--build={BUILD}", "--rehearsal")
        self._note(gate, ended)

    def _note(self, gate: str, ended: Ended, step: str = "") -> None:
        """Keep what was decided. Raises Stopped unless it is a promotion."""
        file = self._commands.report_dir / "decision.json"
        made = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        action = str(made.get("decision", "none"))
        digest = self._digest(gate) if made.get("gate") == gate else ""
        now = time.monotonic()
        one = Decided(gate + step, action, ended.code, digest, now - self._last, ended.output)
        self.decided.append(one)
        self._last = now
        self._say(f"{self.seconds:4.0f} s  {one.step:<18} {action.upper()} (exit {ended.code})")
        if action != Action.PROMOTE or ended.code:
            self._show(ended)
            raise Stopped(gate)

    def _digest(self, gate: str) -> str:
        from reports.evidence.digest import digest_of

        return digest_of((self._commands.report_dir / "decision.json").read_bytes())

    def _draw(self) -> None:
        """A page for each decision, the last one's as decision.html, with Allure's beside it."""
        for one in self.decided:
            if one.digest:
                self._commands.gate("report", one.digest)
                assert (self._commands.report_dir / page_of(one.digest)).exists()
        self._commands.gate("report")

    def _tell(self, what: str) -> None:
        self._say(f"{self.seconds:4.0f} s    {what}")

    def _show(self, ended: Ended) -> None:
        for line in ended.output.splitlines()[-TAIL:]:
            self._say(f"        {line}")
