"""Attestations, waivers and earlier gates: whose word counts, and what the decision makes of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from reports.evidence.record import Outcome
from reports.evidence.word import ATTESTATION_SCHEMA, WAIVER_SCHEMA, Attestation, Grant, Person
from reports.judging.decision import Decision, LeftOut
from reports.judging.policy import Overlay, Policy
from reports.judging.requiring import Earlier
from reports.judging.result import Action, Result
from reports.judging.words import Words
from tests.judging.samples import BUILD, NOW, check, checks, decide, line, policy, run

ITEM, OTHER, TRIGGER = "SIT-APPROVAL-05", "SIT-CODE-03", "ROLLBACK-TRIGGER-06"
ANN = Person(name="ann", known_by="github", source="bbws/product_lambda")
BEN = Person(name="ben", known_by="aws", source="815856636111")


def asking(**changes: Any) -> Policy:
    """The gate of the samples, which also asks for a word."""
    return policy(**{"attestations": {ITEM: "tech-lead"}, **changes})


def word(item: str = ITEM, **changes: Any) -> Attestation:
    """A word that counts."""
    made = Attestation(
        schema=ATTESTATION_SCHEMA,
        item=item,
        role="tech-lead",
        gate="a-gate",
        environment="sit",
        build=BUILD,
        by=ANN,
        at=NOW - timedelta(hours=1),
        until=NOW + timedelta(days=7),
        link="https://example.com/minutes",
    )
    return replace(made, **changes)


def grant(**changes: Any) -> Grant:
    """A waiver that is taken."""
    made = Grant(
        schema=WAIVER_SCHEMA,
        objective="smoke",
        gate="a-gate",
        environment="sit",
        build=BUILD,
        owner="ben",
        reason="the fix is on its way",
        by=BEN,
        at=NOW - timedelta(hours=1),
        until=NOW + timedelta(days=1),
    )
    return replace(made, **changes)


def said(
    *words: Attestation | Grant, gate: Policy | None = None, runs: Any = None, **more: Any
) -> Decision:
    """The decision on a passing run, with these words; their digests are their numbers."""
    numbered = [(f"sha256:{n}", one) for n, one in enumerate(words)]
    given = Words(
        tuple((n, one) for n, one in numbered if isinstance(one, Attestation)),
        tuple((n, one) for n, one in numbered if isinstance(one, Grant)),
    )
    runs = (run(),) if runs is None else runs
    return decide(*runs, policy=gate or asking(), words=given, **more)


def test_a_word_that_counts() -> None:
    """The gate promotes with it, and without it waits, by name of item and role."""
    given = said(word())
    assert (given.decision, given.exit_code) == (Action.PROMOTE, 0)
    (one,) = given.attestations
    assert (one.given, one.by, one.link, one.source) == (
        True,
        ANN,
        "https://example.com/minutes",
        "sha256:0",
    )
    assert given.inputs.attestations == ("sha256:0",)
    waiting = said()
    assert (waiting.decision, waiting.exit_code, waiting.verdict) == (Action.HOLD, 2, Result.PASS)
    assert waiting.sentence.endswith(f"{ITEM} waits for the tech-lead")
    assert waiting.attestations[0].why == "nobody has said it yet: it is for the tech-lead"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"build": "1.0.1"}, "is about build 1.0.1, not 1.0.0"),
        ({"environment": "prod"}, "is about prod, not sit"),
        ({"role": "qa-lead"}, "was given as qa-lead; it is for the tech-lead"),
        ({"until": NOW - timedelta(seconds=1)}, "ended 2026"),
        ({"at": NOW + timedelta(hours=1)}, "is of the future"),
        ({"at": NOW.replace(tzinfo=None)}, "has a time without a zone"),
        ({"rehearsal": True}, "was given in a rehearsal"),
        ({"by": Person(name="ann", known_by="name")}, "is a name alone"),
        ({"gate": "another"}, "nobody has said it yet"),
        ({"item": OTHER}, "nobody has said it yet"),
    ],
)
def test_a_word_that_does_not_count(changes: dict[str, Any], why: str) -> None:
    """It stays pending, and says why."""
    decision = said(replace(word(), **changes))
    assert (decision.decision, decision.exit_code) == (Action.HOLD, 2)
    assert why in (decision.attestations[0].why or "")


def test_names_alone_and_rehearsals() -> None:
    """Where the policy or a rehearsal takes them."""
    bare = word(by=Person(name="ann", known_by="name"))
    assert said(bare, gate=asking(accept_bare_names=True)).exit_code == 0
    assert said(replace(bare, rehearsal=True), overlay=Overlay()).exit_code == 0
    with pytest.raises(ValueError, match="about production a name alone is no word"):
        asking(environment="prod", accept_bare_names=True)


def test_the_newest_word_counts() -> None:
    """Somebody may change their mind, both ways."""
    no = word(holds=False, at=NOW - timedelta(minutes=5))
    denied = said(word(), no)
    assert (denied.decision, denied.exit_code) == (Action.HOLD, 1)
    assert denied.sentence.endswith(f"{ITEM}: ann says that it does not hold")
    assert said(word(at=NOW), no).exit_code == 0


@pytest.mark.parametrize("item", [ITEM, TRIGGER])
def test_a_denial_that_ended_lets_no_older_word_speak(item: str) -> None:
    """What was taken back stays so until somebody says it anew."""
    gate = policy(attestations={item: "tech-lead"})
    yes = word(item, at=NOW - timedelta(days=2))
    over = NOW - timedelta(seconds=1)
    no = word(item, holds=False, by=BEN, at=NOW - timedelta(days=1), until=over)
    denied = Action.ROLLBACK if item == TRIGGER else Action.HOLD
    assert said(yes, no, gate=gate).decision is denied
    (line,) = said(no, gate=gate).attestations
    assert (line.denied, line.until) == (True, None)
    assert said(yes, no, word(item), gate=gate).decision is Action.PROMOTE


def test_a_word_that_ended_lets_no_older_word_speak() -> None:
    """The newest was given for a shorter time: it is to be given again."""
    longer, shorter = word(), word(at=NOW - timedelta(minutes=9), until=NOW - timedelta(minutes=1))
    decision = said(longer, shorter)
    assert (decision.decision, decision.exit_code) == (Action.HOLD, 2)
    assert "the word of ann ended" in (decision.attestations[0].why or "")
    elsewhere = replace(shorter, build="1.0.1")
    assert said(longer, elsewhere).exit_code == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"by": Person(name="ann", known_by="name")},
        {"at": NOW + timedelta(hours=1)},
        {"at": NOW.replace(tzinfo=None)},
        {"at": word().at},
    ],
)
def test_a_denial_counts_whoever_says_it(changes: dict[str, Any]) -> None:
    """It only takes away, so less has to be known of it; of one moment, it is the newer word."""
    denied = said(replace(word(at=NOW, holds=False), **changes), word())
    assert (denied.decision, denied.exit_code) == (Action.HOLD, 1)


@pytest.mark.parametrize(
    "changes", [{"build": "1.0.1"}, {"environment": "prod"}, {"role": "qa"}, {"rehearsal": True}]
)
def test_a_denial_of_something_else(changes: dict[str, Any]) -> None:
    """It is about another build, or said in another role: this item is not denied."""
    assert said(word(), replace(word(at=NOW, holds=False), **changes)).exit_code == 0


def test_a_denied_trigger_rolls_back() -> None:
    """A customer's escalation is a word as well."""
    gate = policy(attestations={TRIGGER: "tech-lead"})
    decision = said(word(TRIGGER, holds=False), gate=gate)
    assert (decision.decision, decision.exit_code) == (Action.ROLLBACK, 5)
    assert decision.fired == (TRIGGER,)
    assert TRIGGER in decision.sentence
    assert said(word(TRIGGER), gate=gate).exit_code == 0


