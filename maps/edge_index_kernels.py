"""Compiled loops of the edge index: segments into grid cells, and the search outwards from a position.

Coordinates are degrees, x = longitude east of the network's own meridian, y = latitude. A segment is a row
(x of its start, y of its start, x of its end, y of its end). `grid` is (west, south, cell width, cell height).
Distances are measured in the plane whose scale is right at the position asked about.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from haoyun.maps.compiled import compiled

METRES_PER_DEGREE = 6371008.8 * np.pi / 180  # of latitude, on the sphere of geodesy.py
# A cell is entered a little before its border, so that rounding never loses the segment that lies on it.
_RIM = 1e-9


@compiled
def cells_of_segments(segment: Any, grid: Any, columns: int, rows: int) -> tuple[Any, Any]:
    """CSR of the segments that touch each cell: (start of each cell's list, segment numbers)."""
    start = np.zeros(columns * rows + 1, dtype=np.int64)
    for s in range(len(segment)):
        first, last = _rows_of(segment[s], grid, rows)
        for row in range(first, last + 1):
            left, right = _columns_of(segment[s], grid, columns, row)
            for column in range(left, right + 1):
                start[row * columns + column + 1] += 1
    for cell in range(columns * rows):
        start[cell + 1] += start[cell]
    free = start[:-1].copy()
    listed = np.empty(start[-1], dtype=np.int32)
    for s in range(len(segment)):
        first, last = _rows_of(segment[s], grid, rows)
        for row in range(first, last + 1):
            left, right = _columns_of(segment[s], grid, columns, row)
            for column in range(left, right + 1):
                cell = row * columns + column
                listed[free[cell]] = s
                free[cell] += 1
    return start, listed


@compiled
def _rows_of(line: Any, grid: Any, rows: int) -> tuple[int, int]:
    low, high = min(line[1], line[3]), max(line[1], line[3])
    first = int(np.floor((low - grid[1]) / grid[3] - _RIM))
    last = int(np.floor((high - grid[1]) / grid[3] + _RIM))
    return max(0, first), min(rows - 1, last)


@compiled
def _columns_of(line: Any, grid: Any, columns: int, row: int) -> tuple[int, int]:
    """The columns that a segment passes within one row of cells."""
    x0, y0, x1, y1 = line[0], line[1], line[2], line[3]
    low, high = min(x0, x1), max(x0, x1)
    if y0 != y1 and x0 != x1:
        south = grid[1] + (row - _RIM) * grid[3]
        north = grid[1] + (row + 1 + _RIM) * grid[3]
        slope = (x1 - x0) / (y1 - y0)
        a, b = x0 + (south - y0) * slope, x0 + (north - y0) * slope
        low, high = max(low, min(a, b)), min(high, max(a, b))
    left = int(np.floor((low - grid[0]) / grid[2] - _RIM))
    right = int(np.floor((high - grid[0]) / grid[2] + _RIM))
    return max(0, left), min(columns - 1, right)


@compiled
def nearest_on_edges(
    x: Any, y: Any, segment: Any, edge_of: Any, start: Any, listed: Any, grid: Any, columns: int, rows: int,
    allowed: Any, within_m: float, most: int,
) -> tuple[Any, Any, Any, Any]:  # fmt: skip
    """For each position its `most` nearest edges: edge, segment, share along the segment, distance in metres.

    Arrays of shape (positions, most), nearest first, edge -1 and distance inf where there are fewer. Of an
    edge only its nearest point counts; at equal distance the lower edge number comes first.
    """
    edge = np.full((len(x), most), -1, dtype=np.int32)
    piece = np.full((len(x), most), -1, dtype=np.int32)
    share = np.zeros((len(x), most))
    away = np.full((len(x), most), np.inf)
    for p in range(len(x)):
        kx, ky = np.cos(np.radians(y[p])) * METRES_PER_DEGREE, METRES_PER_DEGREE
        column = int(np.floor((x[p] - grid[0]) / grid[2]))
        row = int(np.floor((y[p] - grid[1]) / grid[3]))
        ring = max(0, -column, column - columns + 1, -row, row - rows + 1)  # the first that meets the grid
        last = max(abs(column), abs(columns - 1 - column), abs(row), abs(rows - 1 - row))
        while ring <= last:
            if ring > 0:  # nothing in this ring can be nearer than the border of what was searched
                inside = min(
                    (x[p] - grid[0] - (column - ring + 1) * grid[2]) * kx,
                    (grid[0] + (column + ring) * grid[2] - x[p]) * kx,
                    (y[p] - grid[1] - (row - ring + 1) * grid[3]) * ky,
                    (grid[1] + (row + ring) * grid[3] - y[p]) * ky,
                )
                if inside > min(within_m, away[p, most - 1]) + 1e-6:
                    break
            for r in range(max(0, row - ring), min(rows - 1, row + ring) + 1):
                whole_row = r in (row - ring, row + ring)
                step = 1 if whole_row or ring == 0 else 2 * ring
                for c in range(column - ring, column + ring + 1, step):
                    if 0 <= c < columns:
                        cell = r * columns + c
                        for i in range(start[cell], start[cell + 1]):
                            s = listed[i]
                            e = edge_of[s]
                            if allowed[e]:
                                t, d = _foot(x[p], y[p], kx, ky, segment[s])
                                if d <= within_m:
                                    _insert(edge[p], piece[p], share[p], away[p], e, s, t, d)
            ring += 1
    return edge, piece, share, away


@compiled
def _foot(x: float, y: float, kx: float, ky: float, line: Any) -> tuple[float, float]:
    """(share along the segment, metres) of the point of a segment that is nearest to (x, y)."""
    ax, ay = (line[0] - x) * kx, (line[1] - y) * ky
    vx, vy = (line[2] - line[0]) * kx, (line[3] - line[1]) * ky
    squared = vx * vx + vy * vy
    t = 0.0
    if squared > 0:
        t = min(1.0, max(0.0, -(ax * vx + ay * vy) / squared))
    return t, np.sqrt((ax + t * vx) ** 2 + (ay + t * vy) ** 2)


@compiled
def _insert(edge: Any, piece: Any, share: Any, away: Any, e: int, s: int, t: float, d: float) -> None:
    """Put a candidate into one position's sorted row, if it belongs there, once for each edge."""
    last = len(edge) - 1
    if d > away[last] or (d == away[last] and e >= edge[last] >= 0):
        return
    at = last
    for i in range(last + 1):
        if edge[i] == e:
            if away[i] <= d:
                return
            at = i
            break
    while at > 0 and (away[at - 1] > d or (away[at - 1] == d and edge[at - 1] > e)):
        edge[at], piece[at] = edge[at - 1], piece[at - 1]
        share[at], away[at] = share[at - 1], away[at - 1]
        at -= 1
    edge[at], piece[at], share[at], away[at] = e, s, t, d
