"""The policies that ship, their overlays, and the plan's items."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest

from reports.evidence.checks_list import read_checks
from reports.gates import loading
from reports.gates.loading import (
    FOLDER,
    SCHEMA_FILE,
    check_names,
    from_texts,
    gate_names,
    layers_as_loaded,
    load_policy,
    load_policy_file,
    overlay_of,
    schema,
    with_overlay,
)
from reports.gates.plan_items import load_plan_items
from reports.judging.policy import layer_policy
from reports.strict_toml import ConfigurationError

CHECKS = FOLDER.parent.parent / "suites" / "checks.tsv"
GATE = FOLDER / "sit-deployment.toml"


def test_every_gate_loads_and_fits_the_checks() -> None:
    """Each policy that ships is valid, names its own file, and names only checks that exist."""
    assert "sit-deployment" in gate_names()
    assert "plan-items" not in gate_names()
    for name in gate_names():
        loaded = load_policy(name)
        assert loaded.policy.gate == name
        assert loaded.overlay is None
        check_names(loaded.policy, read_checks(CHECKS))


def test_every_overlay_belongs_to_a_gate_and_loads() -> None:
    """A rehearsal of each gate that has one."""
    overlays = sorted(file.stem for file in (FOLDER / "rehearsal").glob("*.toml"))
    assert set(overlays) <= set(gate_names())
    for name in overlays:
        loaded = load_policy(name, rehearsal=True)
        assert loaded.policy == load_policy(name).policy
        assert loaded.overlay is not None
        assert len(loaded.texts) == 2


def test_sit_success_is_complete() -> None:
    """Every item of SIT Success has its objective, and the gate takes no build's own word."""
    loaded = load_policy("sit-deployment")
    served = [item for objective in loaded.policy.objectives for item in objective.items]
    success = sorted(item for item in served if item.startswith("SIT-SUCCESS"))
    assert success == [f"SIT-SUCCESS-{n:02}" for n in range(1, 10)]
    criteria = {objective.id: objective.criterion for objective in loaded.policy.objectives}
    assert criteria.pop("baseline") == ">= 1"
    assert criteria.pop("severe-bugs") == "<= 0"
    assert set(criteria.values()) == {">= 100%"}
    assert not loaded.policy.accept_self_reported
    handlers = next(one for one in loaded.policy.objectives if one.id == "handlers")
    assert len(handlers.checks) == 5


def test_no_gate_takes_a_short_load() -> None:
    """sit-signoff asks for the documented load, and only its rehearsal takes the quick one."""
    signoff = load_policy("sit-signoff", rehearsal=True)
    levels = [
        one for one in signoff.policy.objectives if one.indicator in ("latency", "error_rate")
    ]
    assert [one.criterion for one in levels] == ["p(95) < 500ms", "p(95) < 2s", "< 0.1%"]
    assert {one.profiles for one in levels} == {("documented",)}
    assert signoff.overlay is not None
    assert {signoff.overlay.accept_profiles[one.id] for one in levels} == {("quick",)}


def test_sit_signoff_has_a_place_for_every_item_it_serves() -> None:
    """Each item of an objective is one of this gate."""
    gates = {item.id: item.gate for item in load_plan_items()}
    served = {item for one in load_policy("sit-signoff").policy.objectives for item in one.items}
    assert {gates[item] for item in served} == {"sit-signoff"}


def test_the_published_schema_is_current_and_takes_the_policies() -> None:
    """The committed file is what the model says, and each policy is valid by it."""
    assert SCHEMA_FILE.read_bytes() == schema(), "write it anew from reports.gates.loading.schema"
    published = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    for name in gate_names():
        data = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
        jsonschema.validate(data, published)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"gate": "g", "max_agge": "1h"}, published)


def test_an_unknown_gate_is_told_with_the_nearest() -> None:
    """The message names what there is."""
    with pytest.raises(ConfigurationError) as told:
        load_policy("sit-deploymnt")
    assert str(told.value).startswith(
        'gate sit-deploymnt: no such gate; did you mean "sit-deployment"? There are: '
    )


def test_a_gate_without_an_overlay_cannot_be_rehearsed(tmp_path: Path) -> None:
    """The message says which file is not there."""
    with pytest.raises(ConfigurationError, match="sit-deployment cannot be rehearsed: there is no"):
        with_overlay(load_policy("sit-deployment"), tmp_path / "none.toml")


def test_a_policy_under_another_name_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A copied file that still says which gate it was."""
    (tmp_path / "other.toml").write_text(GATE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(loading, "FOLDER", tmp_path)
    with pytest.raises(ConfigurationError, match='gate = "sit-deployment": the file is of other'):
        load_policy("other")


def changed(tmp_path: Path, old: str, new: str) -> Path:
    """The gate's file with one thing else in it."""
    text = GATE.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file = tmp_path / "policy.toml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


