"""The table, the file, and two files beside each other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import report, syncs
from benchmarks.measure import Row
from tests.benchmarks.results import size

ROWS = [
    Row("hook, x bare", 2.071, 2.5, note="32.9 ms / 15.9 ms"),
    Row("requests", 102_304, 100_000),
    Row("background", 3.02, None),
]


def test_the_table_has_measured_budget_and_verdict() -> None:
    assert report.table(ROWS) == [
        "what           measured     budget  verdict",
        "hook, x bare       2.07        2.5  holds     32.9 ms / 15.9 ms",
        "requests         102304     100000  MISSED",
        "background         3.02             no budget",
    ]


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "report.json"
    made = report.document(ROWS, [size(1000)], {"scenes": "1000"})
    report.write(file, json.dumps(made))
    found = report.read(file)
    assert found == made
    assert [row["verdict"] for row in found["rows"]] == ["holds", "MISSED", "no budget"]
    assert found["sizes"][0]["changed"]["usage"]["peak_mb"] == 60.0
    assert str(Path.home()) not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "can't be read as a report"),
        ("[]", "of version None"),
        ('{"version": 0}', "version 0"),
    ],
)
def test_what_is_no_report_is_named(tmp_path: Path, content: str, says: str) -> None:
    file = tmp_path / "other.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(report.UnreadableReport, match=says):
        report.read(file)


def test_a_comparison_tells_what_got_better_or_worse() -> None:
    before = report.document([*ROWS, Row("gone", 1.0, 2.0)], [], {})
    after = report.document(
        [Row("hook, x bare", 2.5, 2.5), Row("requests", 51_152, 1), Row("background", 3.03, None)],
        [],
        {},
    )
    assert report.comparison(before, after) == [
        "what             before      after   change",
        "hook, x bare       2.07        2.5     +21%  WORSE",
        "requests       1.02e+05   5.12e+04     -50%  better",
        "background         3.02       3.03      +0%",
        "only before: gone",
    ]


def test_a_report_becomes_a_table_for_the_docs() -> None:
    lines = report.markdown(report.document(ROWS, [], {}))
    assert lines[0].startswith("Measured on 20")
    assert lines[-3:] == [
        "| hook, x bare | 2.07 | 2.5 | 32.9 ms / 15.9 ms |",
        "| requests | **102304** | 100000 |  |",
        "| background | 3.02 |  |  |",
    ]


def test_growth_is_measured_without_the_process_s_start() -> None:
    """With it, a thousand scenes would cost 0.5 ms each more than they do."""
    sizes = [size(1000, changed_ms=2.0), size(1000, changed_ms=9.0), size(1000, changed_ms=2.0)]
    rows = {row.what: row for row in syncs.rows([*sizes, size(100_000, changed_ms=3.0)])}
    grown = rows["everything changed: growth of CPU time per scene, 1000 to 100000 scenes"]
    assert grown.measured == pytest.approx(1.5)
    assert grown.verdict == "MISSED"
    assert rows["peak memory at 100000 scenes"].holds
