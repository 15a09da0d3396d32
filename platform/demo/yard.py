"""A warehouse of the demonstration: its docks, what carriers book there, and what its gate says. Over the API."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from haoyun.platform.demo.client import Api
from haoyun.platform.demo.errors import ApiRefused
from haoyun.platform.demo.world import Truck, World

Json = dict[str, Any]
_ZONES = {True: "Asia/Shanghai", False: "America/Santiago"}  # of the schematic map, and of the streets
DOCKS: tuple[Json, ...] = (
    {"name": "1", "purposes": ["unload"], "max_length_cm": 1370, "slot_min": 60},
    {"name": "2", "purposes": ["load"], "max_length_cm": 1370, "slot_min": 60},
    {"name": "3", "slot_min": 90},
    {"name": "4", "bodies": ["reefer", "box"], "refrigerated": True, "slot_min": 60},
)
BOOKED = 9  # visits of carriers' trucks
_SERVED = (
    "FINISHED",
    "STARTED",
    "ARRIVED",
)  # how far the gate is with the first vehicles that came unannounced
_WAY = ("ARRIVED", "STARTED", "FINISHED")


def open_a_warehouse(api: Api, world: World) -> None:
    """The first shipper opens one at its busiest place, carriers book it, and a few vehicles stand there already."""
    owner = world.shippers[0].key
    place = world.sites[max(sorted(world.lanes), key=lambda site: len(world.lanes[site]))]
    house = api.post(
        "/warehouses",
        {
            "name": f"{place.name_zh}仓配中心 {place.name_en} DC"[:80],
            "address": f"{place.name_zh} 1号 · No. 1, {place.name_en}",
            "lat": place.lat,
            "lon": place.lon,
            "zone": _ZONES[world.schematic],
            "hours": ["00:00-12:00, 13:00-24:00"] * 7,
            "note": "2号门签到，凭车牌入场。Check in at gate 2 with your plate.",
        },
        who=owner,
        key="demo-warehouse",
    )
    for dock in DOCKS:
        body = {"open_to": "verified", "lead_min": 30, "horizon_days": 14, **dock}
        api.post(f"/warehouses/{house['id']}/docks", body, who=owner, key=f"demo-dock-{dock['name']}")
    trucks = [truck for truck in world.trucks if truck.carrier != owner]
    for number, state in enumerate(_SERVED):
        _serve(api, owner, house["id"], trucks[-1 - number % len(trucks)], state, number)
    for number in range(BOOKED):
        truck = trucks[number % len(trucks)]
        _book(api, truck.carrier, house["id"], truck, number, skip=number % 3)


def _serve(api: Api, owner: str, house_id: str, truck: Truck, state: str, number: int) -> None:
    """A vehicle that the warehouse's own people let in, and how far it is."""
    booking = _book(api, owner, house_id, truck, 100 + number, skip=0)
    for step in _WAY[: _WAY.index(state) + 1] if booking else ():
        api.post(f"/bookings/{booking}/move", {"to": step}, who=owner, key=f"demo-gate-{number}-{step}")


def _book(api: Api, who: str, house_id: str, truck: Truck, number: int, *, skip: int) -> str | None:
    """Book one of the first times that are free for a truck; None where nothing is, or somebody was faster."""
    visit = {
        "purpose": ("unload", "load")[number % 2],
        "plate": truck.plate,
        "body": truck.kind.body.value,
        "length_cm": truck.kind.length_cm,
    }
    free = api.get(f"/warehouses/{house_id}/first-free?{urlencode(visit)}", who)["items"]
    if not free:
        return None
    first = free[min(skip, len(free) - 1)]
    body = {**visit, "dock_id": first["dock_id"], "start": first["start"]}
    try:
        return str(api.post("/bookings", body, who=who, key=f"demo-booking-{number}")["id"])
    except ApiRefused:  # tried again, somebody else has it by now: one visit less
        return None
