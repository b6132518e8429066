"""What applying the Terraform plan would do (SIT-PLAN, SIT-APPROVAL-02).

GIVEN a saved plan, as `terraform show -json` tells it
WHEN its changes are held against what is expected of them
THEN nothing with data goes, nothing opens, and nothing happens that nobody expects.
"""

import pytest

from fixtures.expectations import Inconclusive, require
from fixtures.terraform.review import KINDS, Review

SHOWN_BY = "terraform show PLAN"


@pytest.mark.plan("SIT-PLAN-01", "SIT-PLAN-02", "SIT-PLAN-03", "SIT-PLAN-04", "SIT-APPROVAL-02")
@pytest.mark.severity("blocker")
@pytest.mark.on_request("terraform_plan")
def test_terraform_plan(terraform_review: Review) -> None:
    """GIVEN the plan, and beside it what is expected
    WHEN each change is looked at
    THEN it is whole, destroys no data, opens nothing, and is what was expected.
    """
    plan = terraform_review.plan
    require(
        plan.problem is None,
        "the plan is whole",
        expected="a complete plan of format version 1",
        actual=plan.problem,
        curl=SHOWN_BY,
    )
    require(
        not plan.failed_checks,
        "the plan's own checks hold",
        expected="no check that fails",
        actual=plan.failed_checks,
        curl=SHOWN_BY,
    )
    destroyed = terraform_review.destroyed()
    require(
        not destroyed,
        "nothing with data is destroyed",
        expected="no delete, replace or forget of it"
        + (", and in production of nothing" if terraform_review.production else ""),
        actual=destroyed[:10],
        curl=SHOWN_BY,
    )
    opened = terraform_review.opened()
    require(
        not opened,
        "nothing is opened",
        expected="no public access, no wide policy, HTTPS and recovery kept",
        actual=opened[:10],
        curl=SHOWN_BY,
    )
    blinded = terraform_review.blinded()
    require(
        not blinded,
        "nobody is blinded",
        expected="alarms and dashboards stay",
        actual=blinded[:10],
        curl=SHOWN_BY,
    )
    expected = terraform_review.expected()
    unexpected = terraform_review.unexpected(expected)
    require(
        not unexpected,
        "every change is expected",
        expected=expected.addresses,
        actual=unexpected[:10],
        curl=SHOWN_BY,
    )
    counts = terraform_review.counts()
    wanted = {kind: getattr(expected, kind) for kind in KINDS}
    require(
        counts == wanted,
        "as many changes as expected",
        expected=wanted,
        actual=counts,
        curl=SHOWN_BY,
    )
    unknown = terraform_review.unknown()
    if unknown:
        raise Inconclusive(f"known only when it is applied: {', '.join(unknown[:10])}")
