"""What the command line shows of findings, previews and the status. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from entry.display import Grid, Report
from worker.diagnosis import Finding, Problem, finding_lines
from worker.preview import NotSynced, Preview, preview_lines, preview_notes
from worker.status import Status, due, failure_lines, overview_lines, retry_lines


def status_report(status: Status) -> Report:
    """How things stand, then the jobs that wait for another try, then the failures."""
    yield from overview_lines(status)
    yield Grid(
        ("Retry", "Tries", "What went wrong"),
        [(due(each.due_at), str(each.attempts), each.error) for each in status.retries],
        retry_lines(status.retries),
    )
    yield Grid(
        ("Failed", "Jobs", "The newest", "What to do"),
        [
            (group.reason, str(group.count), each.error, each.advice)
            if each is group.newest[0]
            else ("", "", each.error, "")
            for group in status.failures
            for each in group.newest
        ],
        failure_lines(status.failures),
    )


def doctor_report(findings: Sequence[Finding]) -> Report:
    """Everything that was found, in the order in which it was looked at."""
    yield Grid(
        ("", "Found", "What to do"),
        [
            ("PROBLEM", each.text, each.remedy)
            if isinstance(each, Problem)
            else ("ok", each.text, "")
            for each in findings
        ],
        finding_lines(findings),
    )


def preview_report(previews: Sequence[Preview]) -> Report:
    """What a sync would change, field by field."""
    rows: list[tuple[str, ...]] = []
    for each in previews:
        if isinstance(each, NotSynced):
            rows.append((str(each.scene_id), "", "", f"not synced, {each.because}"))
        else:
            rows += [
                (str(each.scene_id), each.title, field, what) for field, what in preview_notes(each)
            ]
    lines = [line for each in previews for line in preview_lines(each)]
    if rows:
        yield Grid(("Scene", "In Plex", "Field", "What would happen"), rows, lines)
    else:
        yield "nothing would change"
