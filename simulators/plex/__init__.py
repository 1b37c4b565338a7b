"""A Plex Media Server that behaves as the reference sheet says, also where inconvenient."""

from simulators.plex.library import PlexLibrary
from simulators.plex.model import AgentValues, Item, Media, Part, Picture, Section, Tag
from simulators.plex.server import PlexSimulator, add_arguments, from_arguments

__all__ = [
    "AgentValues",
    "Item",
    "Media",
    "Part",
    "Picture",
    "PlexLibrary",
    "PlexSimulator",
    "Section",
    "Tag",
    "add_arguments",
    "from_arguments",
]
