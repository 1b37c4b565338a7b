"""How a claim ends in the queue's database."""

from __future__ import annotations

import sqlite3

from jobs.job import Done, Failed, Job, Later, LookAgain, Retry, Verdict
from jobs.schema import BACKGROUND


def settle(
    connection: sqlite3.Connection, token: str, job: Job, verdict: Verdict, now: float
) -> None:
    key = (job.id, token, job.generation)
    match verdict:
        case Done():
            connection.execute(
                "DELETE FROM jobs WHERE id = ? AND claimed_by = ? AND generation = ?", key
            )
        case Later(due_at):
            connection.execute(
                "UPDATE jobs SET due_at = ?, set_at = ?, claimed_by = NULL"
                " WHERE id = ? AND claimed_by = ? AND generation = ?",
                (due_at, now, *key),
            )
        case LookAgain(due_at, reason):
            connection.execute(
                "UPDATE jobs SET due_at = ?, set_at = ?, lane = ?, attempts = 0, claimed_by = NULL,"
                " reason = ?, error = NULL, advice = NULL"
                " WHERE id = ? AND claimed_by = ? AND generation = ?",
                (due_at, now, BACKGROUND, reason, *key),
            )
        case Retry(due_at, reason, error, advice):
            connection.execute(
                "UPDATE jobs SET due_at = ?, set_at = ?, attempts = attempts + 1,"
                " claimed_by = NULL, reason = ?, error = ?, advice = ?"
                " WHERE id = ? AND claimed_by = ? AND generation = ?",
                (due_at, now, reason, error, advice, *key),
            )
        case Failed(reason, error, advice):
            connection.execute(
                "UPDATE jobs SET state = 'failed', failed_at = ?, attempts = attempts + 1,"
                " claimed_by = NULL, reason = ?, error = ?, advice = ?"
                " WHERE id = ? AND claimed_by = ? AND generation = ?",
                (now, reason, error, advice, *key),
            )
    # A newer event came in while we worked: free for the next claim.
    connection.execute(
        "UPDATE jobs SET claimed_by = NULL WHERE id = ? AND claimed_by = ?", (job.id, token)
    )
