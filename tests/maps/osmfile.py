"""Small OpenStreetMap files for the tests, written as they are read: nodes on a grid, ways, relations."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import quoteattr

Tags = dict[str, str]
STEP_DEG = 0.001  # about 111 m north to south


class OsmFile:
    """Collects nodes, ways and restrictions and writes them as .osm."""

    def __init__(self) -> None:
        self._nodes: dict[int, str] = {}
        self._ways: list[str] = []
        self._relations: list[str] = []

    def node(self, number: int, row: float, column: float, **tags: str) -> OsmFile:
        """A node `row` steps north and `column` steps east of 30 N 120 E."""
        lat, lon = 30 + row * STEP_DEG, 120 + column * STEP_DEG
        self._nodes[number] = f'<node id="{number}" lat="{lat:.7f}" lon="{lon:.7f}">{_tags(tags)}</node>'
        return self

    def way(self, number: int, nodes: list[int], tags: Tags | None = None, **more: str) -> OsmFile:
        """A way; `highway` is residential unless given."""
        refs = "".join(f'<nd ref="{node}"/>' for node in nodes)
        words = {"highway": "residential", **(tags or {}), **more}
        self._ways.append(f'<way id="{number}">{refs}{_tags({k: v for k, v in words.items() if v})}</way>')
        return self

    def restriction(
        self, word: str, start: int | list[int], via: str, end: int | list[int], **tags: str
    ) -> OsmFile:
        """A restriction from way `start` by `via` ("n5" or "w7" or "w7 w8") to way `end`."""
        members = [("w", way, "from") for way in _listed(start)]
        members += [(part[0], int(part[1:]), "via") for part in via.split()]
        members += [("w", way, "to") for way in _listed(end)]
        kinds = {"n": "node", "w": "way"}
        inner = "".join(f'<member type="{kinds[k]}" ref="{ref}" role="{role}"/>' for k, ref, role in members)
        words = {"type": "restriction", **({"restriction": word} if word else {})}
        words |= {key.replace("__", ":"): value for key, value in tags.items()}
        self._relations.append(f'<relation id="{len(self._relations) + 1}">{inner}{_tags(words)}</relation>')
        return self

    def text(self, *, ways_first: bool = False) -> str:
        """The whole file; `ways_first` puts it out of the usual order."""
        parts = [*self._nodes.values(), *self._ways]
        if ways_first:
            parts = [*self._ways, *self._nodes.values()]
        return f'<?xml version="1.0"?>\n<osm version="0.6">{"".join([*parts, *self._relations])}</osm>\n'

    def write(self, path: Path) -> Path:
        """Into a file, which is returned."""
        path.write_text(self.text(), encoding="utf-8")
        return path


def cross() -> OsmFile:
    """Four two-way arms of 1 km that meet at node 5 and are joined by a ring road 9 (nodes 1 2 3 4).

    Way 1 comes from the west (node 1), way 2 leads north (2), way 3 east (3), way 4 south (4).
    """
    file = OsmFile()
    file.node(1, 0, -10).node(2, 10, 0).node(3, 0, 10).node(4, -10, 0).node(5, 0, 0)
    file.way(1, [1, 5]).way(2, [5, 2]).way(3, [5, 3]).way(4, [5, 4])
    return file.way(9, [1, 2, 3, 4, 1], highway="tertiary")


def _tags(tags: Tags) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())


def _listed(value: int | list[int]) -> list[int]:
    return value if isinstance(value, list) else [value]