def test_an_unknown_plan_item_is_refused(tmp_path: Path) -> None:
    """A policy cites items of the plan; one that is none is an error with the nearest."""
    with pytest.raises(ConfigurationError) as told:
        load_policy_file(changed(tmp_path, "SIT-SUCCESS-05", "SIT-SUCESS-05"))
    assert 'severe-bugs: items = "SIT-SUCESS-05": no such plan item; did you mean "SIT-SUCC' in str(
        told.value
    )


def test_an_unknown_check_is_refused(tmp_path: Path) -> None:
    """Every one that is misspelt is told, with the nearest."""
    loaded = load_policy_file(changed(tmp_path, "smoke.update_product", "smoke.updat_product"))
    with pytest.raises(ConfigurationError) as told:
        check_names(loaded.policy, read_checks(CHECKS))
    assert str(told.value) == (
        "gate sit-deployment: objective handlers: no such check smoke.updat_product; "
        'did you mean "smoke.update_product"? They stand in suites/checks.tsv'
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[leave_out]\nsmok = "x"', 'no such objective of sit-deployment; did you mean "smoke"?'),
        ('accept_rehearsals = true\n[leave_out]\nsla = "x"', "accept_rehearsals = true: unknown"),
        ('[leave_out]\nsmoke = ""', '"smoke" says no reason'),
    ],
)
def test_an_overlay_that_is_wrong_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """Only what an overlay may say, about objectives that there are."""
    file = tmp_path / "overlay.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as told:
        with_overlay(load_policy("sit-deployment"), file)
    assert message in str(told.value)


def test_an_overlay_cannot_leave_everything_out(tmp_path: Path) -> None:
    """A rehearsal of nothing would pass."""
    loaded = load_policy("sit-deployment")
    rows = [f'{objective.id} = "no"' for objective in loaded.policy.objectives]
    file = tmp_path / "overlay.toml"
    file.write_text("\n".join(["[leave_out]", *rows]), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="leaves nothing to rehearse"):
        with_overlay(loaded, file)


def test_the_texts_give_back_the_policy() -> None:
    """What is stored is enough to judge again: a gate, a rehearsal, a run without a gate."""
    for loaded in (
        load_policy("sit-deployment"),
        load_policy("sit-deployment", rehearsal=True),
        layers_as_loaded(layer_policy(["smoke"], "local", ["vpc"])),
    ):
        assert from_texts(loaded.texts) == loaded
    with pytest.raises(ConfigurationError, match="stored policy: "):
        from_texts(["{}"])


def test_an_overlay_carries_over_to_another_policy() -> None:
    """A rehearsal stays one under a changed policy, and what is none stays none."""
    plain, rehearsed = load_policy("sit-deployment"), load_policy("sit-deployment", rehearsal=True)
    assert overlay_of(plain, rehearsed) == rehearsed
    assert overlay_of(plain, plain) == plain


def test_the_plan_has_236_items_with_one_place_each() -> None:
    """Ids are unique and in the plan's order; every one says where it stands in the plan."""
    items = load_plan_items()
    assert len({item.id for item in items}) == len(items) == 236
    assert (items[0].id, items[-1].id) == ("SIT-ENV-01", "DOC-POST-08")
    for item in items:
        assert all((item.phase, item.section, item.text, item.place))


@pytest.mark.parametrize("name", gate_names())
def test_a_gate_asks_people_for_what_only_they_know(name: str) -> None:
    """Each item that the plan leaves to a person, in the role that its place names."""
    wanted = {
        item.id: item.place
        for item in load_plan_items()
        if item.gate == name and item.kind == "attestation"
    }
    assert load_policy(name).policy.attestations == wanted


def test_each_gate_follows_another() -> None:
    """From dev to the first week in production, one chain."""
    after = {name: load_policy(name).policy.requires for name in gate_names()}
    chain = ["prod-week"]
    while after[chain[-1]]:
        (before,) = after[chain[-1]]
        chain.append(before)
    assert sorted(chain) == sorted(gate_names())
    assert chain[-1] == "dev"


def test_production_takes_no_name_alone() -> None:
    """And each role there is another person; what fires in production says rollback."""
    for name in gate_names():
        policy = load_policy(name).policy
        if policy.environment == "prod":
            assert not policy.accept_bare_names
            assert policy.distinct_persons
    canary = load_policy("prod-canary").policy
    triggers = {item for one in canary.objectives if one.rollback for item in one.items}
    words = set(canary.attestations)
    assert triggers | words == {f"ROLLBACK-TRIGGER-{n:02}" for n in range(1, 10)}
