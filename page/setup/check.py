"""The check of the set-up, as data."""

from __future__ import annotations

from commands.diagnosis import finding_as_json, verdict
from commands.doctor import examine
from page.operation import Answer, Operation, Operations
from page.servers import opened
from stash.protocol import Invocation

SAMPLE = 100


def check(invocation: Invocation) -> Answer:
    """What "Check set-up" finds, from a smaller sample of scenes."""
    with opened(invocation) as context:
        findings = examine(context, sample=SAMPLE)
    return {
        "verdict": verdict(findings),
        "findings": [finding_as_json(each) for each in findings],
    }


QUERIES: Operations = {"check": Operation(check)}
