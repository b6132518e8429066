"""The release in the service's repository: tagged, on main, told in the changelog (SIT-CODE).

GIVEN a checkout of the service's repository, and the build that the pipeline means
WHEN git is asked for its tag
THEN it is there, main holds it, and the changelog of that commit tells of the build.
"""

import pytest

from fixtures.expectations import require
from fixtures.readiness.repository import CHANGELOG, Release, section_of

pytestmark = pytest.mark.on_request("source")


@pytest.mark.plan("SIT-CODE-04")
@pytest.mark.severity("critical")
def test_release_tag(release: Release) -> None:
    """GIVEN the build and the environment that it goes to
    WHEN the tag of both is looked for, such as v1.0.0-sit
    THEN it leads to a commit.
    """
    commit = release.repository.commit_of(release.tag)
    require(
        commit is not None,
        "the release is tagged",
        expected=f"a tag {release.tag} that leads to a commit",
        actual="there is none",
        curl=f"git rev-parse --verify 'refs/tags/{release.tag}^{{commit}}'",
    )


@pytest.mark.plan("SIT-CODE-01")
@pytest.mark.severity("critical")
def test_release_on_main(release: Release) -> None:
    """GIVEN the tagged commit
    WHEN the main branch is asked, as it was fetched
    THEN it holds the commit.
    """
    commit = release.commit()
    branch, head = release.repository.main()
    require(
        release.repository.ahead(commit, head) is not None,
        "the release is on the main branch",
        expected=f"{branch} holds the commit of {release.tag}",
        actual=f"{commit} is not among the commits of {branch}, {head}",
        curl=f"git merge-base --is-ancestor {release.tag} {branch}",
    )


@pytest.mark.plan("SIT-CODE-05")
@pytest.mark.severity("normal")
def test_release_changelog(release: Release) -> None:
    """GIVEN the changelog as it stands in the tagged commit
    WHEN the section of the build is looked for
    THEN it is there and not empty.
    """
    text = release.repository.changelog(release.commit())
    section = None if text is None else section_of(text, release.build)
    require(
        bool(section),
        "the changelog tells of the release",
        expected=f"a section on {release.build} in {CHANGELOG}, not empty",
        actual="there is no such file"
        if text is None
        else "no heading names it"
        if section is None
        else "it is empty",
        curl=f"git show {release.tag}:{CHANGELOG}",
    )
