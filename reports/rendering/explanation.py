"""Gates, runs and decisions in full, for whoever wants to know why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.evidence.record import ExpectedCheck, RunRecord
from reports.gates.loading import LoadedPolicy
from reports.judging.decision import Decision, ObjectiveResult
from reports.rendering.finding_lines import finding_lines
from reports.rendering.load_lines import load_lines
from reports.rendering.needs import looks_needed, needs
from reports.rendering.plain import age, item_ranges, plain


def gate(loaded: LoadedPolicy, expected: Sequence[ExpectedCheck]) -> Iterator[str]:
    """What a gate asks, and how much evidence each of its objectives needs."""
    policy, overlay = loaded.policy, loaded.overlay
    word = "  REHEARSAL" if overlay else ""
    yield f"{policy.gate}  {policy.title}, on {policy.environment}{word}"
    accepts = policy.accept_self_reported or (overlay is not None and overlay.accept_self_reported)
    yield f"  subject       {policy.subject}, self-reported {'taken' if accepts else 'refused'}"
    yield f"  evidence      at most {policy.max_age} old; rehearsals {_rehearsals(loaded)}"
    yield f"  earlier failures of the same build: {policy.earlier_failures}"
    accepted = {*policy.accept_not_applicable, *(overlay.accept_not_applicable if overlay else ())}
    yield f"  accepted as absent: {', '.join(sorted(accepted)) or 'nothing'}"
    if policy.requires:
        yield f"  after         {', '.join(policy.requires)} promoted this build"
    for item, role in policy.attestations.items():
        yield f"  needs the word of the {role} on {item}"
    for objective in policy.objectives:
        yield ""
        yield f"  {objective.id}  {objective.title}  ({item_ranges(objective.items)})"
        if overlay and objective.id in overlay.leave_out:
            yield f"    not rehearsed: {overlay.leave_out[objective.id]}"
            continue
        if objective.rollback:
            yield "    a trigger: where it fails, the decision is rollback"
        if objective.observed:
            yield from looks_needed(objective, policy)
            continue
        if objective.indicator not in ("pass_rate", "findings"):
            yield from needs(objective, overlay)
            continue
        of = f"layer {objective.layer}" if objective.layer else "named checks"
        if objective.indicator == "findings":
            of = f"severity {' or '.join(objective.severities)}, {of}"
        yield f"    {objective.indicator} {objective.criterion} of {of}"
        if objective.indicator == "findings":
            waivers = [one for one in loaded.waivers if one.concerns(policy.gate or "")]
            yield f"    needs a scan by {' or '.join(objective.scanners)} that came to its end"
            yield f"    critical findings may {'' if objective.waive_critical else 'not '}be waived"
            for one in waivers:
                until = f"{one.owner} until {one.until}: {plain(one.reason)}"
                yield f"    waived: {one.fingerprint} by {until}"
        wanted = [
            check
            for check in expected
            if check.layer == objective.layer or check.id in objective.checks
        ]
        cases = sum(check.cases for check in wanted)
        if wanted:
            yield f"    needs {len(wanted)} checks, {cases} cases, each observed at least once"
            yield f"    {', '.join(check.id for check in wanted)}"
        else:
            yield "    no check serves it yet, so it holds the gate"


def _rehearsals(loaded: LoadedPolicy) -> str:
    return "taken" if loaded.overlay else "refused"


def run(digest: str, record: RunRecord) -> Iterator[str]:
    """What one run saw."""
    subject, where = record.subject, record.environment
    yield f"run {record.run_id}  {', '.join(record.layers)} on {where.name}"
    yield f"  digest       {digest}"
    yield f"  from, to     {record.started.isoformat()}, {record.ended.isoformat()}"
    stopped = f"no: {plain(record.stopped or 'not said why')}"
    yield f"  complete     {'yes' if record.complete else stopped}"
    versions = " then ".join(plain(str(v)) for v in (subject.version, subject.version_after))
    yield f"  subject      version {versions}, {subject.binding}; build meant: {subject.build}"
    yield f"  endpoints    {where.base_url}, {where.images_url}, {where.aws_endpoint_url}"
    yield f"  environment  {where.file_digest}; absent: {', '.join(where.absent) or 'nothing'}"
    yield f"  rehearsal    {', '.join(record.rehearsal) or 'no'}"
    if record.fault:
        yield f"  fault        {record.fault}"
    yield from load_lines(record)
    yield from finding_lines(record)
    for document in record.documents:
        yield f"  document     {plain(document.name)}  {document.digest}"
    for check in record.checks:
        yield (
            f"  {check.outcome.value:<14}  {check.id}  {item_ranges(check.items)}  "
            f"{check.cases} cases, {check.observations} observations, {check.duration_s:.2f} s"
        )
        if check.reason:
            yield f"      {plain(check.reason)}"
        if check.failure:
            yield f"      {plain(check.failure.expectation)}"
            yield f"      expected: {plain(check.failure.expected)}"
            yield f"      came: {plain(check.failure.actual)}"
            if check.failure.curl:
                yield f"      {plain(check.failure.curl, 1000)}"


def decision(record: Decision, digest: str) -> Iterator[str]:
    """Why a decision is what it is, and what would make it another."""
    yield plain(record.sentence, 1000) + f"  [exit {record.exit_code}]"
    yield f"  digest      {digest}"
    yield f"  decided at  {record.decided_at.isoformat()}"
    yield f"  verdict     {record.verdict.value}"
    if record.rehearsal:
        yield f"  REHEARSAL   {', '.join(record.rehearsal)}"
    for line in record.objectives:
        yield ""
        yield from _objective(line)
    for left in record.left_out:
        yield ""
        yield f"  not rehearsed  {left.id}  {left.title}  ({item_ranges(left.items)})"
        yield f"    {left.why}"
    yield ""
    yield f"  inputs: {len(record.inputs.runs)} runs"
    for digest_of_run in record.inputs.runs:
        yield f"    run {digest_of_run}"
    for text in record.inputs.policy:
        yield f"    policy {text}"
    yield f"    checks {record.inputs.checks}"
    for one in record.inputs.waivers:
        yield f"    waiver {one.fingerprint} by {one.owner} until {one.until}: {plain(one.reason)}"
    for left_aside in record.not_counted:
        yield f"  not counted: run {left_aside.run_id}: {plain(left_aside.why)}"


def _objective(line: ObjectiveResult) -> Iterator[str]:
    items = f"  ({item_ranges(line.items)})" if line.items else ""
    yield f"  {line.result.value:<12} {line.id}  {line.title}{items}"
    if line.value:
        room = f", headroom {line.headroom}" if line.headroom else ""
        bounds = f" ({line.low} to {line.high})" if line.low and line.high else ""
        yield f"    value {plain(line.value)}{bounds}, limit {line.limit}{room}"
    if line.n is not None:
        effect = f", design effect {line.design_effect}" if line.design_effect else ""
        yield f"    n: {line.n} requests, {line.over} over the limit{effect}"
    if line.checks:
        yield f"    n: {line.passed} of {line.checks} checks, {line.observations} observations"
    if line.age_s is not None:
        yield f"    age: {age(line.age_s)}"
    for digest in line.source:
        yield f"    source: {digest}"
    for reason in line.reasons:
        who = f"{reason.check} ({item_ranges(reason.items)}): " if reason.check else ""
        yield f"    {reason.result.value}: {who}{plain(reason.why)}"
        if reason.expected is not None:
            yield f"      expected: {plain(reason.expected)}"
        if reason.actual is not None:
            yield f"      came: {plain(reason.actual)}"
        if reason.curl is not None:
            yield f"      {plain(reason.curl, 1000)}"
    if line.more_reasons:
        yield f"    and {line.more_reasons} reasons more"
    for one in line.not_applicable:
        accepted = "accepted" if one.accepted else "not accepted"
        yield f"    not applicable: {one.check}: {one.capability or 'not said why'}, {accepted}"
    for note in line.notes:
        yield f"    note: {plain(note, 400)}"
    yield f"    would flip it: {line.flip}"


def changes(before: Decision, after: Decision) -> Iterator[str]:
    """The objectives that differ between two judgements, and only those, then the decisions."""
    old = {line.id: line for line in before.objectives}
    new = {line.id: line for line in after.objectives}
    for name in dict.fromkeys((*old, *new)):
        was, now = old.get(name), new.get(name)
        if was != now:
            yield f"{name}: {_short(was)} -> {_short(now)}"
    if before.left_out != after.left_out:
        yield f"left out: {_left_out(before)} -> {_left_out(after)}"


def _short(line: ObjectiveResult | None) -> str:
    if line is None:
        return "not asked"
    return f"{line.result.value} ({line.value or 'no value'}, limit {line.limit})"


def _left_out(record: Decision) -> str:
    return ", ".join(left.id for left in record.left_out) or "nothing"
