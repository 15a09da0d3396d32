"""The words of `haoyun map import`: a list of road classes and a box."""

from __future__ import annotations

import math

from haoyun.maps.errors import BadOption
from haoyun.maps.network import Bounds
from haoyun.maps.osm.tags import CLASSES, DEFAULT_CLASSES


def parse_classes(text: str) -> tuple[str, ...]:
    """'motorway,trunk', 'default' or 'default,service' as class names; BadOption lists what there is."""
    chosen: list[str] = []
    for word in (part.strip() for part in text.split(",")):
        if word == "default":
            chosen += DEFAULT_CLASSES
        elif word in CLASSES:
            chosen.append(word)
        else:
            raise BadOption(
                f"there is no road class {word!r}; there are: {', '.join(CLASSES)}, and the word default"
            )
    return tuple(dict.fromkeys(chosen))


def parse_bbox(text: str) -> Bounds:
    """'S,W,N,E' in degrees; BadOption says the order and what is wrong."""
    rule = f"a box is S,W,N,E in degrees (south, west, north, east: latitude first), not {text!r}"
    try:
        south, west, north, east = (float(part) for part in text.split(","))
    except ValueError as error:
        raise BadOption(rule) from error
    if not all(math.isfinite(figure) for figure in (south, west, north, east)):
        raise BadOption(rule)
    if not (-90 <= south < north <= 90):
        raise BadOption(f"{rule}: the south edge lies below the north edge, both between -90 and 90")
    if not (-180 <= west < east <= 180):
        raise BadOption(f"{rule}: the west edge lies left of the east edge, both between -180 and 180")
    return Bounds(south, west, north, east)
