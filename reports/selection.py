"""Which layers a command line asks to be judged."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterable
from pathlib import Path

# pytest has no public way to evaluate -m; its own evaluator cannot disagree with itself.
from _pytest.mark.expression import Expression

LAYERS = ("readiness", "smoke", "integration", "catalog", "security", "load", "sla")
SUITES = "suites"
_MOST_FREE_NAMES = 8


class SelectionError(ValueError):
    """The command line names no layer to judge."""


def touches_suites(arguments: Iterable[str], invoked_from: Path, root: Path) -> bool:
    """Whether any of pytest's arguments is under ``suites/`` or holds it."""
    suites = (root / SUITES).resolve()
    for argument in arguments:
        name = argument.split("::")[0]
        path = (invoked_from / name).resolve()
        if path == suites or suites in path.parents or path in suites.parents:
            return True
        if not path.exists() and (name == SUITES or name.startswith(f"{SUITES}.")):
            return True  # --pyargs
    return False


def layers_named(expression: str) -> tuple[str, ...]:
    """The layers that ``-m EXPRESSION`` selects and that it names at least one of.

    Every check of them is expected afterwards, however the expression narrows them.
    Raises SelectionError.
    """
    named = set(re.findall(r"[A-Za-z_]\w*", expression)) - {"and", "or", "not"}
    if not named & set(LAYERS):
        raise SelectionError(_no_layer(expression, named))
    free = sorted(named - set(LAYERS))[:_MOST_FREE_NAMES]
    try:
        compiled = Expression.compile(expression)
    except SyntaxError as problem:
        raise SelectionError(f"-m {expression!r}: {problem}") from None

    def selects(layer: str) -> bool:
        for chosen in itertools.product((False, True), repeat=len(free)):
            true = {layer, *itertools.compress(free, chosen)}
            if compiled.evaluate(lambda name, /, **_: name in true):  # noqa: B023
                return True
        return False

    layers = tuple(layer for layer in LAYERS if selects(layer))
    if not layers:
        raise SelectionError(f"-m {expression!r} selects no layer: {', '.join(LAYERS)}")
    return layers


def _no_layer(expression: str, named: set[str]) -> str:
    if not expression:
        return (
            f"under {SUITES}/ a run says which layers it judges: pytest -m smoke --env=ENV "
            f"(layers: {', '.join(LAYERS)}; the harness's own tests are under tests/)"
        )
    for name in sorted(named):
        near = difflib.get_close_matches(name, LAYERS, n=1)
        if near:
            return f"-m {expression!r} names no layer. Did you mean {near[0]}?"
    return f"-m {expression!r} names no layer: {', '.join(LAYERS)}"
