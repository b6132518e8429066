"""The deployment description: valid, read as CloudFormation reads it, free of faults."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from reference_service.local.template import PATH, Template, TemplateError

HANDLERS = PATH.parent / "handlers"


def template(environment: str = "sit", **parameters: str) -> Template:
    return Template(
        {
            "Environment": environment,
            "ServiceVersion": "1.2.3",
            "TokenIssuer": "i",
            "TokenAudience": "a",
            "TokenKey": "k",
            **parameters,
        }
    )


def test_the_template_passes_cfn_lint() -> None:
    """cfn-lint on the template: no error and no warning."""
    command = [str(Path(sys.executable).with_name("cfn-lint")), str(PATH)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize(
    ("environment", "account", "region"),
    [
        ("local", "123456789012", "eu-west-1"),
        ("dev", "536580886816", "eu-west-1"),
        ("sit", "815856636111", "eu-west-1"),
        ("prod", "093646564004", "af-south-1"),
    ],
)
def test_each_environment_has_its_place_and_names(
    environment: str, account: str, region: str
) -> None:
    """Account and region from the mappings; the names follow the environment's."""
    read = template(environment)
    assert (read.account, read.region) == (account, region)
    assert read.properties("ProductsTable")["TableName"] == f"products-{environment}"
    assert read.properties("OrdersTable")["TableName"] == f"orders-{environment}"
    assert read.properties("ImagesBucket")["BucketName"] == f"bbws-product-images-{environment}"
    assert read.properties("HandlerLogs")["LogGroupName"] == (
        f"/aws/lambda/product-handler-{environment}"
    )
    indexes = read.properties("ProductsTable")["GlobalSecondaryIndexes"]
    assert [index["IndexName"] for index in indexes] == [
        "ProductsByCategory",
        "ProductsByPriceRange",
        "ProductsByAvailability",
    ]


def _read(tmp_path: Path, properties: str) -> object:
    path = tmp_path / "template.yaml"
    path.write_text(
        "Parameters: {Environment: {}, Colour: {Default: red}}\n"
        "Mappings: {Environments: {sit: {Account: '1', Region: r}}}\n"
        "Conditions: {IsRed: !Equals [!Ref Colour, red]}\n"
        "Resources:\n  Bucket: {Properties: {BucketName: !Sub 'b-${Environment}'}}\n"
        f"  Thing:\n    Properties:\n      Value: {properties}\n",
        encoding="utf-8",
    )
    read = Template({"Environment": "sit"}, path)
    read.attributes["Bucket.Arn"] = "arn"
    return read.properties("Thing").get("Value", "nothing")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("!Ref Colour", "red"),
        ("!Ref Bucket", "b-sit"),
        ("!Ref AWS::Region", "r"),
        ("!GetAtt Bucket.Arn", "arn"),
        ("{'Fn::GetAtt': [Bucket, Arn]}", "arn"),
        ("!Sub '${Colour}-${AWS::AccountId}-${Bucket}-${Bucket.Arn}'", "red-1-b-sit-arn"),
        ("!Sub ['${X}', {X: !Ref Colour}]", "red"),
        ("!FindInMap [Environments, !Ref Environment, Account]", "1"),
        ("!Join ['-', [a, !Ref Colour]]", "a-red"),
        ("!If [IsRed, 1, 2]", 1),
        ("!Not [!Equals [a, a]]", False),
        ("!If [IsRed, !Ref AWS::NoValue, 2]", "nothing"),
        ("[a, !If [IsRed, !Ref AWS::NoValue, 2]]", ["a"]),
    ],
)
def test_functions_are_resolved(tmp_path: Path, written: str, value: object) -> None:
    """Each function that the embedded stack knows, as CloudFormation would resolve it."""
    assert _read(tmp_path, written) == value


@pytest.mark.parametrize("written", ["!Select [0, [a]]", "!Ref Nothing", "!GetAtt Bucket.Colour"])
def test_what_is_not_known_is_an_error(tmp_path: Path, written: str) -> None:
    """A function, a name or an attribute that the stack does not know: an error that says so."""
    with pytest.raises(TemplateError):
        _read(tmp_path, written)


def test_an_unknown_parameter_is_an_error() -> None:
    """A parameter that the template does not declare."""
    with pytest.raises(TemplateError, match="Colour"):
        template(Colour="red")


def test_what_is_deployed_holds_no_fault() -> None:
    """The function is made of handlers/, which know neither faults nor the local stack."""
    text = PATH.read_text(encoding="utf-8")
    assert "reference_service.handlers.entry.handler" in text
    for path in HANDLERS.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            names = [alias.name for alias in getattr(node, "names", []) if hasattr(alias, "name")]
            module = getattr(node, "module", "") or ""
            for name in (module, *names):
                assert not name.startswith(("reference_service.faults", "reference_service.local"))
        assert not re.search(r"\bfaults?\b", path.read_text(encoding="utf-8"), re.IGNORECASE)


def test_the_role_may_do_no_more_than_it_needs() -> None:
    """No action with a wildcard; only tracing is allowed on every resource."""

    class Loader(yaml.SafeLoader):
        """Takes the short forms as plain values."""

    Loader.add_multi_constructor("!", lambda *_: "resolved")
    document = yaml.load(PATH.read_text(encoding="utf-8"), Loader=Loader)  # noqa: S506
    (policy,) = document["Resources"]["HandlerRole"]["Properties"]["Policies"]
    for statement in policy["PolicyDocument"]["Statement"]:
        actions = statement["Action"]
        actions = [actions] if isinstance(actions, str) else actions
        assert not [action for action in actions if "*" in action]
        if statement["Resource"] == "*":
            assert all(action.startswith("xray:") for action in actions)
