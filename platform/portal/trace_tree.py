"""A trace as a picture: what was traced at the left, what it was in to the right, level by level (pure)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from haoyun.rfid_ingest.trace import Edge, Thing, Trace

BOX_W, BOX_H, GAP_X, GAP_Y, PAD = 236, 58, 100, 16, 8
MOST_DRAWN = 60  # things; a table and a CSV hold them all


@dataclass(frozen=True, slots=True)
class Box:
    """One thing at its place; x and y are its upper left corner."""

    thing: Thing
    x: float
    y: float

    @property
    def middle_y(self) -> float:
        """Where lines meet it."""
        return self.y + BOX_H / 2


@dataclass(frozen=True, slots=True)
class Line:
    """From the right side of one box to the left side of another; the quantity stands near its right end."""

    edge: Edge
    path: str
    mid_x: float
    mid_y: float


@dataclass(frozen=True, slots=True)
class Tree:
    """The drawing in SVG units."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    left_out: int


def tree(found: Trace) -> Tree:
    """Lay the things of a trace out in columns by their level."""
    drawn = found.things[:MOST_DRAWN]
    columns: defaultdict[int, list[Thing]] = defaultdict(list)
    for thing in drawn:
        columns[thing.level].append(thing)
    tallest = max(len(column) for column in columns.values())
    height = 2 * PAD + tallest * BOX_H + (tallest - 1) * GAP_Y
    boxes: dict[str, Box] = {}
    for level in sorted(columns):
        column = sorted(columns[level], key=lambda thing: _near(thing, found, boxes))
        free = height - 2 * PAD - len(column) * BOX_H - (len(column) - 1) * GAP_Y
        for row, thing in enumerate(column):
            y = PAD + free / 2 + row * (BOX_H + GAP_Y)
            boxes[thing.key] = Box(thing, PAD + level * (BOX_W + GAP_X), y)
    width = 2 * PAD + (max(columns) + 1) * BOX_W + max(columns) * GAP_X
    lines = [
        _line(edge, boxes[edge.child], boxes[edge.parent])
        for edge in found.edges
        if edge.child in boxes and edge.parent in boxes
    ]
    return Tree(width, height, tuple(boxes.values()), tuple(lines), len(found.things) - len(drawn))


def _near(thing: Thing, found: Trace, boxes: dict[str, Box]) -> tuple[float, str]:
    """Near to what leads to it, so that lines cross little."""
    ends = [
        boxes[other].middle_y
        for edge in found.edges
        for own, other in ((edge.child, edge.parent), (edge.parent, edge.child))
        if own == thing.key and other in boxes
    ]
    return (sum(ends) / len(ends) if ends else 0.0, thing.key)


def _line(edge: Edge, child: Box, parent: Box) -> Line:
    left, right = (child, parent) if child.x <= parent.x else (parent, child)
    x1, x2 = left.x + BOX_W, right.x
    bend = (x1 + x2) / 2
    if left.x == right.x:  # of one level: a bow at the right side
        x2, bend = x1, x1 + GAP_X / 2
    y1, y2 = left.middle_y, right.middle_y
    path = f"M{x1:.0f} {y1:.0f}C{bend:.0f} {y1:.0f} {bend:.0f} {y2:.0f} {x2:.0f} {y2:.0f}"
    return Line(edge, path, (bend + x2) / 2 + 8, y2)
