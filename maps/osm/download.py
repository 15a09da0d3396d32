"""A place by its name, downloaded from OpenStreetMap's public services with osmnx.

For a look at a city. Such a download has no turn restrictions and no barriers; an extract has them, asks
nobody's server and is faster. osmnx retries a busy server for ever, so the download runs beside a clock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from haoyun.maps.errors import BadMapFile, MapError, UnknownPlace, Unreachable
from haoyun.maps.graph import network_from_graph
from haoyun.maps.network import RoadNetwork
from haoyun.maps.osm import OSM_ATTRIBUTION
from haoyun.maps.osm.reader import Progress
from haoyun.maps.osm.tags import DEFAULT_CLASSES, KEYS, is_open, road_class, rules_of, with_links

DEADLINE_S = 600.0
REQUEST_S = 90  # until a server that does not answer counts as absent; Overpass takes whole seconds


def download_place(
    place: str,
    *,
    name: str,
    classes: tuple[str, ...] = DEFAULT_CLASSES,
    deadline_s: float = DEADLINE_S,
    progress: Progress | None = None,
) -> RoadNetwork:
    """The roads of a place such as "Ningbo, China", with truck limits but without turn restrictions.

    Raises UnknownPlace if OpenStreetMap has no area of that name, Unreachable if its services do not answer in
    time, BadMapFile if the place has no such road.
    """
    if progress:
        progress("download", 0.05)
    graph = _within(deadline_s, lambda: _graph(place, with_links(classes) - {"ferry"}))
    if progress:
        progress("junctions", 0.8)
    return network_from_graph(graph, name=name, kind="streets", attribution=OSM_ATTRIBUTION)


def _graph(place: str, classes: frozenset[str]) -> Any:
    import osmnx  # noqa: PLC0415 - takes seconds
    import requests  # noqa: PLC0415

    _set_up(osmnx.settings)
    wanted = f'["highway"~"^({"|".join(sorted(classes))})$"]'
    try:
        graph = osmnx.graph_from_place(place, custom_filter=wanted, simplify=False, retain_all=True)
    except requests.exceptions.RequestException as error:
        raise Unreachable(
            f"OpenStreetMap's services could not be reached ({type(error).__name__}): check the network, or import "
            "an extract from a file"
        ) from error
    except TypeError as error:  # osmnx's answer where a name stands for a point
        raise UnknownPlace(
            f"OpenStreetMap has no area called {place!r}: name a city, district or province"
        ) from error
    except (osmnx._errors.InsufficientResponseError, ValueError) as error:
        raise UnknownPlace(f"OpenStreetMap knows no area {place!r} with such roads ({error})") from error
    except osmnx._errors.ResponseStatusCodeError as error:
        raise Unreachable(f"OpenStreetMap's services refused the request: {error}") from error
    return _simplified(osmnx, graph, place)


def _set_up(settings: Any) -> None:
    """No cache folder in the working directory, no second guess at the host's name, a bound on each request."""
    settings.use_cache = False
    settings.doh_url_template = None
    settings.overpass_rate_limit = False
    settings.requests_timeout = REQUEST_S
    settings.useful_tags_way = sorted(KEYS | {"name", "ref", "area"})


def _simplified(osmnx: Any, graph: Any, place: str) -> Any:
    """Without closed roads and without bends; an edge stays within one way."""
    closed = [(u, v, key) for u, v, key, data in graph.edges(keys=True, data=True) if not _is_kept(data)]
    graph.remove_edges_from(closed)
    graph.remove_nodes_from([node for node in list(graph) if graph.degree(node) == 0])
    if graph.number_of_edges() == 0:
        raise BadMapFile(f"{place!r} has no drivable road of the chosen classes")
    return osmnx.simplify_graph(graph, edge_attrs_differ=["osmid"])


def _is_kept(data: dict[str, Any]) -> bool:
    tags = {key: str(value) for key, value in data.items() if key in KEYS and key != "oneway"}
    return bool(road_class(tags)) and is_open(rules_of({**tags, "oneway": "no"}, not data.get("reversed")))


def _within(deadline_s: float, work: Callable[[], Any]) -> Any:
    """What `work` returns or raises; Unreachable if it takes longer, and then it is left to itself."""
    done: list[Any] = []
    failed: list[MapError] = []

    def run() -> None:
        try:
            done.append(work())
        except MapError as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True, name="download")
    thread.start()
    thread.join(deadline_s)
    if failed:
        raise failed[0]
    if not thread.is_alive() and not done:
        raise Unreachable("OpenStreetMap's services sent what osmnx cannot use; import an extract instead")
    if not done:
        raise Unreachable(
            f"OpenStreetMap's services did not finish within {deadline_s:g} s; import an extract instead"
        )
    return done[0]
