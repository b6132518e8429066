"""Faults in what is about to be deployed: Terraform plans, each a file in ``plans/``.

The service itself is healthy; a proof gives the check the plan that has the fault's name.
"""

from __future__ import annotations

from reference_service.faults.fault import Fault, faults

_plan = faults("plan", "readiness.terraform_plan")

FAULTS: tuple[Fault, ...] = tuple(
    _plan(name, reason, description, lambda composition: composition)
    for name, reason, description in (
        (
            "plan-replaces-table",
            "nothing with data is destroyed",
            "The plan makes the products table anew.",
        ),
        (
            "plan-opens-bucket",
            "nothing is opened",
            "The plan lets a public policy onto the images bucket.",
        ),
        (
            "plan-allows-plain-http",
            "nothing is opened",
            "The plan has the distribution answer plain HTTP.",
        ),
        ("plan-deletes-alarm", "nobody is blinded", "The plan deletes an alarm."),
        (
            "plan-changes-more",
            "every change is expected",
            "The plan makes a function that nobody expects.",
        ),
        (
            "plan-one-change-short",
            "as many changes as expected",
            "The plan changes less than is expected.",
        ),
        ("plan-errored", "the plan is whole", "Terraform ended with an error while it planned."),
    )
)
