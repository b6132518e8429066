"""``gate evidence import``: generators elsewhere count once, whole, or not at all."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from reports.cli import exit_code
from reports.commands.importing import imported_run
from reports.evidence import generator_files
from reports.evidence.digest import digest_of
from reports.evidence.generator_files import ImportRefused
from reports.evidence.histogram import merged
from reports.evidence.record import ExpectedCheck, RunRecord
from reports.evidence.segments import segment_edges, what_is_wrong
from reports.evidence.store import Store
from reports.judging.admission import admit
from reports.judging.judge import judge
from reports.judging.levels import judge_level
from reports.judging.policy import layer_policy
from reports.judging.validity import doubts
from tests.judging.samples import check
from tests.reports.generator_samples import (
    BEGAN_US,
    HEAD,
    IMAGES,
    change,
    left_by,
    rows,
    write_samples,
)


def imported(folder: Path, *, profile: str | None = None, env: str = "sit") -> RunRecord:
    """The record of all files in ``folder``."""
    from fixtures.environment import load_environment

    return imported_run([folder], load_environment(env), build="1.0.0", profile=profile)


def gate(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """``gate evidence ...``: exit code, stdout, stderr."""
    code = exit_code(["evidence", *arguments])
    out, err = capfd.readouterr()
    return code, out, err


def test_generators_add_up_to_one_run(tmp_path: Path) -> None:
    """Counts, histograms, arrivals and cost are sums; subject, host and time are the files' own."""
    left_by(tmp_path)
    run = imported(tmp_path)
    (load,) = run.loads
    assert run.layers == ("load",)
    assert run.complete
    assert run.rehearsal == ()
    assert (run.subject.build, run.subject.version, run.subject.version_after) == ("1.0.0",) * 3
    assert run.environment.base_url == "https://api.sit.kimmyai.io"
    assert run.source.pytest == "none"
    assert len(run.source.imported) == 9
    assert {digest_of(file.read_bytes()) for file in tmp_path.iterdir()} == {*run.source.imported}
    began = datetime.fromtimestamp(BEGAN_US / 1e6, UTC)
    assert abs(load.began - began) < timedelta(seconds=0.1)
    assert run.started == began - timedelta(seconds=2)
    assert run.ended == began + timedelta(seconds=51)
    assert [one.segment for one in load.generators] == ["0:1/3", "1/3:2/3", "2/3:1"]
    assert sum(one.requests for one in load.generators) == 5000
    assert sum(one.scheduled for one in load.generators) == 4150
    assert {(one.cpus, one.cpu_s, one.busiest) for one in load.generators} == {(2, 3.25, 0.21)}
    assert sum(w.requests for o in load.operations for w in o.windows) == 5000
    assert doubts(load) == ()
    assert judge_level("p(95) < 500ms", [load], ["reads"]).result == "pass"


@pytest.mark.parametrize("generators", [1, 2, 4])
def test_any_number_of_generators_gives_the_same(tmp_path: Path, generators: int) -> None:
    """The same requests, dealt to one, two or four, packed or not: the same windows."""
    left_by(tmp_path / "some", generators, packed=generators > 1)
    left_by(tmp_path / "one", 1)
    some, one = imported(tmp_path / "some").loads[0], imported(tmp_path / "one").loads[0]

    def counted(load: object) -> int:
        return sum(w.requests for o in load.operations for w in o.windows)  # type: ignore[attr-defined]

    assert counted(some) == counted(one) == 5000
    for load in (some, one):
        histogram = merged(w.histogram for o in load.operations for w in o.windows)
        assert histogram.percentile(50) == pytest.approx(8000, rel=0.002)
        assert histogram.percentile(99) == pytest.approx(11000, rel=0.002)


