"""What a decision says of the build that ran."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from reports.evidence.record import RunRecord, Source
from reports.judging.admission import weakest
from reports.judging.decision import Decision
from reports.judging.policy import Overlay, layer_policy
from reports.judging.result import Result
from tests.judging.samples import (
    check,
    decide,
    environment,
    line,
    policy,
    run,
    subject,
)

LAYERS = layer_policy(["smoke"], "sit", ["vpc"])


def why_subject(decision: Decision) -> list[str]:
    """The reasons of the subject's line."""
    return [reason.why for reason in line(decision, "subject").reasons]


def test_a_confirmed_subject() -> None:
    """The walk tied the URL to the build: the line says so and what it rests on."""
    subject_line = line(decide(run()), "subject")
    assert subject_line.result is Result.PASS
    assert (subject_line.value, subject_line.limit) == ("walk", "holds")
    assert subject_line.title == "What ran is build 1.0.0"
    assert subject_line.source == ("sha256:run-1",)
    assert subject_line.flip == "another version answering"
    assert (subject_line.reasons, subject_line.more_reasons) == ((), 0)


def test_a_self_reported_subject_is_refused_or_taken() -> None:
    """As the policy says; an overlay may take it in a rehearsal."""
    claimed = run(subject=subject(binding="self-reported"))
    refused = decide(claimed)
    assert why_subject(refused) == [
        "run run-1: the build is self-reported; this gate needs the walk from domain to code digest"
    ]
    assert line(refused, "subject").result is Result.NO_EVIDENCE
    assert line(refused, "subject").value == "self-reported"
    assert line(refused, "subject").flip == "evidence whose subject is confirmed"
    assert decide(claimed, policy=policy(accept_self_reported=True)).exit_code == 0
    assert decide(claimed, overlay=Overlay(accept_self_reported=True)).exit_code == 0
    assert decide(claimed, overlay=Overlay()).exit_code == 2


def test_bindings_of_several_sources() -> None:
    """One self-reported source among them is enough to hold."""
    runs = (
        run("whole", hours_ago=2),
        run("part", checks=(check("health"),), subject=subject(binding="self-reported")),
    )
    subject_line = line(decide(*runs), "subject")
    assert subject_line.value == "self-reported, walk"
    assert subject_line.source == ("sha256:whole", "sha256:part")
    assert len(subject_line.reasons) == 1


def test_traffic_that_is_shared() -> None:
    """The way leads to two versions: not enough where one is meant, unless its own word is."""
    shared = run(subject=subject(binding="walk to several"))
    held = decide(shared)
    assert why_subject(held) == [
        "run run-1: the alias shares the traffic among several versions; this gate needs one"
    ]
    assert (line(held, "subject").value, held.exit_code) == ("walk to several", 2)
    assert decide(shared, policy=policy(accept_self_reported=True)).exit_code == 0
    assert decide(shared, policy=policy(subject="candidate")).exit_code == 0


def test_a_word_that_nobody_knows_ties_nothing() -> None:
    """As if there were none."""
    assert line(decide(run(subject=subject(binding="trust me"))), "subject").value == (
        "self-reported"
    )
    assert weakest(["walk", "walk to several"]) == "walk to several"
    assert weakest(["walk", "self-reported"]) == weakest([]) == "self-reported"


def test_an_unconfirmed_subject_is_named_even_when_self_reported_is_taken() -> None:
    """Both reasons stand where both hold."""
    silent = subject(version=None, version_after=None, binding="self-reported")
    taken = decide(run(subject=silent), policy=policy(accept_self_reported=True))
    assert why_subject(taken) == ["run run-1: health reported no version"]
    assert taken.exit_code == 2
    assert len(why_subject(decide(run(subject=silent)))) == 2


def test_an_unconfirmed_run_that_no_longer_decides_is_no_concern() -> None:
    """The service was down in an earlier run and answers in the one that decides."""
    old = run("old", hours_ago=2, subject=subject(version=None, version_after=None))
    assert decide(old, run("new")).exit_code == 0


def test_without_a_run_the_subject_is_unknown() -> None:
    """The line says that no run counts, or why the last three do not, the newest first."""
    assert why_subject(decide()) == ["no run of build 1.0.0 counts"]
    runs = [run(f"r{n}", hours_ago=30 - n) for n in range(4)]
    assert why_subject(decide(*runs)) == [
        f"run r{n}: it is {30 - n} h old; at most 24h is taken" for n in (3, 2, 1)
    ]
    assert line(decide(), "subject").value is None


def test_layers_show_the_subject_only_when_it_is_in_doubt() -> None:
    """A run without a gate that answered has no such line; one that did not has."""
    assert [one.id for one in decide(run(), policy=LAYERS, build=None).objectives] == ["smoke"]
    assert [one.id for one in decide(policy=LAYERS, build=None).objectives] == ["smoke"]
    silent = decide(run(subject=subject(version=None)), policy=LAYERS, build=None)
    assert why_subject(silent) == ["run run-1: health reported no version"]
    assert line(silent, "subject").title == "What ran is known"
    other = decide(run(subject=subject(build="2")), policy=LAYERS, build="1.0.0")
    assert why_subject(other) == ["run run-1: it is of build 2, not 1.0.0"]
    assert line(other, "subject").title == "What ran is build 1.0.0"


def imported(hours_ago: float = 1, **changes: Any) -> RunRecord:
    """What another tool wrote: it names the build that was meant, and nothing answered it."""
    claimed = subject(version=None, version_after=None, binding="self-reported")
    claimed = replace(claimed, code_digest=None, code_digest_after=None)
    source = Source(
        harness="0.1.0", python="3.11.7", pytest="none", imported=("sha256:" + "1" * 64,)
    )
    return run("imported", hours_ago=hours_ago, subject=claimed, source=source, **changes)


def test_the_runs_beside_what_was_imported_tell_its_build() -> None:
    """The one before and the one after, as far as there are any; the weakest binding counts."""
    for around in ([2], [0.5], [2, 0.5]):
        ours = [run(f"ours-{hours}", hours_ago=hours, checks=()) for hours in around]
        found = line(decide(imported(), *ours), "subject")
        assert (found.result, found.value) == (Result.PASS, "walk")
    weak = run("ours", hours_ago=2, subject=subject(binding="self-reported"), checks=())
    assert line(decide(imported(), weak), "subject").value == "self-reported"
    taken = decide(imported(), weak, policy=policy(accept_self_reported=True))
    assert line(taken, "subject").result is Result.PASS


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (
            {"subject": subject(version="0.9.0", version_after="0.9.0", build=None)},
            "0.9.0 answered",
        ),
        ({"subject": subject(version_after="1.0.1")}, "the version changed in mid-run"),
        ({"subject": subject(version=None, version_after=None)}, "health reported no version"),
        ({"environment": environment(name="dev")}, "no run before or after it saw"),
        ({"rehearsal": ("base_url",)}, "no run before or after it saw"),
        ({"source": imported().source}, "no run before or after it saw"),
        ({"schema": "other"}, "no run before or after it saw"),
    ],
)
def test_what_was_imported_beside_no_run_of_the_build(changes: dict[str, Any], why: str) -> None:
    """Another build was there before or after, or nobody looked: it holds."""
    found = line(
        decide(imported(), run("ours", hours_ago=2, **{"checks": (), **changes})), "subject"
    )
    assert found.result is Result.NO_EVIDENCE
    assert any(why in reason.why for reason in found.reasons)
