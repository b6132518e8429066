"""``python -m tests.whole_plan [--fault NAME] [--load-profile PROFILE] [--report-dir DIR]``."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from tests.whole_plan.rehearsal import Rehearsal

DEFAULT = Path("reports/out/whole-plan")


def main() -> int:
    """Rehearse the plan; the last decision's exit code."""
    parser = argparse.ArgumentParser(
        prog="nox -s rehearsal --",
        description="Rehearse the whole promotion plan on this machine: every gate from dev to "
        "prod-week is decided from what the rehearsal itself saw. Exits as the last gate did: 0 "
        "promote, 1 or 2 hold, 5 rollback.",
    )
    parser.add_argument("--fault", help="the build misbehaves so, from the canary on")
    parser.add_argument(
        "--load-profile",
        default="quick",
        choices=["quick", "documented"],
        help="documented drives the plan's ten minutes at 150 requests a second",
    )
    parser.add_argument("--report-dir", type=Path, default=DEFAULT, help=f"default: {DEFAULT}")
    asked = parser.parse_args()
    # Nothing of an earlier one.
    shutil.rmtree(asked.report_dir / "store", ignore_errors=True)
    for page in asked.report_dir.glob("decision-*.html"):
        page.unlink()
    rehearsal = Rehearsal(
        asked.report_dir,
        lambda line: print(line, flush=True),
        fault=asked.fault,
        load_profile=asked.load_profile,
    )
    try:
        code = rehearsal.run()
    except KeyboardInterrupt:
        print("interrupted: the stacks are ended, what was seen stays in the store")
        return 130
    print(f"\n{'gate':<18} {'decision':<9} {'exit':>4} {'seconds':>8}  digest")
    for one in rehearsal.decided:
        print(
            f"{one.step:<18} {one.action:<9} {one.code:>4} {one.seconds:>8.0f}  {one.digest[7:19]}"
        )
    print(f"{rehearsal.seconds:.0f} s in all. The last decision: {asked.report_dir}/decision.html")
    return code


if __name__ == "__main__":
    sys.exit(main())
