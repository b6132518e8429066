"""The end of a run: its question, settled before anything runs, and the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reports.deciding import decide, save
from reports.evidence.checks_list import parse_checks
from reports.evidence.digest import digest_of
from reports.evidence.record import ExpectedCheck, RunRecord
from reports.evidence.store import Store
from reports.gates.loading import LoadedPolicy, check_names, layers_as_loaded, load_policy
from reports.judging.decision import Decision
from reports.judging.policy import layer_policy
from reports.rendering.allure_results import write_environment
from reports.report_dir import ALLURE_RESULTS
from reports.strict_toml import ConfigurationError


@dataclass(frozen=True)
class Question:
    """What a run decides, by what, and where it keeps what it saw."""

    layers: tuple[str, ...]
    build: str | None
    loaded: LoadedPolicy
    expected: tuple[ExpectedCheck, ...]
    checks_text: str
    checks_digest: str
    facts: Mapping[str, Any]
    store: Store
    report_dir: Path

    @property
    def deployed(self) -> bool:
        """Whether what runs has to be the build: not before a deployment, nor in a shift."""
        return self.loaded.policy.subject == "deployed"


def question(
    *,
    gate: str | None,
    rehearsal: bool,
    build: str | None,
    layers: tuple[str, ...],
    facts: Mapping[str, Any],
    checks_file: Path,
    report_dir: Path,
) -> Question:
    """Read policy and expected checks. Raises ConfigurationError for whatever does not fit."""
    if rehearsal and gate is None:
        raise ConfigurationError(
            "--rehearsal goes with --gate: without a gate a run is judged by its layers alone"
        )
    if gate is None:
        loaded = layers_as_loaded(layer_policy(layers, facts["name"], facts["absent"]))
    else:
        loaded = load_policy(gate, rehearsal=rehearsal)
        _fits(gate, loaded, facts, rehearsal, build)
    try:
        text = checks_file.read_text(encoding="utf-8")
    except OSError as problem:
        raise ConfigurationError(
            f"{checks_file}: {problem.strerror}: it lists what is expected of each layer; "
            "gate coverage --update writes it"
        ) from None
    expected = parse_checks(text, str(checks_file))
    check_names(loaded.policy, expected)
    return Question(
        layers=layers,
        build=build,
        loaded=loaded,
        expected=expected,
        checks_text=text,
        checks_digest=digest_of(text.encode()),
        facts=facts,
        store=Store(report_dir / "store"),
        report_dir=report_dir,
    )


def _fits(
    gate: str, loaded: LoadedPolicy, facts: Mapping[str, Any], rehearsal: bool, build: str | None
) -> None:
    if loaded.policy.environment != facts["name"]:
        raise ConfigurationError(
            f"gate {gate} is about {loaded.policy.environment} and this run is against "
            f"{facts['name']}: say --env={loaded.policy.environment}"
        )
    if facts["rehearsal"] and not rehearsal:
        raise ConfigurationError(
            f"gate {gate} takes no evidence of a rehearsal, and this run is one "
            f"({', '.join(facts['rehearsal'])}): run it against {facts['name']} itself, "
            "or say --rehearsal to practise"
        )
    if build is None and not rehearsal:
        raise ConfigurationError(f"gate {gate} decides about one build: say which, --build VERSION")


def conclude(asked: Question, run: RunRecord) -> Decision:
    """Keep the run, judge it (with a gate: all runs of the store), keep the decision.

    Raises AlteredEvidence when the store holds something that is not what it was.
    """
    digest = asked.store.put_run(run)
    gated = asked.loaded.policy.gate is not None
    build = asked.build or (run.subject.version if gated else None)
    decision = decide(
        asked.store,
        asked.loaded,
        asked.checks_text,
        build=build,
        now=max(datetime.now(UTC), run.ended),
        only=None if gated else [(digest, run)],
    )
    save(asked.store, decision, asked.report_dir)
    write_environment(asked.report_dir / ALLURE_RESULTS, _shown(run, decision))
    return decision


def _shown(run: RunRecord, decision: Decision) -> dict[str, str]:
    environment = run.environment
    return {
        "Decision": decision.sentence,
        "Build": run.subject.build or "(not named)",
        "Version": run.subject.version or "(none)",
        "Environment": environment.name,
        "API": environment.base_url,
        "Images": environment.images_url,
        "Rehearsal": ", ".join(run.rehearsal) or "no",
        "Fault": run.fault or "none",
        "Run": run.run_id,
        "Window": f"{run.started.isoformat()} to {run.ended.isoformat()}",
    }
