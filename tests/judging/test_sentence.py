"""A decision in one line."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from reports.evidence.record import Outcome
from reports.judging.decision import Decision
from reports.judging.policy import Objective, Overlay, layer_policy
from reports.judging.result import Result
from tests.judging.samples import EXPECTED, check, checks, decide, policy, run

FAILING = checks(create_product=Outcome.FAIL)
BROKEN = checks(create_product=Outcome.ERROR)
LAYERS = layer_policy(["smoke"], "sit", ["vpc"])


def two_layers() -> Decision:
    """Neither of two layers was seen."""
    return decide(policy=layer_policy(["smoke", "sla"], "sit", ()), build=None)


def stranger() -> Decision:
    """A failing check without plan items."""
    failing = check("x", Outcome.FAIL, items=(), reason="r")
    return decide(run(checks=(*checks(), failing)), policy=LAYERS, build=None)


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (lambda: decide(run()), "PROMOTE  a-gate on sit, build 1.0.0: all 2 objectives pass"),
        (
            lambda: decide(run(), overlay=Overlay()),
            "PROMOTE  a-gate on sit, build 1.0.0: all 2 objectives pass (REHEARSAL)",
        ),
        (
            lambda: decide(run(rehearsal=("x",)), policy=LAYERS, build=None),
            "PASS  smoke on sit: all layers pass (rehearsal)",
        ),
        (
            lambda: decide(run(), policy=LAYERS),
            "PASS  smoke on sit, build 1.0.0: all layers pass",
        ),
        (
            lambda: decide(run(checks=FAILING), policy=LAYERS, build=None),
            "FAIL  smoke on sit: smoke.create_product (SIT-SMOKE-03): create answers 201",
        ),
        (
            two_layers,
            "NO EVIDENCE  smoke, sla on sit: smoke: no run of layer smoke counts (and 1 more)",
        ),
        (
            lambda: decide(run(checks=checks(create_product=Outcome.SKIPPED))),
            "HOLD  a-gate on sit, build 1.0.0: smoke.create_product (SIT-SMOKE-03): it was skipped",
        ),
        (
            lambda: decide(run(checks=BROKEN)),
            (
                "ERROR  a-gate on sit, build 1.0.0: the harness itself failed in "
                "smoke.create_product: it did not say how"
            ),
        ),
        (stranger, "FAIL  smoke on sit: smoke.x: r"),
    ],
)
def test_the_sentence(made: Callable[[], Decision], sentence: str) -> None:
    """One line says what was decided and, where it holds, the first reason why."""
    assert made().sentence == sentence


def test_items_of_the_check_to_blame_are_all_named() -> None:
    """Two plan items, separated by a comma."""
    expected = (replace(EXPECTED[0], items=("X-01", "X-02")),)
    failing = (check("health", Outcome.FAIL),)
    decision = decide(run(checks=failing), expected=expected, policy=LAYERS, build=None)
    assert "smoke.health (X-01, X-02): " in decision.sentence


def test_the_reason_quoted_is_one_of_the_result() -> None:
    """Thirty failures are within the limit, one missing check is not: the missing one is told."""
    rows = tuple(replace(EXPECTED[0], id=f"smoke.c{n:03}") for n in range(100))
    records = tuple(
        replace(check("x", Outcome.FAIL if n < 30 else Outcome.PASS), id=row.id)
        for n, row in enumerate(rows[:-1])
    )
    by = policy(objectives=(Objective(id="most", title="t", criterion=">= 50%", layer="smoke"),))
    decision = decide(run(checks=records), expected=rows, policy=by)
    assert decision.verdict is Result.NO_EVIDENCE
    assert "smoke.c099 (SIT-SMOKE-01): it did not run" in decision.sentence