def test_a_gate_takes_it_as_it_takes_any_run(tmp_path: Path) -> None:
    """Confirmed where both versions were seen; unconfirmed, and no pass, where one is missing."""
    files = left_by(tmp_path)
    run = imported(tmp_path)
    policy = layer_policy(("load",), "sit", ())
    later = run.ended + timedelta(minutes=5)

    def admission(one: RunRecord, build: str = "1.0.0") -> tuple[str | None, ...]:
        found = admit([("sha256:1", one)], policy, build=build, now=later, rehearsal=False)
        return tuple(a.unconfirmed for a in found.admitted) or (found.not_counted[0].why,)

    assert admission(run) == (None,)
    assert admission(run, "1.0.1") == ("it is of build 1.0.0, not 1.0.1",)
    for file in files:
        lines = gzip.decompress(file.read_bytes()).decode().splitlines()[1:-1]
        write_samples(file, lines)  # without the row `after`
    assert admission(imported(tmp_path)) == ("health reported no version at the end",)


def test_an_import_hides_no_run(tmp_path: Path) -> None:
    """It holds no checks: an earlier whole run of the layer decides about those, as before."""
    left_by(tmp_path)
    later = imported(tmp_path)
    hour = timedelta(hours=1)
    passed = check("workload", id="load.workload", layer="load", items=())
    earlier = replace(
        later,
        run_id="20260110t090000-aaaaaa",
        checks=(passed,),
        loads=(),
        started=later.started - hour,
        ended=later.ended - hour,
    )
    expected = (ExpectedCheck(id=passed.id, layer="load", items=(), cases=passed.cases),)

    def verdict(*runs: RunRecord) -> str:
        return judge(
            layer_policy(("load",), "sit", ()),
            None,
            [(f"sha256:{number}", one) for number, one in enumerate(runs)],
            expected,
            policy_digests=(),
            checks_digest="",
            build=None,
            now=later.ended,
        ).verdict

    assert verdict(earlier, later) == "pass"
    assert verdict(later) == "no_evidence"


def test_a_version_that_changed_does_not_count(tmp_path: Path) -> None:
    """All generators saw another build at the end."""
    for file in left_by(tmp_path):
        text = gzip.decompress(file.read_bytes()).decode()
        write_samples(file, text.replace("after|1.0.0", "after|1.0.1").splitlines()[1:])
    run = imported(tmp_path)
    policy = layer_policy(("load",), "sit", ())
    found = admit([("x", run)], policy, build="1.0.0", now=run.ended, rehearsal=False)
    assert found.not_counted[0].why == "the version changed in mid-run, from 1.0.0 to 1.0.1"


def test_a_generator_that_failed_makes_a_partial_run(tmp_path: Path) -> None:
    """Kept, not complete, and never a pass."""
    first, *_ = left_by(tmp_path)
    change(first, "machine", exit_code=105)
    run = imported(tmp_path)
    assert not run.complete
    assert run.stopped == "generator 0:1/3: k6 exited 105"
    assert judge_level("p(95) < 500ms", run.loads, ["reads"]).result == "inconclusive"


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-200])


def _spoil_bytes(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[:300] + b"\xff" * 900 + content[1200:])


def _cut_row(file: Path) -> None:
    """As a k6 that was killed leaves a file that is not packed: within a row."""
    content = gzip.decompress(file.read_bytes())
    file.write_bytes(gzip.compress(content[: content.rindex(b"operation,") + 20]))


def _line(number: int, text: str) -> Callable[[Path], None]:
    def spoil(file: Path) -> None:
        lines = gzip.decompress(file.read_bytes()).decode().splitlines()
        lines[number - 1] = text
        file.write_bytes(gzip.compress("\n".join([*lines, ""]).encode()))

    return spoil


def _fewer(file: Path) -> None:
    lines = gzip.decompress(file.read_bytes()).decode().splitlines()
    write_samples(file, [*lines[1:11], *lines[12:]] if ",operation" in lines[11] else lines[1:-3])


def _remove(what: str) -> Callable[[Path], None]:
    def spoil(file: Path) -> None:
        file.with_name(file.name.replace("csv.gz", f"{what}.json")).unlink()

    return spoil


def _told(what: str, **changes: object) -> Callable[[Path], None]:
    return lambda file: change(file, what, **changes)


