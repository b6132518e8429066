"""The one reader of the TOML that people edit: strict, and helpful about what is wrong.

Every problem that is found is told at once, each with its file, section, key and value,
and with what would be right.
"""

from __future__ import annotations

import difflib
import enum
import re
import tomllib
import types
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec

T = TypeVar("T")
_SHOWN = 60
_INDEX = re.compile(r"\[(\d+)\]")
_KINDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


class ConfigurationError(Exception):
    """Usage or configuration is wrong: the message says what, where and what would be right."""


def load(path: Path, type: type[T]) -> T:  # noqa: A002
    """The file as a ``type`` (a msgspec Struct). Raises ConfigurationError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: is not UTF-8 text (byte {error.start})") from error
    return parse(text, type, str(path))


def parse(text: str, type: type[T], where: str) -> T:  # noqa: A002
    """TOML ``text`` as a ``type``; ``where`` names it in messages. Raises ConfigurationError."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{where}: is not TOML: {error}") from error
    try:
        return msgspec.convert(data, type, strict=True)
    except msgspec.ValidationError as error:
        # Looking for every problem takes its time, so only a file that has one pays for it.
        problems = list(_problems(data, type, ())) or [_readable(str(error))]
        raise ConfigurationError("\n".join(f"{where}: {one}" for one in problems)) from error


def nearest(name: str, valid: Collection[str]) -> str:
    """``did you mean "x"? `` for a misspelt ``name``, or nothing where no valid one is near."""
    near = difflib.get_close_matches(name, list(valid), n=1)
    return f'did you mean "{near[0]}"? ' if near else ""


def _problems(value: Any, kind: Any, path: tuple[str, ...]) -> Iterator[str]:
    origin = get_origin(kind)
    if origin is Annotated:
        yield from _leaf(value, kind, path)
    elif origin in (Union, types.UnionType):
        yield from _union(value, kind, path)
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield from _struct(value, kind, path)
    elif isinstance(kind, type) and issubclass(kind, enum.Enum):
        yield from _choice(value, [str(member.value) for member in kind], path)
    elif origin is Literal:
        yield from _choice(value, [str(choice) for choice in get_args(kind)], path)
    elif origin in (tuple, list) and isinstance(value, list):
        for number, item in enumerate(value, start=1):
            yield from _problems(item, get_args(kind)[0], (*path, f"#{number}"))
    elif origin is dict and isinstance(value, dict):
        for key, item in value.items():
            yield from _problems(item, get_args(kind)[1], (*path, key))
    else:
        yield from _leaf(value, kind, path)


def _struct(value: Any, kind: type[msgspec.Struct], path: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{_place(path)} = {_show(value)}: must be a table"
        return
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for key, item in value.items():
        if key in fields:
            yield from _problems(item, fields[key].type, (*path, key))
        else:
            yield (
                f"{_place((*path, key))} = {_show(item)}: unknown key; "
                f"{nearest(key, fields)}Valid here: {', '.join(sorted(fields))}"
            )
    for name, field in fields.items():
        if name not in value and field.required:
            yield f"{_place((*path, name))}: is missing; it must be {_expected(field.type)}"


def _union(value: Any, kind: Any, path: tuple[str, ...]) -> Iterator[str]:
    """A union is only ever of one kind and None here, so the one kind has the better message."""
    kinds = [part for part in get_args(kind) if part is not type(None)]
    if len(kinds) == 1:
        yield from _problems(value, kinds[0], path)
    else:
        yield from _leaf(value, kind, path)


def _choice(value: Any, valid: list[str], path: tuple[str, ...]) -> Iterator[str]:
    if value not in valid:
        yield (
            f"{_place(path)} = {_show(value)}: no such value; "
            f"{nearest(str(value), valid)}Valid here: {', '.join(valid)}"
        )


def _leaf(value: Any, kind: Any, path: tuple[str, ...]) -> Iterator[str]:
    try:
        msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError as error:
        limits = f" ({_readable(str(error))})" if get_origin(kind) is Annotated else ""
        yield f"{_place(path)} = {_show(value)}: must be {_expected(kind)}{limits}"


def _expected(kind: Any) -> str:
    if kind in _KINDS:
        return _KINDS[kind]
    origin = get_origin(kind)
    if origin is Annotated:
        return _expected(get_args(kind)[0])
    if origin in (Union, types.UnionType):
        return " or ".join(_expected(part) for part in get_args(kind) if part is not type(None))
    if origin in (tuple, list):
        said = "a list of " + _expected(get_args(kind)[0])
    elif origin is Literal:
        said = "one of " + ", ".join(map(str, get_args(kind)))
    elif isinstance(kind, type) and issubclass(kind, enum.Enum):
        said = "one of " + ", ".join(str(member.value) for member in kind)
    elif origin is dict or (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        said = "a table"
    else:
        said = str(getattr(kind, "__name__", kind))
    return said


def _place(path: tuple[str, ...]) -> str:
    """``[section] key``, as the file has it; a list's items are numbered from 1."""
    *section, key = path
    named = ".".join(section).replace(".#", " #")
    return f"[{named}] {key}" if section else key


def _show(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _readable(message: str) -> str:
    """msgspec's own message, with its path in the words used here."""
    said, _, path = message.partition(" - at `$")
    place = _INDEX.sub(lambda match: f" #{int(match[1]) + 1}", path.rstrip("`").lstrip("."))
    return f"[{place}] {said}" if place else said
