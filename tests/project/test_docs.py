"""The documentation names everything that a person can say to the harness, and its links lead."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
import typer.main

from fixtures import options
from fixtures.environment import EnvironmentFile, load_environment, names
from reference_service.faults.registry import FAULTS
from reports.cli import app
from reports.evidence.record import CheckRecord, Outcome, RunRecord, Subject
from reports.gates.loading import gate_names, load_policy_file
from reports.judging.decision import Decision, ObjectiveResult
from reports.judging.policy import LAYERS, Overlay, Policy
from reports.judging.result import ExitCode, Result

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = (
    *sorted(DOCS.glob("*.md")),
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CHANGELOG.md")),
    ROOT / "suites" / "README.md",
    ROOT / "reference_service" / "README.md",
)
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def read(page: str) -> str:
    """A page's text."""
    return (ROOT / page).read_text(encoding="utf-8")


def unnamed(page: str, wanted: set[str]) -> set[str]:
    """Which of ``wanted`` no code span of a page names; an option's value may follow it."""
    prose = FENCED.sub("", read(page))
    spans = re.findall(r"`([^`\n]+)`", prose)
    said = {word for span in spans for word in re.split(r"[\s=,\[\]]+", span)}
    return wanted - said - set(spans)


def examples(page: str, language: str) -> list[str]:
    """The fenced blocks of a page in ``language``."""
    return [text for kind, text in FENCED.findall(read(page)) if kind == language]


def keys(kind: type[msgspec.Struct]) -> set[str]:
    """The keys of a structure and of the structures within it."""
    found = set()
    for field in msgspec.structs.fields(kind):
        found.add(field.encode_name)
        for part in (field.type, *get_args(field.type)):
            if isinstance(part, type) and issubclass(part, msgspec.Struct):
                found |= keys(part)
    return found


class Options:
    """Stands in for pytest's parser: it keeps the names of options."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def getgroup(self, _name: str) -> Options:
        """All groups are one here."""
        return self

    def addoption(self, *names: str, **_: object) -> None:
        """Keep the names."""
        self.names |= set(names)


def commands(group: Any, path: str = "gate") -> Iterator[tuple[str, set[str]]]:
    """Each verb with its long options."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{path} {name}")
            continue
        long = {
            option
            for parameter in command.params
            for option in (*parameter.opts, *parameter.secondary_opts)
            if option.startswith("--")
        }
        yield f"{path} {name}", long


def sessions() -> set[str]:
    """The sessions of the noxfile."""
    return {
        node.name
        for node in ast.parse(read("noxfile.py")).body
        if isinstance(node, ast.FunctionDef)
        and any(
            ast.unparse(decorator).startswith("nox.session") for decorator in node.decorator_list
        )
    }


@pytest.mark.parametrize(
    "command", ['pip install "nox[uv]" && nox -s smoke', 'pip install "nox[uv]" && nox -s tests']
)
def test_the_readme_has_the_two_commands(command: str) -> None:
    """Each stands alone in a block, to be copied as it is."""
    assert f"```\n{command}\n```" in read("README.md")


def test_every_option_of_pytest_is_named() -> None:
    """An option that the harness adds stands in the table of options, alone in its row."""
    parser = Options()
    options.pytest_addoption(parser)  # type: ignore[arg-type]
    assert parser.names
    rows = re.findall(r"^\| `(--[a-z-]+)", read("docs/environments.md"), re.MULTILINE)
    assert sorted(rows) == sorted(parser.names)


def test_every_key_of_an_environment_file_is_named() -> None:
    """A key that a file may have is explained, and so is every layer."""
    assert unnamed("docs/environments.md", keys(EnvironmentFile) | {*LAYERS}) == set()


def test_every_environment_is_named() -> None:
    """Those that come with the project."""
    assert unnamed("docs/environments.md", set(names())) == set()


def test_every_key_of_a_policy_is_named() -> None:
    """Policies, objectives and overlays."""
    assert unnamed("docs/gates.md", keys(Policy) | keys(Overlay)) == set()


def test_every_gate_is_named() -> None:
    """A gate that has a policy has its row."""
    rows = set(re.findall(r"^\| `([a-z0-9-]+)` \| [a-z]+ \|", read("docs/gates.md"), re.MULTILINE))
    assert rows == set(gate_names())


