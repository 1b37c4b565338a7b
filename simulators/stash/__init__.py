"""A Stash server that speaks HTTP and GraphQL and runs plugins, for tests, demo and benchmarks."""

from simulators.stash.jobs import Job
from simulators.stash.library import StashLibrary
from simulators.stash.log import LogLine
from simulators.stash.model import (
    Group,
    GroupDescription,
    Marker,
    Performer,
    Scene,
    SceneGroup,
    StashId,
    Studio,
    Tag,
    VideoFile,
)
from simulators.stash.mutations import RequestCancelled
from simulators.stash.process import PluginRun
from simulators.stash.server import GraphQLErrors, StashSimulator

__all__ = [
    "GraphQLErrors",
    "Group",
    "GroupDescription",
    "Job",
    "LogLine",
    "Marker",
    "Performer",
    "PluginRun",
    "RequestCancelled",
    "Scene",
    "SceneGroup",
    "StashId",
    "StashLibrary",
    "StashSimulator",
    "Studio",
    "Tag",
    "VideoFile",
]
