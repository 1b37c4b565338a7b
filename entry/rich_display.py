"""The command line's words by rich, which is optional: tables and a bar for terminals."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from entry.display import Display, Grid
from entry.progress import left_text
from logs.handlers import clean_line


class RichDisplay(Display):
    """Draws only on terminals; what goes elsewhere is the plain text, so that scripts needn't know
    what is installed."""

    def __init__(
        self, out: TextIO, err: TextIO, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(out, err, clock)
        self._console = Console(file=out, highlight=False, markup=False, emoji=False)
        self._bar = Progress(
            BarColumn(),
            TextColumn("{task.percentage:3.0f} %{task.fields[left]}", markup=False),
            console=Console(file=err, highlight=False, markup=False, emoji=False),
            transient=True,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task: TaskID | None = None

    def _draw_bar(self, fraction: float, left_s: float | None) -> None:
        if self._bar.console.is_dumb_terminal:
            super()._draw_bar(fraction, left_s)
            return
        if self._task is None:
            self._task = self._bar.add_task("", total=1.0, left="")
            self._bar.start()
        self._bar.update(self._task, completed=fraction, left=left_text(left_s), refresh=True)

    def _erase_bar(self) -> None:
        super()._erase_bar()
        if self._task is not None:
            # Gone with the bar, since it is drawn once more when it stops.
            self._bar.stop()
            self._bar.remove_task(self._task)
            self._task = None

    def _show_grid(self, grid: Grid) -> None:
        if not self._out.isatty():
            super()._show_grid(grid)
            return
        table = Table()
        for name in grid.head:
            table.add_column(name, overflow="fold")  # nothing is cut off, long paths neither
        for row in grid.rows:
            # As Text, since nothing from Stash or Plex is markup.
            table.add_row(*(Text(clean_line(cell)) for cell in row))
        self._erase_bar()
        self._console.print(table)