OPERATION = "operation,1768042804000000,5.0,"
SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut": (_cut, r"load-0\.csv\.gz: cut off after \d+ bytes: copy it again"),
    "cut within a row": (_cut_row, r"load-0\.csv\.gz, line 3334: cut off: copy it again"),
    "not packed": (
        lambda file: file.write_bytes(HEAD.encode()),
        r"load-0\.csv\.gz: cannot be read after 0 bytes: .*packed with gzip",
    ),
    "bad bytes": (
        _spoil_bytes,
        r"load-0\.csv\.gz: cannot be read after",
    ),
    "a row of words": (
        _line(9, f"{OPERATION}get_product read,,"),
        r"load-0\.csv\.gz, line 9: no row as suites/load/k6 writes it: 'operation,1768",
    ),
    "no number": (_line(7, "operation,1768042804000000,fast,a|read|200||,,"), "line 7: no row"),
    "a time of another form": (
        _line(5, "operation,1768042804,5.0,get_product|read|200||,,"),
        r"line 5: a sample of the time 1768042804: .*K6_CSV_TIME_FORMAT=unix_micro",
    ),
    "other columns": (_line(1, "metric_name,timestamp,metric_value,extra_tags"), "line 1: columns"),
    "an operation of two kinds": (_line(9, f"{OPERATION}get_product|write|200||,,"), "line 9"),
    "a row too few": (_fewer, r"holds \d+ requests, and k6 counted 1666: .* whole"),
    "a row too many": (_told("summary", requests=1665), "holds 1666 requests, and k6 counted 1665"),
    "drops that the samples do not have": (_told("summary", dropped=3), "holds 0 dropped arrivals"),
    "no summary": (_remove("summary"), r"load-0\.summary\.json: No such file.*elsewhere\.js"),
    "no machine": (_remove("machine"), r"load-0\.machine\.json: No such file.*time to spare"),
    "a summary that is none": (
        lambda file: file.with_name(file.name.replace("csv.gz", "summary.json")).write_text("{"),
        r"load-0\.summary\.json: .*elsewhere\.js writes it",
    ),
    "a large summary": (
        lambda file: file.with_name(file.name.replace("csv.gz", "summary.json")).write_text(
            " " * 300_000
        ),
        r"summary\.json: larger than",
    ),
    "a field that nobody knows": (_told("summary", more=1), "unknown field `more`"),
    "another schema": (_told("summary", schema="x/2"), "schema 'x/2', not promotion-gate"),
    "nothing used": (_told("machine", cpu_s=0), "cpu_s 0.*: what k6 used"),
    "more than all": (_told("machine", busiest=7), "busiest 7"),
    "years": (_told("machine", ended=10**15), "a start and a later end"),
    "another machine's": (
        _told("machine", started=1_700_000_000, ended=1_700_000_060),
        "the machine file is that of another run",
    ),
    "another host": (
        _told("summary", base_url="https://other.example/v1.0"),
        "base_url https://api.sit.kimmyai.io/v1.0, and .* has https://other.example",
    ),
    "another seed": (_told("summary", seed=8), "seed 7, and .* has 8"),
    "a segment twice": (_told("summary", segment="1/3:2/3"), "no generator made the part 0:1/3"),
    "no segment": (_told("summary", segment="all"), "'all' is no execution segment"),
    "another profile": (_told("summary", profile="soak"), "profile quick, and .* has soak"),
    "other rates": (
        _told("summary", stages=[{"seconds": 50, "rate": 10}]),
        "stages 100/s for 50 s, and .* has 10/s for 50 s",
    ),
}


@pytest.mark.parametrize("what", SPOILT)
def test_what_does_not_add_up_is_refused(tmp_path: Path, what: str) -> None:
    """File, line, and what would be right."""
    spoil, why = SPOILT[what]
    first, *_ = left_by(tmp_path)
    spoil(first)
    with pytest.raises(ImportRefused, match=why):
        imported(tmp_path, profile="quick")


@pytest.mark.parametrize(
    ("what", "value", "why"),
    [
        ("base_url", "https://other.example/v1.0", "went to base_url 'https://other.example/v1.0'"),
        ("base_url", "https://api.sit.kimmyai.io", "sit is https://api.sit.kimmyai.io/v1.0"),
        ("images_url", "http://x", f"sit is {IMAGES}"),
        ("scripts", "", "is no digest"),
        ("profile", "soak", "its stages are 100/s for 50 s; profile soak has 50/s"),
        ("profile", "stress", "stress is driven by the harness itself"),
        ("profile", "concurrent-updates", "is driven by the harness itself"),
        ("profile", "", "names no profile"),
    ],
)
def test_all_told_the_same_wrong_thing(tmp_path: Path, what: str, value: str, why: str) -> None:
    """They agree with one another, and not with environment or profile."""
    for file in left_by(tmp_path):
        change(file, "summary", **{what: value})
    with pytest.raises(ImportRefused, match=why):
        imported(tmp_path)


