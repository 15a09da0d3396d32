"""What can go wrong with maps.

MapError
├── UnknownMap      no map of that name; the message lists what exists
├── BadMapFile      a map file is missing, empty, truncated or of another format
├── BadOption       a box or a list of road classes that makes no sense
├── Unreachable     a service on the network did not answer
├── UnknownPlace    no place of that code; the message suggests close ones
├── BadCoordinate   a latitude or longitude outside its range, or not a number
└── NoPath          no drivable way between two nodes of a network
"""

from __future__ import annotations


class MapError(Exception):
    """Base of everything this room raises on purpose."""


class UnknownMap(MapError):
    """No map of that name."""


class BadMapFile(MapError):
    """A map file that cannot be read, in one sentence."""


class BadOption(MapError):
    """A choice that makes no sense; the message says what would."""


class Unreachable(MapError):
    """A service on the network did not answer."""


class UnknownPlace(MapError):
    """No place of that code."""


class BadCoordinate(MapError, ValueError):
    """A position that is not on Earth."""


class NoPath(MapError):
    """Two nodes without a drivable way between them."""
