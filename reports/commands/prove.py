"""``gate prove``: a healthy service passes, and every seeded fault is caught as designed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from reports.commands.settings import MATRIX, ROOT, checks_text

if TYPE_CHECKING:
    from reports.fault_matrix import Matrix
    from reports.proving import Fault, Stack


def prove(
    layer: Annotated[list[str], typer.Option("--layer", help="Prove this layer; repeatable.")],
    fault: Annotated[
        list[str] | None, typer.Option("--fault", help="Only this fault; repeatable.")
    ] = None,
    one_per_seam: Annotated[
        bool, typer.Option("--one-per-seam", help="Only the first fault of each seam.")
    ] = False,
    full: Annotated[
        bool,
        typer.Option(
            "--full", help="The whole layer for each fault, against the committed matrix."
        ),
    ] = False,
    update: Annotated[
        bool, typer.Option("--update", help="With --full: write the matrix that was seen.")
    ] = False,
) -> int:
    """Prove that the suites bite: start one stack, run healthy, then with each fault."""
    from reports.fault_matrix import write_matrix
    from reports.proving import ProofError, list_faults, stack
    from reports.strict_toml import ConfigurationError

    partial = bool(fault) or one_per_seam
    if update and (partial or not full):
        raise ConfigurationError("--update writes the whole matrix: it goes with --full alone")
    try:
        faults = _chosen(list_faults(ROOT), layer, fault or [], one_per_seam)
        with stack(ROOT, tls="security" in layer) as running:
            healthy = _healthy(running, layer)
            matrix, missed = _each(running, faults, layer, full)
            running.install(None)
            healthy = _healthy(running, layer) and healthy
    except ProofError as problem:
        typer.echo(f"nothing was proven:\n{problem}", err=True)
        return 3
    wrong = [] if healthy else ["a healthy service did not pass"]
    wrong += missed
    if full and update:
        write_matrix(MATRIX, matrix)
    elif full:
        wrong += _against_committed(matrix, layer, partial)
    typer.echo(f"{len(faults) - len(missed)} of {len(faults)} faults caught as designed")
    for line in wrong:
        typer.echo(f"NOT PROVEN  {line}")
    typer.echo("PROVEN" if not wrong else f"NOT PROVEN: {len(wrong)} problems, see above")
    return 1 if wrong else 0


def _chosen(
    faults: tuple[Fault, ...], layers: list[str], names: list[str], one_per_seam: bool
) -> list[Fault]:
    from reports.judging.policy import LAYERS
    from reports.strict_toml import ConfigurationError, nearest

    for one in layers:
        if one not in LAYERS:
            raise ConfigurationError(
                f"--layer {one}: no such layer; {nearest(one, LAYERS)}"
                f"There are: {', '.join(LAYERS)}"
            )
    known = [fault.name for fault in faults]
    for one in names:
        if one not in known:
            raise ConfigurationError(f"--fault {one}: no such fault; {nearest(one, known)}")
    chosen = [fault for fault in faults if fault.layer in layers]
    if names:
        chosen = [fault for fault in chosen if fault.name in names]
    if one_per_seam:
        chosen = list({fault.seam: fault for fault in reversed(chosen)}.values())[::-1]
    if not chosen:
        raise ConfigurationError(
            f"no fault is to be caught by {', '.join(layers)}: nothing to prove"
        )
    return chosen


def _healthy(running: Stack, layers: list[str]) -> bool:
    seen = running.run(layers)
    word = "passes" if seen.exit_code == 0 else f"DOES NOT PASS (exit {seen.exit_code})"
    failing = ", ".join(seen.failing())
    typer.echo(f"healthy  {word}: {len(seen.checks)} checks{' ' + failing if failing else ''}")
    return seen.exit_code == 0


def _each(
    running: Stack, faults: list[Fault], layers: list[str], full: bool
) -> tuple[Matrix, list[str]]:
    from reports.proving import PLAN_SEAM, SOURCE_SEAM, caught

    matrix: Matrix = {}
    missed = []
    width = max(len(fault.name) for fault in faults)
    for number, fault in enumerate(faults, start=1):
        running.install(fault.name)
        seen = running.run(
            layers,
            None if full else fault.check,
            capability=fault.capability,
            plan=fault.name if fault.seam == PLAN_SEAM else "healthy",
            source=fault.name if fault.seam == SOURCE_SEAM else "healthy",
        )
        verdict = caught(fault, seen)
        matrix[fault.name] = seen.failing()
        if not verdict.caught:
            missed.append(f"{fault.name}: {verdict.why}")
        others = [name for name in seen.failing() if name != fault.check] if full else []
        typer.echo(
            f"{number:3}/{len(faults)}  {'caught' if verdict.caught else 'MISSED'}  "
            f"{fault.name:{width}}  {fault.seam:8}  {fault.check}: {fault.reason}"
            + (f"  ({verdict.why})" if verdict.why else "")
            + (f"  also {', '.join(others)}" if others else "")
        )
    return matrix, missed


def _against_committed(matrix: Matrix, layers: list[str], partial: bool) -> list[str]:
    from reports.evidence.checks_list import parse_checks
    from reports.fault_matrix import differences, never_alone, read_matrix

    committed = read_matrix(MATRIX)
    if partial:
        committed = {name: checks for name, checks in committed.items() if name in matrix}
    wrong = [f"the matrix differs: {line}" for line in differences(committed, matrix)]
    if not partial:
        checks = [
            one.id for one in parse_checks(checks_text(), "checks.tsv") if one.layer in layers
        ]
        wrong += [f"no fault fails {name} alone" for name in never_alone(matrix, checks)]
    return wrong
