"""``gate attest`` and ``gate waive``: what a person says goes into the store."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from reports.commands.settings import DEFAULT_REPORT_DIR, ReportDir, now, store_in

_DAYS = 30  # a word holds so long unless it says otherwise
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
Build = Annotated[
    str, typer.Option("--build", help="The build it is about; v and -sit are cut off.")
]
By = Annotated[str | None, typer.Option("--by", help="Your name, where nothing else tells it.")]
Aws = Annotated[bool, typer.Option("--aws", help="Speak as the AWS caller (sts).")]
Until = Annotated[
    str | None,
    typer.Option("--until", help=f"Its last day, YYYY-MM-DD; {_DAYS} days unless said."),
]
Rehearsal = Annotated[bool, typer.Option("--rehearsal", help="Counts in rehearsals alone.")]


def attest(
    item: Annotated[str, typer.Argument(help="The item of the plan, such as SIT-APPROVAL-05.")],
    *,
    role: Annotated[str, typer.Option("--role", help="In which role you speak.")],
    build: Build,
    by: By = None,
    aws: Aws = False,
    link: Annotated[
        str | None, typer.Option("--link", help="Where it can be read: minutes, a ticket.")
    ] = None,
    until: Until = None,
    denied: Annotated[
        bool, typer.Option("--denied", help="Say that it does not hold, until a newer word does.")
    ] = False,
    rehearsal: Rehearsal = False,
    report_dir: ReportDir = DEFAULT_REPORT_DIR,
) -> int:
    """Say that an item holds which only a person knows."""
    from reports.evidence.word import ATTESTATION_SCHEMA, Attestation
    from reports.gates.loading import load_policy
    from reports.gates.plan_items import load_plan_items
    from reports.identity import speaking
    from reports.judging.admission import normalise_build
    from reports.strict_toml import ConfigurationError, nearest

    items = {one.id: one for one in load_plan_items()}
    found = items.get(item)
    if found is None:
        raise ConfigurationError(f"{item}: no such plan item; {nearest(item, list(items))}")
    if found.kind != "attestation":
        raise ConfigurationError(
            f"{item} ({found.text}) is not for a person to say: {found.kind} {found.place} of "
            f"{found.gate} answers for it"
        )
    if role != found.place:
        raise ConfigurationError(f"{item} ({found.text}) is for the {found.place}, not the {role}")
    if link is not None and not link.startswith(("https://", "http://")):
        raise ConfigurationError(f"--link {link}: an address, such as https://…")
    policy = load_policy(found.gate).policy
    word = Attestation(
        schema=ATTESTATION_SCHEMA,
        item=item,
        role=role,
        gate=found.gate,
        environment=policy.environment,
        build=normalise_build(build, policy.environment),
        by=speaking(by, aws=aws),
        at=now(),
        until=_end(until),
        holds=not denied,
        link=link,
        rehearsal=rehearsal,
    )
    digest = store_in(report_dir).put_word(word)
    said = "does not hold" if denied else "holds"
    end = "a newer word" if denied else f"{word.until:%Y-%m-%d}"
    typer.echo(
        f"{item} {said}, says {word.by.name} as {role}, for build {word.build} at {found.gate}, "
        f"until {end}\n{digest}"
    )
    bare = word.by.known_by == "name" and not policy.accept_bare_names
    if bare and not rehearsal and not denied:
        typer.echo(f"note: {found.gate} does not take a name alone", err=True)
    return 0


def waive(
    objective: Annotated[str, typer.Argument(help="The objective, as gate show GATE lists it.")],
    *,
    gate: Annotated[str, typer.Option("--gate", help="Of which gate.")],
    build: Build,
    owner: Annotated[str, typer.Option("--owner", help="Who answers for it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it may wait.")],
    until: Annotated[str, typer.Option("--until", help="Its last day, YYYY-MM-DD.")],
    by: By = None,
    aws: Aws = False,
    rehearsal: Rehearsal = False,
    report_dir: ReportDir = DEFAULT_REPORT_DIR,
) -> int:
    """Let one objective of a gate wait, for one build, for a time."""
    from reports.evidence.word import WAIVER_SCHEMA, Grant
    from reports.gates.loading import load_policy
    from reports.identity import speaking
    from reports.judging.admission import normalise_build
    from reports.strict_toml import ConfigurationError, nearest

    policy = load_policy(gate).policy
    known = {one.id: one for one in policy.objectives}
    if objective not in known:
        raise ConfigurationError(
            f"{gate} has no objective {objective} that can be waived; "
            f"{nearest(objective, list(known))}"
        )
    if known[objective].rollback:
        raise ConfigurationError(f"{objective} is a rollback trigger: it cannot be waived")
    for name, text in (("--owner", owner), ("--reason", reason)):
        if not text.strip():
            raise ConfigurationError(f"{name}: a waiver says it")
    word = Grant(
        schema=WAIVER_SCHEMA,
        objective=objective,
        gate=gate,
        environment=policy.environment,
        build=normalise_build(build, policy.environment),
        owner=owner.strip(),
        reason=reason.strip(),
        by=speaking(by, aws=aws),
        at=now(),
        until=_end(until),
        rehearsal=rehearsal,
    )
    digest = store_in(report_dir).put_word(word)
    typer.echo(
        f"{gate} does not wait for {objective} of build {word.build} until {word.until:%Y-%m-%d}; "
        f"{owner} answers for it\n{digest}"
    )
    return 0


def _end(until: str | None) -> datetime:
    """The end of that day, UTC. Raises ConfigurationError."""
    from reports.strict_toml import ConfigurationError

    if until is None:
        return now() + timedelta(days=_DAYS)
    try:
        if not _DATE.fullmatch(until):
            raise ValueError
        end = datetime.fromisoformat(until).replace(tzinfo=UTC) + timedelta(days=1, seconds=-1)
    except ValueError:
        raise ConfigurationError(f"--until {until}: a day, such as 2026-03-31") from None
    if end < now():
        raise ConfigurationError(f"--until {until}: that day is over")
    return end
