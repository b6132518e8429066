"""A store in a few lines: a run a line, oldest first, then what is no run."""

from __future__ import annotations

from collections.abc import Iterator

from reports.evidence.contents import Contents
from reports.evidence.record import RunRecord
from reports.rendering.plain import plain


def listed(contents: Contents) -> Iterator[str]:
    """The lines of ``gate evidence list``."""
    for digest, run in contents.runs:
        marks = [
            *(f"{load.workload} at {load.profile}" for load in run.loads),
            *([f"{len(run.series)} series"] if run.series else []),
            *(["imported"] if run.source.imported else []),
            *(["rehearsal"] if run.rehearsal else []),
            *([f"fault {run.fault}"] if run.fault else []),
            *([] if run.complete else ["cut short"]),
        ]
        yield (
            f"{plain(run.run_id)}  {run.ended:%Y-%m-%d %H:%M:%S}  {plain(run.environment.name)}  "
            f"{','.join(run.layers)}  {_version(run)}  {digest[:19]}"
            + (f"  {plain(', '.join(marks))}" if marks else "")
        )
    for intent in contents.aborted:
        yield (
            f"{plain(intent.run_id)}  began {intent.started:%Y-%m-%d %H:%M:%S}, "
            f"{plain(intent.environment)}, and never ended"
        )
    for refused in contents.refused:
        yield f"{plain(refused.file)}  cannot be read: {plain(refused.why)}"
    if not (contents.runs or contents.aborted or contents.refused):
        yield "the store is empty"


def _version(run: RunRecord) -> str:
    return plain(run.subject.version or run.subject.build or "no version")
