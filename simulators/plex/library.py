"""The library of a simulated Plex server, with all that a test may do behind the server's back."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable

from simulators.plex.activity import Activity
from simulators.plex.agent import refresh_from_agent
from simulators.plex.disk import Disk
from simulators.plex.model import Item, Media, Part, Picture, Section, is_found
from simulators.plex.stock import Stock


class PlexLibrary(Stock):
    """Sections and items. Every method takes `lock`; hold it yourself for a consistent look.

    `edits` lists what clients changed: (rating key, {field: (old, new)}). `writes` counts their
    edit and rating requests that hit an item, `deleted_by_client` names the items that they
    deleted, `scans` the (section key, folder or None) that they asked to be scanned. `disk` has
    what a scan will find, `activity` what was watched. `clock` gives the epoch seconds of addedAt
    and updatedAt.
    """

    def __init__(
        self,
        machine_identifier: str = "5f0c1f0e7a6b4c2d9e8f00112233445566778899",
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(clock=clock)
        self.machine_identifier = machine_identifier
        self.writes = 0
        self.deleted_by_client: list[int] = []
        self.scans: list[tuple[str, str | None]] = []
        self.disk = Disk(self)
        self.activity = Activity(self)

    def add_section(
        self,
        title: str,
        *,
        type: str = "movie",
        agent: str = "",
        locations: Iterable[str] = ("/data",),
    ) -> Section:
        """A library of type movie or show; the agent defaults to Plex's own for that type."""
        with self.lock:
            key = str(len(self.sections) + 1)
            agent = agent or {"show": "tv.plex.agents.series"}.get(type, "tv.plex.agents.movie")
            section = Section(
                key=key,
                title=title,
                type=type,
                agent=agent,
                scanner=_scanner(type, agent),
                locations=list(locations),
                uuid=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.machine_identifier}/{key}")),
                created_at=self.now(),
            )
            self.sections[key] = section
            return section

    def add_media(self, item: Item, media: Media | str, *, size: int = 0) -> Media:
        """Another version of the item, as when Plex merges duplicates."""
        if isinstance(media, str):
            media = Media([Part(media, size)])
        with self.lock:
            item.media.append(media)
            self.register_media(item, [media])
            self.touch(item)
            return media

    def rescan_as_new(self, item: Item) -> Item:
        """The same files under a new rating key with the agent's values, as after a rescan.

        What people did is gone: edits, locks, uploads, ratings.
        """
        with self.lock:
            self.remove(item)
            return self.add(
                item.type,
                item.section,
                media=item.media,
                fields=dict(item.agent.fields),
                tags=item.agent.tags,
                guid=item.guid if item.guid.startswith("plex://") else None,
                guids=item.guids,
                posters=_agents(item.posters),
                arts=_agents(item.arts),
                parent=item.parent,
            )

    def trash(self, item: Item) -> None:
        """The files are missing: marked deleted until the trash is emptied."""
        with self.lock:
            now = self.now()
            item.deleted_at = now
            for media in item.media:
                media.deleted_at = now
                for part in media.parts:
                    part.deleted_at = now
            item.updated_at = now

    def agent_refresh(self, item: Item) -> None:
        """What a metadata refresh does: unlocked fields take the agent's values."""
        with self.lock:
            refresh_from_agent(self, item)

    def snapshot(self, item: Item) -> dict[str, object]:
        """What a restore must bring back, comparable with ==: no times, no rating key.

        Tags are sorted by name, the cast keeps its order as (name, role, photo).
        """
        with self.lock:
            return {
                "fields": {
                    **{name: value for name, value in item.fields.items() if value},
                    "addedAt": str(item.added_at),
                },
                "tags": {
                    kind: [(tag.name, tag.role, tag.thumb) for tag in tags]
                    if kind == "actor"
                    else sorted(tag.name for tag in tags)
                    for kind, tags in item.tags.items()
                    if tags
                },
                "locks": sorted(item.locks),
                "poster": getattr(item.selected("thumb"), "rating_key", None),
                "art": getattr(item.selected("art"), "rating_key", None),
            }


def _scanner(type: str, agent: str) -> str:
    """ "Other Videos" libraries have no agent; there are two generations of them."""
    if agent.endswith(".none"):
        return "Plex Video Files" + (" Scanner" if agent.startswith("com.") else "")
    return "Plex TV Series" if type == "show" else "Plex Movie"


def _agents(pictures: list[Picture]) -> list[Picture]:
    """Pictures that Plex would find again, the first of them chosen."""
    found = [picture for picture in pictures if is_found(picture)]
    return [Picture(old.rating_key, old.data, place == 0) for place, old in enumerate(found)]