def test_distinct_roles_are_distinct_persons() -> None:
    """One person in two roles leaves the second pending, where the policy wants that."""
    asked = {ITEM: "tech-lead", OTHER: "qa-lead"}
    both = (word(), word(OTHER, role="qa-lead"))
    decision = said(*both, gate=policy(attestations=asked, distinct_persons=True))
    assert [one.given for one in decision.attestations] == [True, False]
    assert (
        decision.attestations[1].why == "ann speaks as tech-lead already; qa-lead is another person"
    )
    assert said(*both, gate=policy(attestations=asked)).exit_code == 0
    another = (word(), word(OTHER, role="qa-lead", by=BEN))
    assert said(*another, gate=policy(attestations=asked, distinct_persons=True)).exit_code == 0


def test_one_who_speaks_in_another_role_may_still_deny() -> None:
    """Distinct persons are asked for what is given, not for what is taken away."""
    asked = {ITEM: "tech-lead", TRIGGER: "support-lead"}
    gate = policy(attestations=asked, distinct_persons=True)
    given = word(TRIGGER, role="support-lead", by=BEN)
    denied = replace(given, by=ANN, at=NOW, holds=False)
    assert said(word(), given, gate=gate).exit_code == 0
    decision = said(word(), given, denied, gate=gate)
    assert (decision.decision, decision.fired) == (Action.ROLLBACK, (TRIGGER,))


