"""How scenes came out: of many in few words, for signs in a list of scenes."""

from __future__ import annotations

from contextlib import closing

from jobs.anew import open_jobs
from jobs.states import EXCLUDED, LEFT_ALONE, SceneState, States
from ledger.exclusions import BY_A_PERSON, Exclusions
from ledger.file import LedgerFile
from ledger.unmanaged import unmanaged_among
from page.arguments import scene_ids
from page.operation import Answer, Operation, Operations
from page.size import clipped
from stash.protocol import Invocation

MOST_SCENES = 500
# Of a few scenes there is room for more.
LONGEST_WHY, SHORT_WHY, FEW = 300, 60, 100


def states(invocation: Invocation, scenes: list[int]) -> Answer:
    """By scene id, as text, since it is a key."""
    with closing(open_jobs(invocation.data_dir)) as database:
        found = States(database).of(scenes)
    with closing(LedgerFile(invocation.data_dir)) as ledger:
        found |= dict.fromkeys(unmanaged_among(ledger, scenes), SceneState(LEFT_ALONE))
        said = SceneState(EXCLUDED, BY_A_PERSON)
        found |= dict.fromkeys(Exclusions(ledger).among(scenes), said)
    most = LONGEST_WHY if len(scenes) <= FEW else SHORT_WHY
    return {
        "states": {
            str(scene_id): {**each._asdict(), "why": clipped(each.why, most)}
            for scene_id, each in found.items()
        }
    }


QUERIES: Operations = {"states": Operation(states, {"scenes": scene_ids(MOST_SCENES)})}
