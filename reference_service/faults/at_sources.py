"""Faults in a release as the service's repository has it: each a history in ``sources/``.

The service itself is healthy; a proof gives the checks the history that has the fault's name.
"""

from __future__ import annotations

from reference_service.faults.fault import Fault, faults


def _source(check: str, name: str, reason: str, description: str) -> Fault:
    made = faults("source", f"readiness.{check}")
    return made(name, reason, description, lambda composition: composition)


FAULTS: tuple[Fault, ...] = (
    _source(
        "release_tag",
        "release-not-tagged",
        "the release is tagged",
        "Another build is tagged, and this one is not.",
    ),
    _source(
        "release_on_main",
        "release-off-main",
        "the release is on the main branch",
        "The tagged commit stands on a branch that was never merged.",
    ),
    _source(
        "release_changelog",
        "release-not-in-changelog",
        "the changelog tells of the release",
        "The changelog of the tagged commit tells of the build before.",
    ),
    _source(
        "release_changelog",
        "release-with-empty-section",
        "the changelog tells of the release",
        "The changelog has the build's heading and nothing under it.",
    ),
)