@pytest.mark.parametrize(
    "again", ["ann lee", " Ann  Lee ", "\uff21\uff2e\uff2e\u00a0\uff2c\uff25\uff25", "ANN LEE"]
)
def test_one_name_in_several_forms_is_one_person(again: str) -> None:
    """Case, spaces and forms of letters make no second person."""
    asked = {ITEM: "tech-lead", OTHER: "qa-lead"}
    gate = policy(attestations=asked, distinct_persons=True)

    def by(name: str) -> Person:
        return Person(name=name, known_by="github")

    one, two = word(by=by("Ann Lee")), word(OTHER, role="qa-lead", by=by(again))
    assert [line.given for line in said(one, two, gate=gate).attestations] == [True, False]
    assert said(one, replace(two, by=by("Ann Leigh")), gate=gate).exit_code == 0


FAILED = (run(checks=checks(health=Outcome.FAIL)),)


def test_a_waived_objective_is_not_waited_for() -> None:
    """The verdict stays what it is; owner, reason and end are shown."""
    decision = said(grant(), gate=policy(), runs=FAILED)
    assert (decision.decision, decision.exit_code, decision.verdict) == (
        Action.PROMOTE,
        0,
        Result.FAIL,
    )
    assert line(decision, "smoke").result is Result.FAIL
    (one,) = decision.waived
    assert (one.owner, one.reason, one.refused) == ("ben", "the fix is on its way", None)
    assert "waived" in decision.sentence
    assert said(gate=policy(), runs=FAILED).exit_code == 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"objective": "subject"}, "has no objective subject, or none that can be waived"),
        ({"objective": "other"}, "has no objective other"),
        ({"build": "2.0.0"}, "is about build 2.0.0"),
        ({"until": NOW - timedelta(days=1)}, "ended"),
        ({"by": Person(name="ben", known_by="name")}, "is a name alone"),
    ],
)
def test_a_waiver_that_is_refused(changes: dict[str, Any], why: str) -> None:
    """Shown, and not taken."""
    decision = said(replace(grant(), **changes), gate=policy(), runs=FAILED)
    assert decision.exit_code == 1
    assert why in (decision.waived[0].refused or "")


