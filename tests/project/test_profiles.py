"""The profiles that policies may name, and those that the load layer drives."""

from __future__ import annotations

from fixtures.load.profiles import PROFILES, SHORT_UPDATES, STEADY
from reports.judging.policy import PROFILES as POLICY_PROFILES
from reports.judging.validity import ASKED


def test_the_profiles_are_those_of_the_load_layer() -> None:
    """What policies may name is what --load-profile and the layers know, and asks the same."""
    known = {**PROFILES, STEADY.name: STEADY, SHORT_UPDATES.name: SHORT_UPDATES}
    assert set(POLICY_PROFILES) == set(known)
    for name, (rate, seconds) in ASKED.items():
        stages = known[name].stages
        assert {stage.rate for stage in stages} == {rate}
        assert sum(stage.seconds for stage in stages) - known[name].warm_up_s == seconds
