"""Hooks after changes: which processes run, one after another, and what each is told."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from typing import Any

from simulators.stash.log import Log
from simulators.stash.plugins import Caller, PluginError, Plugins
from simulators.stash.sessions import Session

_MAX_LOOP_DEPTH = 10


class Hooks:
    """Runs hooks in the caller's thread. What goes wrong is logged and never raised."""

    def __init__(self, plugins: Plugins, log: Log) -> None:
        self._plugins = plugins
        self._log = log

    def fire(
        self,
        caller: Caller,
        object_id: int,
        trigger: str,
        hook_input: Any,
        input_fields: Iterable[str] = (),
    ) -> None:
        """All enabled plugins' hooks for this one object, in sequence."""
        context: dict[str, Any] = {"id": object_id, "type": trigger, "input": hook_input}
        if fields := list(input_fields):
            random.shuffle(fields)  # they come from a Go map
            context["inputFields"] = fields
        try:
            self._fire(caller, trigger, context)
        except PluginError as error:
            # The plugins after the one that could not be run are skipped.
            self._log.add("error", f"error executing post hooks: {error}")

    def _fire(self, caller: Caller, trigger: str, context: dict[str, Any]) -> None:
        visited = Counter(caller.session.visited)
        for plugin in list(self._plugins.loaded):
            hooks = plugin.hooks_for(trigger) if self._plugins.is_enabled(plugin) else []
            if hooks and visited[(plugin.id, trigger)] >= _MAX_LOOP_DEPTH:
                text = f"cyclic loop detected: plugin ID '{plugin.id}' hook {trigger}"
                self._log.add("debug", f"{text}, not re-triggering")
                continue
            trail = (*caller.session.visited, (plugin.id, trigger))
            for hook in hooks:
                within = Caller(Session(caller.session.user, trail), caller.cancelled)
                output = self._plugins.run("hook", plugin, hook, {"hookContext": context}, within)
                if output.error is not None:
                    text = f"{trigger} [{plugin.name}]: returned error: {output.error}"
                    self._log.add("error", text)
                elif output.output is not None:
                    self._log.add("debug", f"{trigger} [{plugin.name}]: returned: {output.output}")