def test_generators_of_different_times_or_builds_are_refused(tmp_path: Path) -> None:
    """A generator of another load, or one that met another build."""
    first, *_ = left_by(tmp_path)
    text = gzip.decompress(first.read_bytes()).decode()
    write_samples(first, text.replace("|1.0.0", "|1.0.1").splitlines()[1:])
    with pytest.raises(ImportRefused, match=r"evidence is of one build"):
        imported(tmp_path)
    shifted = [line.replace(",17680428", ",17680429", 1) for line in text.splitlines()[1:]]
    write_samples(first, shifted)
    with pytest.raises(ImportRefused, match=r"first arrival is 100 s after that of"):
        imported(tmp_path)


def test_a_missing_generator_is_refused(tmp_path: Path) -> None:
    """Two of three segments are two thirds of a load."""
    *_, last = left_by(tmp_path)
    last.unlink()
    with pytest.raises(ImportRefused, match=r"no generator made the part 2/3:1"):
        imported(tmp_path)


def test_a_version_is_said_once(tmp_path: Path) -> None:
    """Rows of the subject that contradict each other, or are no version."""
    first, *_ = left_by(tmp_path)
    lines = gzip.decompress(first.read_bytes()).decode().splitlines()[1:]
    for extra in ("before|1.0.0", "before|" + "9" * 101, "later|1.0.0"):
        write_samples(first, [*lines, f"subject,{BEGAN_US},1.0,{extra},,"])
        with pytest.raises(ImportRefused, match="not one before and one after"):
            imported(tmp_path)


@pytest.mark.parametrize("named", ["missing.csv", "notes.txt", "empty"])
def test_what_is_named_must_be_samples(tmp_path: Path, named: str) -> None:
    """A file that is not there, another file, a folder without samples, nothing."""
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImportRefused):
        imported(tmp_path / named)
    one, *_ = left_by(tmp_path / "files")
    with pytest.raises(ImportRefused, match="named twice"):
        generator_files.sample_files([one, tmp_path / "files"])
    with pytest.raises(ImportRefused, match="no file of samples is named"):
        generator_files.sample_files([])


