"""What a Stash server is configured with."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class Config:
    """`plugins_dir` None: "plugins" in `config_dir`; `working_dir` None: `config_dir`.

    `listen_host` is what plugins are told: Stash names the address it was told to listen on, and
    listens on all by default. Its port is known once the server has started. `progress_busy_s`:
    see `BusyReceiver`. `found_in_working_dir`: Stash wasn't told of its config file and found it
    in its working folder. `ui_folder`: the pages that a browser gets, see `web_ui`.
    """

    config_dir: Path
    plugins_dir: Path | None = None
    working_dir: Path | None = None
    found_in_working_dir: bool = False
    listen_host: str = "0.0.0.0"
    port: int = 0
    username: str = ""
    password: str = ""
    api_key: str = ""
    max_session_age_s: int = 3600
    python: str = sys.executable
    environment: Mapping[str, str] = field(default_factory=dict)
    version: str = "v0.30.0"
    parallel_tasks: int = 2
    stashes: list[str] = field(default_factory=lambda: ["/data"])
    disabled_plugins: list[str] = field(default_factory=list)
    plugin_settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    loses_last_stderr_line: bool = False
    progress_busy_s: float = 0.002
    ui_folder: Path | None = None
    # Address of a package source's index to its folder below the plugins folder.
    package_sources: dict[str, str] = field(default_factory=dict)

    @property
    def release(self) -> tuple[int, ...]:
        """(0, 30) of v0.30.1-19-gcf3489efd."""
        return tuple(int(number) for number in self.version.lstrip("v").split(".")[:2])

    @property
    def plugins_path(self) -> Path:
        return self.plugins_dir or self.config_dir / "plugins"

    @property
    def working_path(self) -> Path:
        return self.working_dir or self.config_dir

    @property
    def told_config_dir(self) -> str:
        """As plugins are told of it. pkg/plugin/plugins.go: an absolute path since 0.26."""
        return str(self.config_dir) if self.release >= (0, 26) else self.told(self.config_dir)

    def told(self, folder: Path) -> str:
        """A folder as Stash names it: by "config.yml", the first place where it looks for its
        config, it knows no absolute path of the folders beside (internal/manager/config/init.go).
        """
        return (
            os.path.relpath(folder, self.working_path) if self.found_in_working_dir else str(folder)
        )

    @property
    def has_credentials(self) -> bool:
        return bool(self.username and self.password)
