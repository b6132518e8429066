"""Evidence and policy to a decision. Pure: the same arguments always give the same record."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import datetime

from reports.evidence.contents import Intent, Refused
from reports.evidence.record import ExpectedCheck, RunRecord
from reports.judging.admission import (
    SELF_REPORTED,
    SEVERAL,
    Admission,
    Admitted,
    admit,
    is_rehearsal,
    normalise_build,
)
from reports.judging.concluding import conclude
from reports.judging.decision import (
    SCHEMA,
    BaselineInput,
    Decision,
    EarlierInput,
    Inputs,
    LeftOut,
    ObjectiveResult,
    Reason,
)
from reports.judging.findings_objective import judge_findings
from reports.judging.load_objective import Baseline, judge_load
from reports.judging.observed import Seen, judge_observed, present_weight, seen_windows, shares
from reports.judging.pass_rate import Judged, Terms, judge_pass_rate
from reports.judging.policy import EVIDENCE_LINE, REQUIRES, SUBJECT_LINE, Objective, Overlay, Policy
from reports.judging.requiring import Earlier, judge_requirement, latest_decision
from reports.judging.result import Result
from reports.judging.sentence import sentence
from reports.judging.waiver import Waiver
from reports.judging.words import NO_WORDS, Saying, Words, judge_attestations, judge_waivers


def judge(
    policy: Policy,
    overlay: Overlay | None,
    runs: Sequence[tuple[str, RunRecord]],
    expected: Sequence[ExpectedCheck],
    *,
    policy_digests: tuple[str, ...],
    checks_digest: str,
    build: str | None,
    now: datetime,
    aborted: tuple[Intent, ...] = (),
    refused: tuple[Refused, ...] = (),
    baseline: Baseline | None = None,
    waivers: tuple[Waiver, ...] = (),
    words: Words = NO_WORDS,
    earlier: tuple[Earlier, ...] = (),
) -> Decision:
    """The decision on ``build``, made at ``now`` (with a zone).

    An ``overlay`` makes it a rehearsal, and nothing else does: a gate without one refuses
    rehearsal evidence. Without a gate, rehearsal evidence is judged and named.
    ``baseline`` is the gate's last promotion, None while there is none. Of ``waivers`` those of
    this gate are taken. ``words`` are what persons said, ``earlier`` the decisions that were made
    before, of any gate.
    ``build`` None takes whatever answered: without a gate, or in a rehearsal where nothing told.
    Raises ValueError for any other gate without a build.
    """
    if policy.gate is not None and overlay is None and build is None:
        raise ValueError("a gate decides about one build: none was given")
    build = None if build is None else normalise_build(build, policy.environment)
    terms = overlay or Overlay()
    waivers = tuple(one for one in waivers if policy.gate and one.concerns(policy.gate))
    admission = admit(
        runs, policy, build=build, now=now, rehearsal=overlay is not None or policy.gate is None
    )
    asked = Terms(
        accepted={*policy.accept_not_applicable, *terms.accept_not_applicable},
        accepted_unasked=policy.accept_not_asked,
        need_waiver=policy.earlier_failures == "need-waiver",
        now=now,
        oldest=policy.oldest,
        aborted=tuple(one for one in aborted if _concerns(one, policy, build, now)),
        profiles=terms.accept_profiles,
        shorter=terms.shorter,
        waivers=waivers,
    )
    seen = seen_windows(admission.admitted, policy, build)
    rehearsal = overlay is not None
    begun = {
        REQUIRES + gate
        for gate in policy.requires
        if latest_decision(gate, policy, build, earlier, rehearsal=rehearsal)
    }
    ahead = _not_yet(policy, seen)
    left_out = {**terms.leave_out, **ahead}
    # A rehearsal may begin with any gate; one that began earlier has to have come this far.
    left_out = {name: why for name, why in left_out.items() if name not in begun}
    judged = [
        judge_observed(objective, seen, asked, shares(policy))
        if objective.observed
        else _judge_one(objective, expected, admission, asked, baseline)
        for objective in policy.objectives
        if objective.id not in left_out
    ]
    lines = [
        *_evidence_line(admission, refused),
        *_subject_line(policy, terms, build, admission, judged),
        *(
            judge_requirement(gate, policy, build, earlier, rehearsal=rehearsal, now=now)
            for gate in policy.requires
            if REQUIRES + gate not in left_out
        ),
        *(one.result for one in judged),
    ]
    words = words.of(policy.gate)
    saying = Saying(policy, build or "", now, rehearsal)
    attested = judge_attestations(saying, words.attestations)
    waived = judge_waivers(saying, words.grants)
    errors = [error for one in judged for error in one.harness_errors]
    harness_error = errors[0] if errors else None
    outcome = conclude(policy, lines, attested, waived, harness_failed=harness_error is not None)
    decision = Decision(
        schema=SCHEMA,
        gate=policy.gate,
        title=policy.title,
        environment=policy.environment,
        layers=tuple(dict.fromkeys(o.layer for o in policy.objectives if o.layer)),
        build=build,
        rehearsal=_rehearsal(overlay, judged),
        verdict=outcome.verdict,
        decision=outcome.action,
        exit_code=outcome.exit_code,
        harness_error=harness_error,
        sentence="",
        objectives=tuple(lines),
        left_out=_left_out(policy, left_out, ahead),
        not_counted=(*admission.malformed, *admission.not_counted),
        inputs=Inputs(
            policy=policy_digests,
            checks=checks_digest,
            runs=tuple(digest for digest, _ in runs),
            aborted=aborted,
            refused=refused,
            baseline=baseline
            and BaselineInput(
                decision=baseline.decision,
                build=baseline.build,
                runs=tuple(digest for digest, _ in baseline.runs),
            ),
            waivers=waivers,
            attestations=tuple(digest for digest, _ in words.attestations),
            grants=tuple(digest for digest, _ in words.grants),
            earlier=tuple(
                EarlierInput(decision=one.digest, doubt=one.doubt)
                for one in earlier
                if one.decision.gate in policy.requires
            ),
        ),
        decided_at=now,
        attestations=attested,
        waived=waived,
        fired=outcome.fired,
    )
    return sentence(decision)


def _judge_one(
    objective: Objective,
    expected: Sequence[ExpectedCheck],
    admission: Admission,
    asked: Terms,
    baseline: Baseline | None,
) -> Judged:
    if objective.indicator == "pass_rate":
        return judge_pass_rate(objective, expected, admission.admitted, asked)
    if objective.indicator == "findings":
        return judge_findings(objective, expected, admission.admitted, asked)
    return judge_load(objective, admission.admitted, asked, baseline)


def _left_out(
    policy: Policy, whys: Mapping[str, str], ahead: Container[str]
) -> tuple[LeftOut, ...]:
    named = [
        *((REQUIRES + gate, f"{gate} promoted this build", ()) for gate in policy.requires),
        *((one.id, one.title, one.items) for one in policy.objectives),
    ]
    return tuple(
        LeftOut(id=name, title=title, why=whys[name], items=items, ahead=name in ahead)
        for name, title, items in named
        if name in whys
    )


def _not_yet(policy: Policy, seen: Sequence[Seen]) -> dict[str, str]:
    """Objectives of later steps of a shift of traffic; those of the first are never left out."""
    steps = [one.weight for one in policy.objectives if one.weight is not None]
    reached = max(present_weight(seen), min(steps, default=0.0))
    return {
        one.id: f"the build has {reached:.0%} of the requests, and this is about {one.weight:.0%}"
        for one in policy.objectives
        if one.weight is not None and one.weight > reached + 1e-9
    }


def _concerns(intent: Intent, policy: Policy, build: str | None, now: datetime) -> bool:
    """Whether an unfinished run might have been evidence of ``build``, which is normalised."""
    if intent.environment != policy.environment:
        return False
    meant = None if intent.build is None else normalise_build(intent.build, policy.environment)
    if None not in (meant, build) and meant != build:
        return False
    return intent.started.tzinfo is None or now - intent.started <= policy.oldest


def _rehearsal(overlay: Overlay | None, judged: Sequence[Judged]) -> tuple[str, ...]:
    reasons = ["--rehearsal"] if overlay is not None else []
    for one in judged:
        for source in one.sources:
            if is_rehearsal(source.run):
                reasons += source.run.rehearsal
                reasons += [f"fault {source.run.fault}"] if source.run.fault is not None else []
    return tuple(dict.fromkeys(reasons))


def _evidence_line(admission: Admission, refused: tuple[Refused, ...]) -> list[ObjectiveResult]:
    """What stands in the store and cannot be read may be a failure: it holds, unwaivably."""
    whys = [f"{file.file}: {file.why}" for file in refused]
    whys += [f"run {one.run_id}: {one.why}" for one in admission.malformed]
    if not whys:
        return []
    return [_line(EVIDENCE_LINE, "All evidence can be read", whys, flip="its removal")]


def _subject_line(
    policy: Policy,
    terms: Overlay,
    build: str | None,
    admission: Admission,
    judged: Sequence[Judged],
) -> list[ObjectiveResult]:
    """Whether what the result rests on is the build that is meant; never waived."""
    sources = {source.digest: source for one in judged for source in one.sources}
    # Windows tell versions apart themselves, whatever stood behind the alias.
    observed = {one.id for one in policy.objectives if one.observed}
    by_checks = {
        source.digest: source
        for one in judged
        if one.result.id not in observed
        for source in one.sources
    }
    whys = [_unconfirmed(source) for source in sources.values() if source.unconfirmed]
    if not sources:
        whys = [f"run {one.run_id}: {one.why}" for one in admission.not_counted[:-4:-1]]
        whys = whys or [f"no run of build {build} counts"] * (policy.gate is not None)
    elif not (policy.accept_self_reported or terms.accept_self_reported):
        whys += [
            f"run {source.run.run_id}: the build is self-reported; "
            "this gate needs the walk from domain to code digest"
            for source in sources.values()
            if source.binding == SELF_REPORTED
        ]
        whys += [
            f"run {source.run.run_id}: the alias shares the traffic among several versions; "
            "this gate needs one"
            for source in by_checks.values()
            if source.binding == SEVERAL and policy.subject == "deployed"
        ]
    if policy.gate is None and not whys:
        return []
    bindings = sorted({source.binding for source in sources.values()})
    return [
        _line(
            SUBJECT_LINE,
            f"What ran is build {build}" if build else "What ran is known",
            whys,
            value=", ".join(bindings) or None,
            source=tuple(sources),
            flip="evidence whose subject is confirmed" if whys else "another version answering",
        )
    ]


def _unconfirmed(source: Admitted) -> str:
    return f"run {source.run.run_id}: {source.unconfirmed}"


def _line(
    name: str,
    title: str,
    whys: list[str],
    *,
    flip: str,
    value: str | None = None,
    source: tuple[str, ...] = (),
) -> ObjectiveResult:
    result = Result.NO_EVIDENCE if whys else Result.PASS
    return ObjectiveResult(
        id=name,
        title=title,
        result=result,
        value=value,
        limit="holds",
        headroom=None,
        checks=0,
        passed=0,
        observations=0,
        source=source,
        age_s=None,
        items=(),
        reasons=tuple(Reason(check=None, result=result, why=why) for why in whys[:20]),
        more_reasons=max(0, len(whys) - 20),
        not_applicable=(),
        notes=(),
        flip=flip,
    )
