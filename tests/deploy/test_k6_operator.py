"""The manifests for the k6-operator: they fit its schema, the scripts and the driver."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from fixtures.load.command import SCRIPTS, arguments
from fixtures.load.handing_out import OWN, TOKENS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "k6-operator"
SCHEMA = json.loads((Path(__file__).parent / "testrun.schema.json").read_text(encoding="utf-8"))
OPERATORS = {"--quiet", "--address", "--paused", "--tag", "--execution-segment", "--out"}


def manifest(name: str) -> Any:
    """The one document of a file."""
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def load_run() -> Any:
    """The TestRun."""
    return manifest("testrun.yaml")


def runner_variables() -> set[str]:
    """What the runner's container is told one by one."""
    return {one["name"] for one in load_run()["spec"]["runner"]["env"]}


def test_it_fits_the_published_schema() -> None:
    """Every field is one that the operator knows, of its type."""
    jsonschema_rs.validator_for(SCHEMA).validate(load_run())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("spec", "parallelism"), "4"),
        (("spec", "paralelism"), 4),
        (("spec", "script"), None),
        (("spec", "runner", "command"), ["k6"]),
        (("spec", "runner", "automountServiceAccountToken"), False),
        (("spec", "runner", "resources", "limits", "cpu"), "two"),
        (("spec", "runner", "volumes", 0, "persistentVolumeClaim"), {"claim": "x"}),
        (("apiVersion",), "k6.io/v1"),
    ],
)
def test_the_schema_bites(path: tuple[Any, ...], value: object) -> None:
    """A wrong type, an unknown field, a missing one: each is refused."""
    spoilt = copy.deepcopy(load_run())
    at = spoilt
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.validator_for(SCHEMA).validate(spoilt)


def test_its_arguments_are_the_drivers() -> None:
    """What the harness gives its own k6, without what the operator itself gives."""
    given = load_run()["spec"]["arguments"].split()
    drivers = arguments("k6", SCRIPTS / "elsewhere.js", None)
    assert [one for one in given if one not in drivers] == []
    flags = {one for one in given if one.startswith("--")}
    assert not flags & OPERATORS
    # Of the driver's own flags only these are left out: the operator says them, or reads the log.
    assert {one for one in drivers if one.startswith("--")} - flags == {
        "--quiet",
        "--address",
        "--out",
        "--log-format",
    }


def test_each_variable_of_the_scripts_is_given() -> None:
    """By name, from the settings that are handed out, or from the Secret."""
    read = set()
    for script in SCRIPTS.glob("*.js"):
        read |= set(re.findall(r"GATE_LOAD_[A-Z_]+", script.read_text(encoding="utf-8")))
    read -= {"GATE_LOAD_TOKEN_"}
    own = {name for name in OWN if name.startswith("GATE_LOAD_")}
    assert own <= runner_variables()
    assert {"GATE_LOAD_MACHINE", "K6_OUT", "K6_PROGRAM"} <= runner_variables()
    assert set(TOKENS) <= read
    assert not runner_variables() & set(TOKENS)
    sources = load_run()["spec"]["runner"]["envFrom"]
    assert {"configMapRef": {"name": "load-settings"}} in sources
    assert {"secretRef": {"name": "load-tokens"}} in sources


def test_the_scripts_are_in_the_config_map() -> None:
    """Whatever elsewhere.js imports, however deep, and the data; every file is there."""
    generators = {one["name"]: one for one in manifest("kustomization.yaml")["configMapGenerator"]}
    files = generators["load-scripts"]["files"]
    scripts = {Path(one).name for one in files if one.endswith(".js")}
    wanted, left = set(), ["elsewhere.js"]
    while left:
        name = left.pop()
        if name not in wanted:
            wanted.add(name)
            text = (SCRIPTS / name).read_text(encoding="utf-8")
            left += re.findall(r"from '\./([a-z_]+\.js)'", text)
    assert scripts == wanted
    assert all((FOLDER / one).is_file() for one in files if one.endswith(".js"))
    assert "handed-out/data.json" in files
    assert generators["load-settings"]["envs"] == ["handed-out/load.env"]
    (name, file) = generators["load-program"]["files"][0].split("=")
    assert name == "k6"
    assert (FOLDER / file).is_file()


def test_names_agree() -> None:
    """Scripts, settings, program, claim and the number of runners, from one file to the next."""
    run, collect = load_run(), manifest("collect.yaml")
    kustomization = manifest("kustomization.yaml")
    spec, pod = run["spec"], collect["spec"]["template"]["spec"]
    made = {one["name"] for one in kustomization["configMapGenerator"]}
    claim = manifest("results.yaml")
    assert spec["script"]["configMap"] == {"name": "load-scripts", "file": "elsewhere.js"}
    named = {one["configMap"]["name"] for one in spec["runner"]["volumes"] if "configMap" in one}
    assert named | {"load-scripts", "load-settings"} == made
    assert pod["volumes"][0]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    told = {one["name"]: one for one in pod["containers"][0]["env"]}
    assert told["PARALLELISM"]["value"] == str(spec["parallelism"])
    listed = {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(kustomization["resources"]) == listed


@pytest.mark.parametrize(
    ("file", "version", "kind"),
    [
        ("collect.yaml", "batch/v1", "Job"),
        ("results.yaml", "v1", "PersistentVolumeClaim"),
        ("kustomization.yaml", "kustomize.config.k8s.io/v1beta1", "Kustomization"),
    ],
)
def test_core_kinds_have_their_form(file: str, version: str, kind: str) -> None:
    """Version and kind of each; what its kind needs is looked at below."""
    found = manifest(file)
    assert (found["apiVersion"], found["kind"]) == (version, kind)


def test_the_collection_job_is_a_job() -> None:
    """It never restarts, ends by itself, mounts what it declares, and runs as nobody."""
    spec = manifest("collect.yaml")["spec"]
    assert set(spec) <= {
        "backoffLimit",
        "activeDeadlineSeconds",
        "ttlSecondsAfterFinished",
        "template",
    }
    pod = spec["template"]["spec"]
    assert pod["restartPolicy"] == "Never"
    assert pod["securityContext"]["runAsNonRoot"] is True
    (container,) = pod["containers"]
    assert {one["name"] for one in container["volumeMounts"]} <= {
        one["name"] for one in pod["volumes"]
    }
    assert manifest("results.yaml")["spec"]["accessModes"] == ["ReadWriteMany"]


def test_nothing_holds_a_secret() -> None:
    """Tokens come from a Secret that no file here makes; no file is handed-out data."""
    for path in FOLDER.iterdir():
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert "kind: Secret" not in text
            assert not re.search(r"eyJ[\w-]{10,}", text)
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "deploy/k6-operator/handed-out/" in ignored
