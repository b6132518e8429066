"""A decision in one line."""

from __future__ import annotations

import pytest

from reports.evidence.record import Outcome
from reports.judging.decision import Decision
from reports.judging.policy import Overlay, layer_policy
from tests.judging.samples import (
    check,
    checks,
    decide,
    run,
)

FAILING = checks(create_product=Outcome.FAIL)
BROKEN = checks(create_product=Outcome.ERROR)
LAYERS = layer_policy(["smoke"], "sit", ["vpc"])


@pytest.mark.parametrize(
    ("decision", "sentence"),
    [
        (decide(run()), "PROMOTE  a-gate on sit, build 1.0.0: all 2 objectives pass"),
        (
            decide(run(), overlay=Overlay()),
            "PROMOTE  a-gate on sit, build 1.0.0: all 2 objectives pass (REHEARSAL)",
        ),
        (
            decide(run(rehearsal=("x",)), policy=LAYERS, build=None),
            "PASS  smoke on sit: all layers pass (rehearsal)",
        ),
        (
            decide(run(), policy=LAYERS),
            "PASS  smoke on sit, build 1.0.0: all layers pass",
        ),
        (
            decide(run(checks=FAILING), policy=LAYERS, build=None),
            "FAIL  smoke on sit: smoke.create_product (SIT-SMOKE-03): create answers 201",
        ),
        (
            decide(policy=layer_policy(["smoke", "sla"], "sit", ()), build=None),
            "NO EVIDENCE  smoke, sla on sit: smoke: no run of layer smoke counts (and 1 more)",
        ),
        (
            decide(run(checks=checks(create_product=Outcome.SKIPPED))),
            "HOLD  a-gate on sit, build 1.0.0: smoke.create_product (SIT-SMOKE-03): it was skipped",
        ),
        (
            decide(run(checks=BROKEN)),
            (
                "ERROR  a-gate on sit, build 1.0.0: the harness itself failed in "
                "smoke.create_product: it did not say how"
            ),
        ),
        (
            decide(
                run(checks=(*checks(), check("x", Outcome.FAIL, items=(), reason="r"))),
                policy=LAYERS,
                build=None,
            ),
            "FAIL  smoke on sit: smoke.x: r",
        ),
    ],
)
def test_the_sentence(decision: Decision, sentence: str) -> None:
    """One line says what was decided and, where it holds, the first reason why."""
    assert decision.sentence == sentence
