"""Coordinates: WGS-84 (the decoders converted everything else), on the grid that history keeps.

A fix that is read again from history must be the same number that was read the first time, whatever the database
rounds: 1e-7 degrees is a centimetre.
"""

from __future__ import annotations

from haoyun.tracking.steps.passage import Passage


def to_grid(p: Passage) -> None:
    """Round position, speed and accuracy to what every history keeps."""
    p.lat = round(p.lat, 7)
    p.lon = round(p.lon, 7)
    if p.speed_kmh is not None:
        p.speed_kmh = round(p.speed_kmh, 1)
    if p.accuracy_m is not None:
        p.accuracy_m = round(p.accuracy_m, 1)
