"""Events as hooks leave them in the inbox."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from jobs import inbox

CONNECTION = {"Scheme": "http", "Host": "127.0.0.1", "Port": 9999, "Dir": "/config"}


def document(context: Any, connection: Any = CONNECTION, **args: Any) -> bytes:
    """What Stash writes to a hook's stdin."""
    args = {**args, "hookContext": context}
    return json.dumps({"server_connection": connection, "args": args}).encode()


def saved(object_id: int, **context: Any) -> bytes:
    """A person saves this scene."""
    about = {"id": object_id, "type": "Scene.Update.Post", "inputFields": ["id", "title"]}
    return document({**about, "input": {"id": str(object_id)}, **context})


def save(data_dir: Path | str, object_id: int, now: float | None = None) -> str:
    """Leave the event of a saved scene; its path."""
    return inbox.put(str(data_dir), saved(object_id), time.time() if now is None else now)
