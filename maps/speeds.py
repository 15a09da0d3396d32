"""How fast a loaded truck drives on a road of a class, unless a sign says less."""

from __future__ import annotations

from haoyun.maps.osm.figures import parse_speed_kmh

# Free-flow speeds of a loaded truck, km/h. Trucks are limited to 80 on expressways by most operators'
# settings and by the vehicle rules of many countries; town classes include the stops at junctions.
TRUCK_SPEED_KMH = {
    "motorway": 80.0, "motorway_link": 45.0, "trunk": 70.0, "trunk_link": 40.0,
    "primary": 50.0, "primary_link": 35.0, "secondary": 42.0, "secondary_link": 30.0,
    "tertiary": 35.0, "tertiary_link": 28.0, "unclassified": 30.0, "road": 25.0, "residential": 25.0,
    "living_street": 10.0, "service": 15.0, "ferry": 20.0,
}  # fmt: skip
DEFAULT_SPEED_KMH = 25.0


def parse_maxspeed_kmh(text: str) -> float | None:
    """'60', '60 km/h' or '35 mph' in km/h; None for 'none', 'signals' and anything else."""
    try:
        return parse_speed_kmh(text)
    except ValueError:
        return None


def way_speed_kmh(tags: dict[str, str], forward: bool = True) -> float:
    """A truck's speed in one direction of a way: its class's, capped by `maxspeed` and `maxspeed:hgv`."""
    side = "forward" if forward else "backward"
    signs = [
        parse_maxspeed_kmh(tags.get(f"{key}:{side}", tags.get(key, "")))
        for key in ("maxspeed", "maxspeed:hgv")
    ]
    usual = TRUCK_SPEED_KMH.get(tags.get("highway", ""), DEFAULT_SPEED_KMH)
    return min([usual, *(sign for sign in signs if sign)])