def test_a_trigger_cannot_be_waived() -> None:
    """Whoever says so."""
    (objective,) = policy().objectives
    gate = policy(objectives=(replace(objective, rollback=True),))
    decision = said(grant(), gate=gate, runs=FAILED)
    assert (decision.decision, decision.exit_code) == (Action.ROLLBACK, 5)
    assert decision.waived[0].refused == "a rollback trigger cannot be waived"


def before(action: Action = Action.PROMOTE, hours: float = 2, **changes: Any) -> Earlier:
    """A decision of the gate before."""
    made = said(gate=policy())
    changes = {"build": BUILD, **changes}
    return Earlier(
        f"sha256:{action}{hours}",
        replace(
            made,
            gate="gate-before",
            decision=action,
            decided_at=NOW - timedelta(hours=hours),
            **changes,
        ),
    )


STEP = LeftOut(id="step-50", title="Half", why="the build has 10%", items=(), ahead=True)
AFTER = policy(requires=("gate-before",))


def test_the_gate_before() -> None:
    """Its latest decision on this build counts, whatever it said earlier."""
    passed = said(gate=AFTER, earlier=(before(Action.HOLD, 3), before()))
    assert passed.exit_code == 0
    assert line(passed, "after-gate-before").source == ("sha256:promote2",)
    assert [one.decision for one in passed.inputs.earlier] == ["sha256:hold3", "sha256:promote2"]
    held = said(gate=AFTER, earlier=(before(), before(Action.HOLD, 1)))
    assert (held.exit_code, line(held, "after-gate-before").result) == (1, Result.FAIL)
    at_once = said(gate=AFTER, earlier=(before(), before(Action.HOLD)))
    assert at_once.exit_code == 1


@pytest.mark.parametrize(
    ("earlier", "why"),
    [
        ((), "gate-before has decided nothing on build 1.0.0"),
        ((before(build="0.9.0"),), "has decided nothing"),
        ((before(rehearsal=("the embedded stack",)),), "has decided nothing"),
        ((before()._replace(doubt="it is signed by nobody"),), "it is signed by nobody"),
        ((before(hours=-24), before(Action.ROLLBACK, 1)), "gate-before decided in the future, at "),
        ((before(left_out=(STEP,)),), "promoted before step-50, and was not asked again"),
    ],
)
def test_a_gate_before_that_said_nothing(earlier: tuple[Earlier, ...], why: str) -> None:
    """Of another build, in a rehearsal, unsigned as far as it counts, or with steps ahead."""
    decision = said(gate=AFTER, earlier=earlier)
    assert decision.exit_code == 2
    assert why in line(decision, "after-gate-before").reasons[0].why


def test_rehearsals_follow_rehearsals() -> None:
    """And no waiver replaces a gate."""
    rehearsed = before(rehearsal=("--rehearsal",))
    assert said(gate=AFTER, earlier=(rehearsed,), overlay=Overlay()).exit_code == 0
    waived = said(grant(objective="after-gate-before"), gate=AFTER)
    assert waived.exit_code == 2


def test_a_rehearsal_may_begin_in_the_middle_and_not_skip() -> None:
    """What the overlay leaves out counts as soon as the gate before has decided on the build."""
    overlay = Overlay(leave_out={"after-gate-before": "a rehearsal may begin with this gate"})
    begun = said(gate=AFTER, overlay=overlay)
    assert (begun.exit_code, [one.id for one in begun.left_out]) == (0, ["after-gate-before"])
    held = said(gate=AFTER, earlier=(before(Action.HOLD),), overlay=overlay)
    assert (held.exit_code, held.left_out) == (1, ())
    assert line(held, "after-gate-before").result is Result.FAIL
    other = said(gate=AFTER, earlier=(before(Action.HOLD, build="0.9.0"),), overlay=overlay)
    assert other.exit_code == 0


def test_without_a_gate_nobody_is_asked() -> None:
    """A run that is judged by its layers has no words."""
    assert check("health").outcome is Outcome.PASS
    assert said(gate=policy(gate=None)).attestations == ()
