"""The TOML reader: what is right is read, what is wrong is told well.

``bad_configs/`` holds pairs of files: ``<name>.toml``, and ``<name>.txt`` with the message that
it must get. The first line of the TOML says what it is meant to be.
"""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest

from reports.gates.plan_items import load_plan_items
from reports.judging.policy import Overlay, Policy
from reports.strict_toml import ConfigurationError, load, parse

FOLDER = Path(__file__).parent / "bad_configs"
BAD = sorted(FOLDER.glob("*.toml"))


class Color(enum.StrEnum):
    """A choice."""

    RED = "red"
    GREEN = "green"


class Inner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table in a table."""

    name: str
    ratio: float = 1.0
    color: Color = Color.RED


class Outer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All kinds of fields."""

    count: int
    on: bool = False
    maybe: str | None = None
    either: int | str = 0
    way: Literal["up", "down"] = "up"
    names: tuple[str, ...] = ()
    inner: Inner | None = None
    inners: tuple[Inner, ...] = ()
    reasons: dict[str, str] = msgspec.field(default_factory=dict)
    named: dict[str, Inner] = msgspec.field(default_factory=dict)
    small: Annotated[int, msgspec.Meta(ge=1, le=9)] = 1


KINDS: dict[str, type[msgspec.Struct]] = {"outer": Outer, "policy": Policy, "overlay": Overlay}


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_bad_file_gets_its_message(file: Path) -> None:
    """The whole message, as committed: file, section, key, value, and what would be right."""
    kind = KINDS[file.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")]
    with pytest.raises(ConfigurationError) as told:
        parse(file.read_text(encoding="utf-8"), kind, file.name)
    assert f"{told.value}\n" == file.with_suffix(".txt").read_text(encoding="utf-8")


def test_every_bad_file_has_a_message_and_the_other_way_round() -> None:
    """No pair is half."""
    assert [file.stem for file in BAD] == sorted(file.stem for file in FOLDER.glob("*.txt"))
    assert len(BAD) > 10


def test_what_is_right_is_read() -> None:
    """Every kind of field, in a table, in a list of tables and in named tables."""
    text = """
        count = 1
        on = true
        maybe = "m"
        either = "text"
        way = "down"
        names = ["a", "b"]
        [inner]
        name = "i"
        ratio = 2
        color = "green"
        [[inners]]
        name = "first"
        [reasons]
        a = "b"
        [named.x]
        name = "y"
    """
    read = parse(text, Outer, "here")
    assert read == Outer(
        count=1,
        on=True,
        maybe="m",
        either="text",
        way="down",
        names=("a", "b"),
        inner=Inner(name="i", ratio=2.0, color=Color.GREEN),
        inners=(Inner(name="first"),),
        reasons={"a": "b"},
        named={"x": Inner(name="y")},
    )


def test_a_file_is_read(tmp_path: Path) -> None:
    """The same from a file, in UTF-8."""
    file = tmp_path / "outer.toml"
    file.write_text('count = 3\nmaybe = "ü"', encoding="utf-8")
    assert load(file, Outer) == Outer(count=3, maybe="ü")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The message names it and what the system said."""
    with pytest.raises(ConfigurationError, match=r"nothing\.toml: cannot be read: No such file"):
        load(tmp_path / "nothing.toml", Outer)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    """The message says where it stops being text."""
    file = tmp_path / "outer.toml"
    file.write_bytes(b"a = '\xff'")
    with pytest.raises(ConfigurationError, match=r"outer\.toml: is not UTF-8 text \(byte 5\)"):
        load(file, Outer)


def test_items_with_two_places_are_refused(tmp_path: Path) -> None:
    """A plan item has one gate and one kind of place; the other ways are all told."""
    file = tmp_path / "plan-items.toml"
    file.write_text(
        """
        [[sections]]
        phase = "p"
        section = "s"
        [sections.items]
        A-01 = { gate = "dev", text = "t", check = "smoke", objective = "smoke" }
        A-02 = { gate = "dev", text = "t" }
        A-03 = { gate = "dev", text = "t", check = "smoke" }
        [[sections]]
        phase = "p"
        section = "again"
        [sections.items]
        A-03 = { gate = "dev", text = "t", check = "smoke" }
        """,
        encoding="utf-8",
    )
    with pytest.raises(ConfigurationError) as told:
        load_plan_items(file)
    one_of = "names exactly one of check, objective, evidence, attestation"
    assert str(told.value).splitlines() == [
        f"{file}: A-01 {one_of}",
        f"{file}: A-02 {one_of}",
        f"{file}: A-03 has two places; it has one",
    ]
