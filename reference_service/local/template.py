"""Reads template.yaml as CloudFormation would, as far as the embedded stack needs it.

Knows Ref, GetAtt, Sub, FindInMap, Join, If, Equals and Not; anything else in a
part that is asked for is an error, so that what AWS gets and what runs here cannot
drift apart unseen.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

PATH = Path(__file__).parent.parent / "template.yaml"
CDN_ALARMS = PATH.with_name("cdn-alarms.yaml")

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class TemplateError(Exception):
    """Something in the template that the embedded stack cannot read."""


class _TemplateLoader(_Loader):  # type: ignore[misc]
    """YAML with CloudFormation's short forms, each as its long form."""


def _short_form(loader: Any, name: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name == "Ref" else f"Fn::{name}": value}


_TemplateLoader.add_multi_constructor("!", _short_form)

# The properties that Ref gives of a resource whose name one gives oneself.
_NAMES = (
    "TableName",
    "BucketName",
    "FunctionName",
    "RoleName",
    "LogGroupName",
    "BackupVaultName",
    "Name",
)
# What "AWS::NoValue" leaves behind: nothing.
_NO_VALUE = object()


class Template:
    """The template with its parameters, account and region filled in.

    `references` gives the values of `Ref` to resources without a name of their own,
    `attributes` those of `GetAtt`, as "Resource.Attribute"; both may grow while
    resources are made.
    """

    def __init__(
        self,
        parameters: Mapping[str, str],
        path: Path = PATH,
        place: Mapping[str, str] | None = None,
    ) -> None:
        """`place` is for a template that does not map environments to Account and Region."""
        # A safe loader: the short forms above add plain data only.
        text = path.read_text(encoding="utf-8")
        self._document: dict[str, Any] = yaml.load(text, Loader=_TemplateLoader)  # noqa: S506
        declared = self._document["Parameters"]
        unknown = sorted(set(parameters) - set(declared))
        if unknown:
            raise TemplateError(f"{path.name} has no parameter {', '.join(unknown)}")
        self._parameters: dict[str, str] = {
            name: parameters[name] if name in parameters else about["Default"]
            for name, about in declared.items()
            if name in parameters or "Default" in about
        }
        if place is None:
            place = self._document["Mappings"]["Environments"][self._parameters["Environment"]]
        self.place: Mapping[str, str] = place
        self.account: str = place["Account"]
        self.region: str = place["Region"]
        self.references: dict[str, str] = {}
        self.attributes: dict[str, str] = {}

    def given(self, **parameters: str) -> Template:
        """The same with other values of these parameters; what is made stays known to both."""
        other = copy.copy(self)
        other._parameters = {**self._parameters, **parameters}
        return other

    def properties(self, resource: str) -> dict[str, Any]:
        """The properties of a resource with every function resolved."""
        try:
            found = self._document["Resources"][resource]
        except KeyError:
            raise TemplateError(f"the template has no resource {resource}") from None
        resolved: dict[str, Any] = self._resolve(found["Properties"])
        return resolved

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [each for each in map(self._resolve, value) if each is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (name, argument), *_ = value.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._call(name.removeprefix("Fn::"), argument)
        pairs = ((key, self._resolve(each)) for key, each in value.items())
        return {key: each for key, each in pairs if each is not _NO_VALUE}

    def _call(self, function: str, argument: Any) -> Any:
        known: dict[str, Callable[[Any], Any]] = {
            "Ref": self._reference,
            "Sub": self._substitute,
            "GetAtt": lambda name: self._attribute(".".join(name)),
            "FindInMap": self._find_in_map,
            "Join": lambda given: str(given[0]).join(self._resolve(given[1])),
            "If": self._choose,
            "Equals": lambda given: self._resolve(given[0]) == self._resolve(given[1]),
            "Not": lambda given: not self._resolve(given[0]),
        }
        if function not in known:
            raise TemplateError(f"the embedded stack does not know the function {function}")
        return known[function](argument)

    def _find_in_map(self, argument: Any) -> Any:
        table, first, second = (self._resolve(each) for each in argument)
        return self._document["Mappings"][table][first][second]

    def _choose(self, argument: Any) -> Any:
        condition, then, otherwise = argument
        holds = self._resolve(self._document["Conditions"][condition])
        return self._resolve(then if holds else otherwise)

    def _substitute(self, argument: Any) -> str:
        text, given = argument if isinstance(argument, list) else (argument, {})
        values = {name: self._resolve(value) for name, value in given.items()}

        def replace(found: re.Match[str]) -> str:
            name = found[1]
            if name in values:
                return str(values[name])
            return self._attribute(name) if "." in name else str(self._reference(name))

        return re.sub(r"\$\{([^!}]+)\}", replace, text)

    def _reference(self, name: str) -> Any:
        pseudo = {
            "AWS::AccountId": self.account,
            "AWS::Region": self.region,
            "AWS::NoValue": _NO_VALUE,
        }
        if name in pseudo:
            return pseudo[name]
        if name in self._parameters:
            return self._parameters[name]
        if name in self.references:
            return self.references[name]
        properties = self._document["Resources"].get(name, {}).get("Properties", {})
        for key in _NAMES:
            if key in properties:
                return self._resolve(properties[key])
        raise TemplateError(f"nothing is known of {name}")

    def _attribute(self, name: str) -> str:
        if name in self.attributes:
            return self.attributes[name]
        raise TemplateError(f"nothing is known of {name}")
