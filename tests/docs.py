"""The papers that users and contributors read, taken apart for tests."""

from __future__ import annotations

import re
from collections.abc import Iterator

from simulators.rig import TREE

PAPERS = [TREE / "README.md", TREE / "CONTRIBUTING.md", TREE / "CHANGELOG.md"]
PAPERS += sorted((TREE / "docs").glob("*.md"))

# What runs at the user's, in the order of docs/architecture.md.
RUNTIME = [
    *(
        "entry",
        "page",
        "commands",
        "install",
        "worker",
        "rest",
        "check",
        "trial",
        "pipeline",
        "pictures",
        "playback",
        "matching",
        "ledger",
    ),
    *("stash", "plex", "sync", "validation", "jobs", "logs", "net", "storage"),
]

CODE = re.compile(r"`([^`]+)`")


def text_of(name: str) -> str:
    return (TREE / name).read_text(encoding="utf-8")


def headings(text: str) -> list[str]:
    return re.findall(r"^#+ (.+)$", without_code_blocks(text), re.MULTILINE)


def section(text: str, heading: str) -> str:
    """What stands below a heading, up to the next one of the same or a higher level."""
    found = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    assert found, heading
    rest = text[found.end() :]
    end = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def tables(text: str) -> Iterator[list[str]]:
    """The rows of all tables but their heads, cell by cell."""
    for line in text.splitlines():
        if line.startswith("|") and not line.startswith("|--"):
            yield [cell.strip() for cell in line[1:].removesuffix("|").split("|")]


def without_code_blocks(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def anchor(heading: str) -> str:
    """GitHub's name for a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
