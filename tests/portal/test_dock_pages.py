"""The pages of warehouses and docks: register, book by a suggestion, the day's picture, the gate's buttons."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from docks_world import MONDAY, NOW, a_dock, a_warehouse, at, visit
from flask.testing import FlaskClient
from signing_in import CARRIER, SHIPPER, STRANGER, sign_in, text, token

from haoyun.platform.docks.availability import DockDay, SlotState, SlotView, day_bounds
from haoyun.platform.docks.book import cancel
from haoyun.platform.docks.booking import Booking, BookingState
from haoyun.platform.docks.bookings_store import BookingFilter, list_bookings
from haoyun.platform.docks.grid import Slot
from haoyun.platform.docks.tables import WAREHOUSE
from haoyun.platform.docks.warehouses_store import end_warehouse
from haoyun.platform.portal.dock_picture import picture

HOURS = {f"hours_{i}": "00:00-24:00" for i in range(1, 8)}
FORM = {
    "name": "北仑测试仓",
    "address": "港口路 1 号",
    "position": "29.9, 121.8",
    "zone": "Asia/Shanghai",
    **HOURS,
}
DOCK = {
    "name": "A1", "purposes": ["load", "unload"], "slot_min": "60", "open_to": "verified", "lead_min": "0",
    "horizon_days": "7", "max_length_cm": "13.6",
}  # fmt: skip
COMES = {"purpose": "unload", "plate": "沪A10001", "body": "box", "length_cm": "9.6", "slots": "1"}


@dataclass(slots=True)
class Site:
    """A warehouse that the shipper registered by the pages."""

    client: FlaskClient
    warehouse_id: str

    @property
    def page(self) -> str:
        return f"/warehouses/{self.warehouse_id}"


def send(client: FlaskClient, path: str, **fields: Any) -> Any:
    """Post a form."""
    return client.post(path, data={**fields, "csrf_token": token(client, "/warehouses/new")})


def reading(world: Any, email: str, language: str = "en") -> FlaskClient:
    client = world.app.test_client()
    sign_in(client, email)
    client.get(f"/?lang={language}")
    return client


@pytest.fixture
def house(world: Any) -> Iterator[Site]:
    client = reading(world, SHIPPER)
    made = send(client, "/warehouses", **FORM)
    assert made.status_code == 302, re.findall(r'class="err"[^>]*>([^<]*)', text(made))
    found = re.search(r"/warehouses/(wh_\w+)/docks/new", made.headers["Location"])
    assert found is not None
    site = Site(client, found.group(1))
    assert send(client, f"{site.page}/docks", **DOCK).headers["Location"].endswith(site.page)
    yield site
    shipper, now = world.actors[SHIPPER], datetime.now(UTC)
    with world.services.write() as db:
        for one in list_bookings(db, shipper, BookingFilter(at_ours=True, state=BookingState.BOOKED)).items:
            cancel(db, shipper, one.id, now)
        own = (WAREHOUSE.c.org_id == shipper.org_id, WAREHOUSE.c.ended_ms.is_(None))
        for warehouse_id in db.scalars(sa.select(WAREHOUSE.c.id).where(*own)).all():
            standing = BookingFilter(warehouse_id=warehouse_id, state=BookingState.ARRIVED)
            if not list_bookings(db, shipper, standing).items:
                end_warehouse(db, shipper, warehouse_id, now)


def first_choice(page: str) -> str:
    found = re.search(r'name="choice" value="([^"]+)"', page)
    assert found is not None, "no free time is offered"
    return html.unescape(found.group(1))


def test_a_carrier_finds_the_warehouse_and_books_the_first_time_that_is_offered(
    world: Any, house: Site
) -> None:
    carrier = reading(world, CARRIER)
    listed = text(carrier.get("/warehouses?near=29.9,121.8&radius_km=20"))
    assert "北仑测试仓" in listed and "free slots" in listed
    offered = text(carrier.get(f"{house.page}/book"))
    made = send(carrier, f"{house.page}/book", choice=first_choice(offered), **COMES)
    assert made.status_code == 302 and "/bookings/bkg_" in made.headers["Location"]
    page = text(carrier.get(made.headers["Location"]))
    assert "沪A10001" in page and "Move the booking" in page and ">Arrived<" not in page
    assert "沪A10001" in text(carrier.get("/bookings?which=ours"))
    assert "沪A10001" in text(house.client.get("/bookings?which=here"))


def test_the_gate_presses_its_buttons_on_the_days_page(world: Any, house: Site) -> None:
    offered = text(house.client.get(f"{house.page}/book"))
    made = send(house.client, f"{house.page}/book", choice=first_choice(offered), **COMES)
    booking_id = made.headers["Location"].rsplit("/", 1)[1]
    day = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
    for button, state in (("ARRIVED", "At the gate"), ("STARTED", "At the dock"), ("FINISHED", "Finished")):
        page = text(house.client.get(house.page))
        assert f'name="to" value="{button}"' in page
        back = send(
            house.client, f"/bookings/{booking_id}/move", to=button, back=f"{house.warehouse_id}|{day}"
        )
        assert back.headers["Location"] == f"{house.page}?day={day}#{booking_id}"
        assert state in text(house.client.get(house.page))
    refused = send(house.client, f"/bookings/{booking_id}/cancel")
    assert "cannot go from" in text(house.client.get(refused.headers["Location"]))


def test_what_stands_in_the_way_is_said_at_its_field_in_the_readers_language(world: Any, house: Site) -> None:
    chinese = reading(world, CARRIER, "zh")
    choice = first_choice(text(chinese.get(f"{house.page}/book")))
    refused = send(chinese, f"{house.page}/book", choice=choice, **COMES | {"length_cm": "17.5"})
    assert refused.status_code == 422 and "该月台最长 13.6 米，车辆为 17.5 米" in text(refused)
    assert send(chinese, f"{house.page}/book", choice=choice, **COMES).status_code == 302
    taken = send(chinese, f"{house.page}/book", choice=choice, **COMES | {"plate": "沪A10002"})
    assert taken.status_code == 422 and "该时段已被占用；最近空闲" in text(taken)
    nothing = send(chinese, f"{house.page}/book", **COMES)
    assert nothing.status_code == 422 and "请选择时段" in text(nothing)


def test_a_booking_is_moved_to_a_time_that_is_offered_and_called_off(world: Any, house: Site) -> None:
    carrier = reading(world, CARRIER)
    choice = first_choice(text(carrier.get(f"{house.page}/book")))
    booking = send(carrier, f"{house.page}/book", choice=choice, **COMES).headers["Location"]
    looked = text(send(carrier, f"{booking}/rebook", look="1", after="2020-01-01T00:00", slots="1"))
    other = first_choice(looked)
    assert other != choice
    assert send(carrier, f"{booking}/rebook", choice=other, slots="1").status_code == 302
    assert "The booking is moved." in text(carrier.get(booking))
    send(carrier, f"{booking}/cancel", reason="no goods")
    assert "Cancelled" in text(carrier.get(booking))


def test_a_stranger_who_only_looks_sees_free_and_busy_and_no_buttons(world: Any, house: Site) -> None:
    carrier, stranger = reading(world, CARRIER), reading(world, STRANGER)
    choice = first_choice(text(carrier.get(f"{house.page}/book")))
    booking = send(carrier, f"{house.page}/book", choice=choice, **COMES).headers["Location"]
    page = text(stranger.get(house.page))
    assert "taken" in page and "沪A10001" not in page and "Shunda" not in page
    assert "Book a dock" not in page and 'name="to"' not in page
    assert stranger.get(booking).status_code == stranger.get("/bookings/bkg_none").status_code == 404
    assert stranger.get(f"{house.page}/edit").status_code == 404


def test_hours_docks_and_closures_are_changed_on_their_pages(world: Any, house: Site) -> None:
    edit = text(house.client.get(f"{house.page}/edit"))
    assert 'value="00:00-24:00"' in edit and "Dock A1" in edit
    wrong = send(
        house.client, house.page, **FORM | {"hours_1": "8-12", "closed_days": "someday"}, version="1"
    )
    assert wrong.status_code == 422 and text(wrong).count('class="err"') >= 2
    right = FORM | {"hours_7": "", "closed_days": "2099-10-01 2099-10-07"}
    assert send(house.client, house.page, **right, version="1").status_code == 302
    assert "2099-10-01 2099-10-07" in text(house.client.get(f"{house.page}/edit"))
    stale = send(house.client, house.page, **right, version="1")
    assert stale.status_code == 422 and "changed in the meantime" in text(stale)
    found = re.search(r"/docks/(dock_\w+)", edit)
    assert found is not None
    dock = f"/docks/{found.group(1)}"
    assert send(house.client, dock, **DOCK | {"name": "B2"}, version="1").status_code == 302
    start = (datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(days=20)).replace(minute=0)
    period = {
        "start": start.strftime("%Y-%m-%dT%H:%M"),
        "end": (start + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"),
    }
    assert send(house.client, f"{dock}/closures", **period, reason="new floor").status_code == 302
    page = text(house.client.get(dock))
    assert "new floor" in page and 'value="B2"' in page
    ended = re.search(r"/closures/(clo_\w+)/end", page)
    assert ended is not None
    send(house.client, f"{dock}/closures/{ended.group(1)}/end")
    assert "new floor" not in text(house.client.get(dock))
    backwards = {"start": period["end"], "end": period["start"]}
    assert send(house.client, f"{dock}/closures", **backwards).status_code == 422


def test_a_booking_for_an_order_stands_on_its_page_for_both_sides(world: Any, house: Site) -> None:
    carrier = reading(world, CARRIER)
    order = f"/orders/{world.order_id}"
    assert "Book a dock at the pickup" in text(carrier.get(order))
    choice = first_choice(text(carrier.get(f"{house.page}/book?order_id={world.order_id}")))
    made = send(carrier, f"{house.page}/book", choice=choice, order_id=world.order_id, **COMES)
    if made.status_code == 422:  # the goods of the world's order are cooled: the dock must be, too
        assert "no refrigeration" in text(made)
        found = re.search(r"/docks/(dock_\w+)", text(house.client.get(f"{house.page}/edit")))
        assert found is not None
        send(house.client, f"/docks/{found.group(1)}", **DOCK | {"refrigerated": "1"}, version="1")
        made = send(carrier, f"{house.page}/book", choice=choice, order_id=world.order_id, **COMES)
    assert made.status_code == 302
    for reader in (carrier, house.client):
        page = text(reader.get(order))
        assert made.headers["Location"] in page and "北仑测试仓" in page


def booking_at(start: str, hours: int, dock_id: str = "1", **changes: Any) -> Booking:
    begin = at(start)
    values: dict[str, Any] = {
        "id": f"bkg_{start}", "warehouse_id": "wh_1", "warehouse_org": "org-warehouse", "dock_id": dock_id,
        "org_id": "org-carrier", "user_id": "u", "vehicle_id": None, "order_id": None, "visit": visit(),
        "slot": Slot(begin, begin + timedelta(hours=hours)), "slots": hours, "note": "",
        "state": BookingState.BOOKED, "version": 1, "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    return Booking(**{**values, **changes})


def test_the_picture_shows_each_hour_once_in_its_place() -> None:
    house, dock = a_warehouse(), a_dock()
    held = booking_at("2026-05-11 10:00", 2)
    views = tuple(
        SlotView(
            slot, SlotState.BUSY if held.slot.start <= slot.start < held.slot.end else SlotState.FREE, None
        )
        for slot in house.slots(MONDAY, 60)
    )
    drawn = picture([DockDay(dock, views, (held,), ())], house.clock, NOW, day_bounds(house, MONDAY))
    assert [label for _, label in drawn.ticks] == [f"{h:02d}:00" for h in range(8, 18)]
    assert drawn.now_left == 0
    blocks = sorted(drawn.rows[0].blocks, key=lambda one: one.left)
    assert [one.kind for one in blocks] == ["free"] * 2 + ["booking"] + ["free"] * 5
    assert (blocks[2].left, blocks[2].width) == (20, 20)
    assert all(a.left + a.width <= b.left + 0.01 for a, b in pairwise(blocks))
    assert max(one.left + one.width for one in blocks) == pytest.approx(100)


def test_the_picture_reaches_to_what_lies_outside_of_the_hours() -> None:
    house = a_warehouse()
    early = booking_at("2026-05-11 06:30", 1)
    views = tuple(SlotView(slot, SlotState.FREE, None) for slot in house.slots(MONDAY, 60))
    drawn = picture([DockDay(a_dock(), views, (early,), ())], house.clock, NOW, day_bounds(house, MONDAY))
    assert drawn.ticks[0] == (0, "06:00")
    empty = picture([DockDay(a_dock(), (), (), ())], house.clock, NOW, day_bounds(house, MONDAY))
    assert empty.rows[0].blocks == () and empty.ticks[0][1] == "00:00"


@pytest.mark.parametrize("typed", ["²", "9" * 5000, "-1", "two", "٣"])
def test_what_is_no_plain_number_is_left_at_the_usual_and_breaks_nothing(
    world: Any, house: Site, typed: str
) -> None:
    carrier = reading(world, CARRIER)
    assert carrier.get(f"{house.page}/book", query_string={"slots": typed}).status_code == 200
    assert carrier.get("/warehouses", query_string={"radius_km": typed}).status_code == 200
    kept = send(house.client, house.page, **FORM, version=typed)
    assert kept.status_code == 302, "as one that was not sent"
