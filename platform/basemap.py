"""The base map that an operator may put below the portal's own drawing, checked. The default is our own tiles."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from haoyun.maps.crs import Crs

_PLACES = ("{z}", "{x}", "{y}")
_HOST = re.compile(r"https://[a-z0-9*]([a-z0-9.*-]*[a-z0-9])?(:\d+)?", re.IGNORECASE)
_LOCAL = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class BaseMap:
    """A MapLibre style or a template of raster tiles; neither: the map of the installation itself."""

    style_url: str = ""
    raster_url: str = ""
    attribution: str = ""
    crs: Crs = Crs.WGS84
    hosts: tuple[str, ...] = ()  # what a style loads from beyond its own host

    def __post_init__(self) -> None:
        if self.style_url and self.raster_url:
            raise ValueError("set HAOYUN_MAP_STYLE_URL or HAOYUN_MAP_RASTER_URL, not both")
        for url in filter(None, (self.style_url, self.raster_url)):
            _check_address(url)
        if self.raster_url and not all(place in self.raster_url for place in _PLACES):
            raise ValueError("HAOYUN_MAP_RASTER_URL is a template with {z}, {x} and {y} in it")
        if self.is_foreign and not self.attribution.strip():
            raise ValueError(
                "a base map of somebody else needs HAOYUN_MAP_ATTRIBUTION: who made it, and its approval number"
            )
        if not self.is_foreign and self.crs is not Crs.WGS84:
            raise ValueError(
                "the installation's own map is WGS-84; HAOYUN_MAP_CRS describes another base map"
            )
        if self.crs is Crs.BD09:
            raise ValueError("a base map is in wgs84 or gcj02; tiles in bd09 lie on a grid of their own")
        for host in self.hosts:
            if not _HOST.fullmatch(host):
                raise ValueError(
                    f"HAOYUN_MAP_HOSTS lists origins like https://tiles.example.com, not {host!r}"
                )

    @property
    def is_foreign(self) -> bool:
        """Whether something else than our own map is shown."""
        return bool(self.style_url or self.raster_url)

    @property
    def origins(self) -> tuple[str, ...]:
        """The hosts a browser needs to reach for it, for the Content-Security-Policy."""
        parts = [urlsplit(url) for url in (self.style_url, self.raster_url) if "://" in url]
        own = [f"{part.scheme}://{part.netloc}".replace("{s}", "*") for part in parts]
        return tuple(dict.fromkeys([*own, *self.hosts]))


def _check_address(url: str) -> None:
    parts = urlsplit(url)
    on_this_site = url.startswith("/") and not url.startswith("//")
    local = parts.scheme == "http" and parts.hostname in _LOCAL
    if not (on_this_site or local or (parts.scheme == "https" and parts.hostname)):
        raise ValueError(
            f"the address of a base map begins with https:// or with / for this site, not {url!r}"
        )
    if any(character in url for character in " ;,'\""):
        raise ValueError("the address of a base map has no blanks, quotes, commas or semicolons")
