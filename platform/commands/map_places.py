"""``haoyun map place`` and ``haoyun map where``: names to positions and back, offline."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from haoyun.maps.errors import MapError
from haoyun.maps.gazetteer.addresses import Address, parse_address
from haoyun.maps.gazetteer.place import Place, PlaceKind
from haoyun.maps.gazetteer.place_book import PlaceBook, open_places
from haoyun.maps.gazetteer.place_query import Found
from haoyun.maps.gazetteer.place_where import Whereabouts, reverse
from haoyun.maps.geodesy import check_position
from haoyun.platform.cli import settings_of

_KINDS = [kind.value for kind in PlaceKind if kind != PlaceKind.NODE]


def opened(folder: Path) -> PlaceBook:
    """The installation's place book; the first time it is built, with a line of progress on a terminal."""
    try:
        return open_places(folder, _tell if sys.stderr.isatty() else None)
    except (MapError, OSError) as error:
        raise click.ClickException(f"the place book cannot be opened: {error}") from None


def _tell(what: str, step: int, of: int) -> None:
    click.echo(f"\rbuilding the place book: {what} ({step}/{of})".ljust(60), nl=step == of, err=True)


def position_of(text: str) -> tuple[float, float]:
    """(lat, lon) of "29.9,121.8". Raises click.BadParameter."""
    parts = text.split(",")
    try:
        lat, lon = (float(part) for part in parts)
        check_position(lat, lon)
    except ValueError as error:
        hint = str(error) if isinstance(error, MapError) else "two numbers with a comma: 29.9,121.8"
        raise click.BadParameter(f"{text!r} is not a position: {hint}") from None
    return lat, lon


@click.command("place")
@click.argument("text")
@click.option("--near", help="LAT,LON: draw places close to it forward.")
@click.option("--limit", type=click.IntRange(1, 100), default=8, show_default=True)
@click.option("--kind", "kinds", multiple=True, type=click.Choice(_KINDS), help="Only this kind; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def place(
    ctx: click.Context,
    text: str,
    near: str | None,
    limit: int,
    kinds: tuple[str, ...],
    as_json: bool,
) -> None:
    """Find the place or address TEXT: 宁波北仑, Ningbo, "88 Mingzhou Road, Beilun, Ningbo"."""
    book = opened(settings_of(ctx).maps_folder)
    addresses = [] if kinds else parse_address(book, text)
    found = book.search(
        text, limit, position_of(near) if near else None, [PlaceKind(k) for k in kinds] or None
    )
    # An address that is no more than the name of one division would only repeat the first line of the search.
    addresses = [a for a in addresses if a.rest or a.code not in {f.place.code for f in found}]
    if not addresses and not found:
        raise click.ClickException(f"no place or address is found for {text!r}")
    lines = [address_line(a) for a in addresses[:limit]] + [place_line(f) for f in found]
    for line in lines:
        click.echo(json.dumps(line, ensure_ascii=False) if as_json else _row(line))


@click.command("where", context_settings={"ignore_unknown_options": True})  # -33.6 is no option
@click.argument("lat", type=float)
@click.argument("lon", type=float)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def where(ctx: click.Context, lat: float, lon: float, lang: str, as_json: bool) -> None:
    """Say what lies at LAT LON (WGS-84): nearest place, divisions, distance and direction."""
    try:
        check_position(lat, lon)
    except MapError as error:
        raise click.ClickException(str(error)) from None
    found = reverse(opened(settings_of(ctx).maps_folder), lat, lon)
    if as_json:
        click.echo(json.dumps(whereabouts_line(found), ensure_ascii=False))
        return
    click.echo(found.text(lang))
    if found.chain:
        doubt = (
            ""
            if found.certain
            else ("（边界附近，可能有误）" if lang == "zh" else " (near a border, may be wrong)")
        )
        names = [d.name if lang == "zh" else d.name_en for d in found.chain]
        click.echo(f"{found.code} {' / '.join(names)}{doubt}")
    if found.site:
        click.echo(found.site.name_zh if lang == "zh" else found.site.name_en)


def address_line(address: Address) -> dict[str, Any]:
    """An address as the command prints it."""
    lat, lon, precision_m = address.position
    return {
        "code": address.code,
        "kind": "address",
        "name_zh": "".join(d.name for d in address.chain),
        "name_en": ", ".join(d.name_en for d in reversed(address.chain) if d.name_en),
        "lat": round(lat, 5),
        "lon": round(lon, 5),
        "precision_m": precision_m,
        "division": address.code,
        "rest": address.rest,
        "former": address.division.former,
    }


def place_line(found: Found) -> dict[str, Any]:
    """A found place as the command prints it."""
    line = _place(found.place) | {"how": found.how.value}
    if found.distance_m is not None:
        line["distance_m"] = round(found.distance_m)
    return line


def whereabouts_line(found: Whereabouts) -> dict[str, Any]:
    """Whereabouts as the command prints them."""
    return {
        "lat": found.lat,
        "lon": found.lon,
        "text_zh": found.text("zh"),
        "text_en": found.text("en"),
        "division": found.code,
        "divisions": [{"code": d.code, "name_zh": d.name, "name_en": d.name_en} for d in found.chain],
        "certain": found.certain,
        "nearest": _place(found.nearest) | {"distance_m": round(found.nearest_m)} if found.nearest else None,
        "site": _place(found.site) if found.site else None,
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "code": place.code,
        "kind": place.kind.value,
        "name_zh": place.name_zh,
        "name_en": place.name_en,
        "lat": round(place.lat, 5),
        "lon": round(place.lon, 5),
        "precision_m": place.precision_m,
        "division": place.division,
        "country": place.country,
        "population": place.population,
    }


def _row(line: dict[str, Any]) -> str:
    names = line["name_zh"] if line["name_zh"] == line["name_en"] else f"{line['name_zh']}  {line['name_en']}"
    rest = f"  [{line['rest']}]" if line.get("rest") else ""
    return f"{line['kind']:<10} {line['lat']:>9.4f} {line['lon']:>9.4f}  {line['code']}  {names}{rest}"
