"""Posters and backgrounds at the wire: list, upload, choose, give up."""

from __future__ import annotations

from dataclasses import dataclass

from plex.client import PlexClient
from plex.items import PICTURE_LOCKS, PlexItem

# Our name of a picture to the path of the list, and to that of the choice.
_LISTS = {"poster": "posters", "background": "arts"}
_CHOICES = {"poster": "poster", "background": "art"}


@dataclass(frozen=True, slots=True)
class ListedPicture:
    """A picture that an item can show. `key` is Plex's name for it; for an upload it ends in the
    sha1 of the bytes (upload://posters/<sha1>, with season and episode in between)."""

    key: str
    is_chosen: bool

    @property
    def sha1(self) -> str:
        """ "" for what is no upload."""
        return self.key.rpartition("/")[2] if self.key.startswith("upload://") else ""


def list_pictures(client: PlexClient, item: PlexItem, name: str) -> list[ListedPicture]:
    """What Plex has for the item's poster or background, chosen or not."""
    root = client.get(f"{_path(item)}/{_LISTS[name]}")
    return [
        ListedPicture(each.get("ratingKey", ""), each.get("selected") == "1")
        for each in root.iterfind("Photo")
    ]


def upload_picture(client: PlexClient, item: PlexItem, name: str, content: bytes) -> None:
    """Store these bytes and choose them. Plex can't delete uploads: never send the same twice."""
    client.send("POST", f"{_path(item)}/{_LISTS[name]}", body=content)


def choose_picture(client: PlexClient, item: PlexItem, name: str, key: str) -> None:
    """Show a picture that is listed."""
    client.send("PUT", f"{_path(item)}/{_CHOICES[name]}", {"url": key})


def drop_choice(client: PlexClient, item: PlexItem, name: str) -> None:
    """Show none; what is listed stays listed."""
    client.send("DELETE", f"{_path(item)}/{PICTURE_LOCKS[name]}")


def _path(item: PlexItem) -> str:
    if item.rating_key <= 0:
        raise ValueError(f"no picture for rating key {item.rating_key}")
    return f"/library/metadata/{item.rating_key}"
