"""What a sync of a few scenes would do now."""

from __future__ import annotations

from contextlib import closing

from commands.preview import preview_scenes
from commands.preview_text import preview_as_json
from page.arguments import scene_ids
from page.operation import Answer, Operation, Operations
from page.servers import opened
from stash.protocol import Invocation
from worker.connect import plex_client

# Somebody waits for the answer, and each scene may cost its cover and a look at Plex's pictures.
MOST_SCENES = 100


def preview(invocation: Invocation, scenes: list[int]) -> Answer:
    """What `preview --json` of the command line prints, for these scenes."""
    with opened(invocation) as context:
        context.settings.refresh()
        with closing(plex_client(context.settings.config, context.stores.client_id)) as plex:
            pages = preview_scenes(context, plex, [scenes])
            return {"previews": [preview_as_json(each) for page in pages for each in page]}


QUERIES: Operations = {"preview": Operation(preview, {"scenes": scene_ids(MOST_SCENES)})}
