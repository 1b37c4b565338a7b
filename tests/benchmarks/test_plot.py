"""The picture of cost per scene against library size."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

from benchmarks.plot import svg
from tests.benchmarks.results import size

SVG = "{http://www.w3.org/2000/svg}"


def test_every_size_is_a_point_on_every_line() -> None:
    root = fromstring(svg([size(1000), size(1000), size(10_000), size(100_000)]))
    lines = root.findall(f"{SVG}polyline")
    assert len(lines) == 6
    for line in lines:
        spots = [tuple(map(float, spot.split(","))) for spot in line.get("points", "").split()]
        assert len(spots) == 3
        # A logarithmic scale: from 1,000 to 10,000 it is as far as from there to 100,000.
        assert abs((spots[1][0] - spots[0][0]) - (spots[2][0] - spots[1][0])) < 0.2
    texts = [each.text for each in root.iter(f"{SVG}text")]
    assert {"1,000", "10,000", "100,000"} <= set(texts)


def test_what_costs_more_is_further_up() -> None:
    root = fromstring(svg([size(1000, changed_ms=4.0), size(10_000, changed_ms=40.0)]))
    points = root.findall(f"{SVG}polyline")[0].get("points", "").split()
    first, last = (float(point.partition(",")[2]) for point in points)
    assert last < first


def test_one_size_alone_can_be_drawn() -> None:
    assert len(fromstring(svg([size(1000)])).findall(f"{SVG}circle")) == 6