def test_an_endless_line_and_a_bomb_are_refused_in_little_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fifty megabytes in one line, packed to nothing; and more than the most that is read."""
    first, *_ = left_by(tmp_path, 1)
    first.write_bytes(gzip.compress(f"{HEAD}\n".encode() + b"operation," * 5_000_000, 9))
    tracemalloc.start()
    try:
        with pytest.raises(ImportRefused, match="line 2: longer than any row of k6"):
            imported(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()
    first.write_bytes(gzip.compress(f"{HEAD}\n".encode() + b"vus,1,1,,,\n" * 100_000, 9))
    monkeypatch.setattr(generator_files, "MOST_BYTES", 500_000)
    with pytest.raises(ImportRefused, match="more than 500000 bytes, unpacked"):
        imported(tmp_path)


def test_samples_without_a_request_are_no_measurement(tmp_path: Path) -> None:
    """Everything agrees, and there is nothing."""
    (first,) = left_by(tmp_path, 1)
    write_samples(first, rows(0, 1, 0))
    change(first, "summary", requests=0, iterations=0)
    with pytest.raises(ImportRefused, match="nothing was measured"):
        imported(tmp_path)


@pytest.mark.parametrize(
    ("segments", "wrong"),
    [
        (["0:1"], None),
        (["1/2:1", "0:1/4", "1/4:1/2"], None),
        (["0:0.25", "0.25:1"], None),
        (["0:1/3", "1/3:2/3"], "no generator made the part 2/3:1"),
        (["0:1/2", "1/3:1"], "the part 1/3:1/2 was made twice"),
        (["0:1", "0:1"], "the part 0:1 was made twice"),
        ([], "no generator made the part 0:1"),
    ],
)
def test_segments_cover_the_load_once(segments: list[str], wrong: str | None) -> None:
    """In any order, as fractions or decimals."""
    assert what_is_wrong(map(segment_edges, segments)) == wrong


@pytest.mark.parametrize(
    "text", ["", "1", "1:0", "0:2", "1/2:1/2", "a:b", "0:1/0", "-1:1", "0:1e9"]
)
def test_no_segment(text: str) -> None:
    """What k6 would not take, or what is no part of anything."""
    with pytest.raises(ValueError, match=r"segment|between"):
        segment_edges(text)


def test_the_command_stores_it_once(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Imported, listed, and not a second time; the store reads back."""
    left_by(tmp_path / "files")
    store = f"--report-dir={tmp_path / 'out'}"
    asked = ("import", str(tmp_path / "files"), "--env", "sit", "--build", "v1.0.0-sit", store)
    code, out, err = gate(capfd, *asked)
    assert (code, err) == (0, "")
    assert "quick of 3 generators, 5000 requests, build v1.0.0-sit, version 1.0.0" in out
    ((digest, run),) = Store(tmp_path / "out" / "store").runs()
    assert digest in out
    code, out, _ = gate(capfd, "list", store)
    assert code == 0
    assert run.run_id in out
    assert "mixed at quick, imported" in out
    assert exit_code(["report", store]) == 0  # there are no checks to report, and a page
    assert "Performance: " in capfd.readouterr().out
    assert digest in (tmp_path / "out" / "performance.html").read_text(encoding="utf-8")
    code, _, err = gate(capfd, *asked)
    assert code == 2
    assert "imported already" in err
    assert len(Store(tmp_path / "out" / "store").runs()) == 1


def test_the_command_says_what_is_wrong(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Refused files are exit 2 and leave nothing; options are exit 4."""
    files = tmp_path / "files"
    first, *_ = left_by(files)
    first.unlink()
    store = f"--report-dir={tmp_path / 'out'}"
    code, _, err = gate(capfd, "import", str(files), "--env", "sit", "--build", "1.0.0", store)
    assert code == 2
    assert "no generator made the part 0:1/3" in err
    assert Store(tmp_path / "out" / "store").runs() == []
    for arguments, said in (
        (("--env", "sit"), "--build VERSION"),
        (("--env", "sti", "--build", "1"), "Did you mean sit?"),
        (("--env", "sit", "--build", "1", "--profile", "quik"), "Did you mean quick?"),
        (("--env", "sit", "--build", "1", "--prepare", "x"), "no files, no --build"),
    ):
        code, _, err = gate(capfd, "import", str(files), *arguments, store)
        assert code == 4, said
        assert said in err


def test_another_host_is_a_rehearsal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """--base-url makes it one, as it does for a run."""
    for file in left_by(tmp_path / "files"):
        change(file, "summary", base_url="http://127.0.0.1:1/v1.0")
    options = ("--env", "sit", "--build", "1.0.0", "--base-url", "http://127.0.0.1:1")
    store = f"--report-dir={tmp_path / 'out'}"
    code, _, err = gate(capfd, "import", str(tmp_path / "files"), *options, store)
    assert code == 0, err
    ((_, run),) = Store(tmp_path / "out" / "store").runs()
    assert run.rehearsal == ("--base-url given",)


def test_an_empty_store_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """And what was begun and never ended, and what cannot be read."""
    store = f"--report-dir={tmp_path}"
    assert gate(capfd, "list", store)[1] == "the store is empty\n"
    (tmp_path / "store" / "runs").mkdir(parents=True)
    (tmp_path / "store" / "runs" / "note.txt").write_text("x")
    (tmp_path / "store" / "intents").mkdir()
    intent = {"run_id": "r1", "layers": ["load"], "environment": "sit", "build": None}
    intent["started"] = "2026-01-10T11:00:00Z"
    (tmp_path / "store" / "intents" / "r1.json").write_text(json.dumps(intent))
    out = gate(capfd, "list", store)[1]
    assert "runs/note.txt  cannot be read" in out
    assert "r1  began 2026-01-10 11:00:00, sit, and never ended" in out
