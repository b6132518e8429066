"""The figures in docs/statistics.md."""

from __future__ import annotations

from benchmarks.simulation import PAGE, TRIALS, independent_table


def test_the_page_holds_the_figures() -> None:
    """docs/statistics.md is what benchmarks.simulation gives today."""
    text = PAGE.read_text(encoding="utf-8")
    assert f"{TRIALS:,} trials each" in text
    for row in independent_table():
        assert row in text, "write it anew: python -m benchmarks.simulation --update"