def test_every_verb_of_gate_is_named() -> None:
    """Each has its row, with every option but those that all have."""
    rows = dict(re.findall(r"^\| `(gate [^`]+)` \| (.+) \|$", read("docs/gates.md"), re.MULTILINE))
    for verb, long in commands(typer.main.get_command(app)):
        said = [text for name, text in rows.items() if f"{name} ".startswith(f"{verb} ")]
        assert len(said) == 1, f"{verb} has no row of its own"
        for option in long - {"--help", "--report-dir"}:
            assert re.search(rf"`{option}[ `]", said[0]), f"{verb} {option}"


def test_every_fault_has_its_row() -> None:
    """Name, seam, check, expectation and description, as the service lists them, in its order."""
    rows = [
        f"| `{one.name}` | {one.seam} | `{one.check}` | {one.reason} | {one.description} |"
        for one in FAULTS
    ]
    there = [line for line in read("docs/faults.md").splitlines() if line.startswith("| `")]
    there = [line for line in there if not line.startswith("| `--")]
    assert there == rows


def test_every_session_of_nox_is_named() -> None:
    """``nox -s NAME`` stands in the README for each."""
    assert set(re.findall(r"`nox -s ([a-z_]+)`", read("README.md"))) == sessions()


def test_every_exit_code_is_named() -> None:
    """The tables of the README and of the gates have a row for each."""
    for page in ("README.md", "docs/gates.md"):
        codes = re.findall(r"^\| (\d) \|", read(page), re.MULTILINE)
        assert codes == [str(code.value) for code in ExitCode], page


@pytest.mark.parametrize(
    ("page", "wanted"),
    [
        ("docs/gates.md", {result.value for result in Result}),
        ("docs/evidence.md", {outcome.value for outcome in Outcome}),
        ("docs/evidence.md", set(RunRecord.__struct_fields__)),
        ("docs/evidence.md", {*CheckRecord.__struct_fields__, *Subject.__struct_fields__}),
        ("docs/report.md", set(Decision.__struct_fields__)),
        ("docs/report.md", {*ObjectiveResult.__struct_fields__} - {"id", "title", "more_reasons"}),
    ],
)
def test_every_word_of_the_records_is_named(page: str, wanted: set[str]) -> None:
    """What machines read is explained to people."""
    assert unnamed(page, wanted) == set()


def test_every_dependency_is_named() -> None:
    """Each package that the project names says what it is for."""
    project = tomllib.loads(read("pyproject.toml"))
    requirements: list[str] = project["project"]["dependencies"]
    for group in project["dependency-groups"].values():
        requirements = requirements + group
    wanted = {re.split(r"[\[<>=!~ ]", one)[0] for one in requirements}
    assert unnamed("docs/dependencies.md", wanted) == set()


def test_the_environment_in_the_docs_is_one(tmp_path: Path) -> None:
    """Whoever copies the example gets an environment that loads."""
    file = tmp_path / "staging.toml"
    complete = examples("docs/environments.md", "toml")[0]
    file.write_text(complete, encoding="utf-8")
    assert load_environment(str(file)).name == "staging"
    *_, flow = examples("docs/environments.md", "toml")
    other = re.sub(r"^admin = .*\n", lambda _: flow, complete, flags=re.MULTILINE)
    file.write_text(other, encoding="utf-8")
    assert load_environment(str(file)).tokens.admin.token_url


def test_the_policy_in_the_docs_is_one(tmp_path: Path) -> None:
    """Whoever copies the example gets a policy that loads."""
    file = tmp_path / "example.toml"
    file.write_text(examples("docs/gates.md", "toml")[0], encoding="utf-8")
    assert load_policy_file(file).policy.gate == "example"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    """A relative link names a file that is there, and a heading in it."""
    broken = []
    for target in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def anchors(page: Path) -> set[str]:
    """What the headings of a page are linked by."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}


def test_each_page_is_reached_from_the_readme() -> None:
    """No page of docs/ is left lying about."""
    linked = set(LINK.findall(read("README.md")))
    assert {f"docs/{page.name}" for page in DOCS.glob("*.md")} <= linked
