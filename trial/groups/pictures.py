"""Pictures: is an upload chosen, and does it lock? Plex keeps an upload for ever, so only if the
person says so."""

from __future__ import annotations

import base64

from plex.pictures import list_pictures, upload_picture
from sync.pictures import POSTER, sha1_of
from trial.bench import Bench, lock, yes

# Six grey pixels, always the same, so that no server gets more than one of it.
PIXELS = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAAAAACcgYFdAAAADUlEQVR42mNo"
    "aGAAIwANiQMB6UHnOwAAAABJRU5ErkJggg=="
)


def measure(bench: Bench) -> dict[str, str]:
    bench.edit(lock("thumb", False))
    with bench.timed("upload"):
        upload_picture(bench.client, bench.item, POSTER, PIXELS)
    now = bench.read()
    listed = list_pictures(bench.client, bench.item, POSTER)
    chosen = any(each.is_chosen and each.sha1 == sha1_of(PIXELS) for each in listed)
    return {"upload_is_chosen": yes(chosen), "upload_locks": yes("thumb" in now.locked)}
