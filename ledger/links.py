"""What a scene has to do with other objects of Stash."""

from __future__ import annotations

from jobs.schema import GROUP, PERFORMER, STUDIO, TAG
from ledger.scene_cache import Link, link
from sync.tags import lineage
from validation.scene import Scene


def links_of(scene: Scene) -> list[Link]:
    """Everything whose change or end may change what Plex shows of the scene: for a performer with
    namesakes those as well, although the scene has nothing else to do with them."""
    people = [id for each in scene.performers for id in (each.id, *each.namesakes)]
    links = [link(PERFORMER, each) for each in dict.fromkeys(people)]
    studio = scene.studio
    while studio:
        links.append(link(STUDIO, studio.id))
        studio = studio.parent_studio
    tags = dict.fromkeys(each.id for tag in scene.tags for each in lineage(tag))
    links += [link(TAG, each) for each in tags]
    return links + [link(GROUP, each.group.id) for each in scene.groups]
