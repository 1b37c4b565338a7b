"""The cost per scene against the size of the library, as a picture (SVG)."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from math import ceil, log10

from benchmarks.syncs import Size, cpu, wall

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 210, 40, 60
Points = Sequence[tuple[int, float]]

_LINES: tuple[tuple[str, str, Callable[[Size], float]], ...] = (
    ("all changed, time", "#b0413e", lambda size: size.changed.ms(wall)),
    ("all changed, CPU", "#e08e45", lambda size: size.changed.ms(cpu)),
    ("compared, time", "#2e5e8c", lambda size: size.compared.ms(wall)),
    ("compared, CPU", "#6ba3d6", lambda size: size.compared.ms(cpu)),
    ("known, time", "#3c7a4b", lambda size: size.known.ms(wall)),
    ("known, CPU", "#8cc49b", lambda size: size.known.ms(cpu)),
)


def svg(sizes: Sequence[Size]) -> str:
    """Sizes on a logarithmic scale, milliseconds per scene from 0. Needs one size at least."""
    lines = [(name, color, _points(sizes, of)) for name, color, of in _LINES]
    top = _round_up(max(ms for _, _, points in lines for _, ms in points))
    scale = _Scale(min(size.scenes for size in sizes), max(size.scenes for size in sizes), top)
    body = [*_axes(scale, sorted({size.scenes for size in sizes}))]
    for place, (name, color, points) in enumerate(lines):
        body += _line(scale, name, color, points, place)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="13">\n'
        '<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(body) + "\n</svg>\n"
    )


class _Scale:
    """Where on the picture a library of a size and a cost belong."""

    def __init__(self, smallest: int, largest: int, top: float) -> None:
        self._low, self.top = log10(smallest), top
        self._span = (log10(largest) - self._low) or 1.0

    def x(self, scenes: int) -> float:
        return LEFT + (log10(scenes) - self._low) / self._span * (WIDTH - LEFT - RIGHT)

    def y(self, ms: float) -> float:
        return HEIGHT - BOTTOM - ms / self.top * (HEIGHT - TOP - BOTTOM)


def _points(sizes: Sequence[Size], of: Callable[[Size], float]) -> Points:
    """The median where a size was measured several times."""
    return [
        (scenes, statistics.median(of(size) for size in sizes if size.scenes == scenes))
        for scenes in sorted({size.scenes for size in sizes})
    ]


def _axes(scale: _Scale, sizes: Sequence[int]) -> Iterator[str]:
    yield f'<text x="{LEFT}" y="24" font-size="15">Milliseconds per scene</text>'
    for step in range(6):
        ms = scale.top * step / 5
        y = scale.y(ms)
        yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{ms:g}</text>'
    for scenes in sizes:
        x = scale.x(scenes)
        yield f'<text x="{x:.1f}" y="{HEIGHT - 36}" text-anchor="middle">{scenes:,}</text>'
    yield f'<text x="{LEFT}" y="{HEIGHT - 12}">scenes in the library</text>'


def _line(scale: _Scale, name: str, color: str, points: Points, place: int) -> Iterator[str]:
    spots = [(scale.x(scenes), scale.y(ms)) for scenes, ms in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    yield f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>'
    for x, y in spots:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{color}"/>'
    x, y = WIDTH - RIGHT + 20, TOP + 20 + place * 24
    yield f'<path d="M{x} {y - 4}h18" stroke="{color}" stroke-width="3"/>'
    yield f'<text x="{x + 26}" y="{y}">{name}, {points[-1][1]:.2g} ms</text>'


def _round_up(ms: float) -> float:
    """The next 1, 2 or 5 with zeros."""
    power = 10.0 ** (ceil(log10(ms)) - 1) if ms > 0 else 1.0
    return next((step * power for step in (1, 2, 5, 10) if step * power >= ms), 10 * power)
