"""What companies do besides trading, over the API: messages, lanes to watch, papers, docks, an auction, a round.

An errand is run once; the state remembers which are done. One that is refused is tried again with a later look.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

import segno
import structlog

from haoyun.platform.demo.bidding import hold_an_auction
from haoyun.platform.demo.client import Api
from haoyun.platform.demo.errors import ApiRefused
from haoyun.platform.demo.state import DemoState
from haoyun.platform.demo.world import Company, Lane, World
from haoyun.platform.demo.yard import open_a_warehouse

log = structlog.get_logger(__name__)
Json = dict[str, Any]
LINES_TAKEN_UP = 2
_WATCHED_KM = {True: 150, False: 8}  # among cities, on streets


class Office:
    """Runs the errands of a demonstration one after the other."""

    def __init__(self, api: Api, world: World, state: DemoState) -> None:
        self._api = api
        self._world = world
        self._state = state
        self._round_job = ""
        self._errands: dict[str, Callable[[datetime], bool]] = {
            "message": self._read_a_message,
            "lane": self._watch_a_lane,
            "newcomer": self._ask_to_be_verified,
            "docks": self._open_a_warehouse,
            "auction": lambda now: hold_an_auction(self._api, self._world, self._state, now),
            "round": self._have_a_round,
        }

    def run_next(self, now: datetime) -> None:
        """Run the first errand that can be done; one that is refused, or must wait, does not hold the others up."""
        for name, errand in self._errands.items():
            if name in self._state.errands:
                continue
            try:
                done = errand(now)
            except ApiRefused as refused:
                log.info("errand refused", errand=name, reason=str(refused))
                continue
            if done:
                with self._state.changing() as memory:
                    memory.errands.append(name)
                return

    def _read_a_message(self, _now: datetime) -> bool:
        """The first shipper has a group's message read into drafts."""
        shipper = self._world.shippers[0].key
        body = {"text": chat_message(self._world), "save": True}
        self._api.post("/drafts/parse", body, who=shipper)
        return True

    def _watch_a_lane(self, _now: datetime) -> bool:
        """The first carrier wants to hear of loads around the home of its first truck."""
        carrier = self._world.carriers[0].key
        home = next(truck.home for truck in self._world.trucks if truck.carrier == carrier)
        name = self._world.sites[home].name_zh
        reach_km = _WATCHED_KM[self._world.schematic]
        lane = {"name": name, "wants": "load", "origin": home, "radius_km": reach_km}
        self._api.post("/saved-lanes", lane, who=carrier)
        return True

    def _ask_to_be_verified(self, _now: datetime) -> bool:
        """A newcomer shows its licence; the operator finds it in the queue."""
        newcomer = self._world.newcomer
        paper = {
            "kind": "business_licence",
            "name": "licence.png",
            "content": base64.b64encode(licence(newcomer)).decode(),
        }
        if self._api.get("/organization", newcomer.key)["verification"] == "UNVERIFIED":
            self._api.post("/organization/documents", paper, who=newcomer.key)
            self._api.post("/organization/verification", who=newcomer.key)
        return True

    def _open_a_warehouse(self, _now: datetime) -> bool:
        """The first shipper has docks that carriers book."""
        open_a_warehouse(self._api, self._world)
        return True

    def _have_a_round(self, _now: datetime) -> bool:
        """The operator has the market planned as a whole; a carrier that it suits takes lines up."""
        if not self._round_job:
            self._round_job = self._api.post("/rounds", {}, who="operator", key="demo-round")["job_id"]
        job = self._api.get(f"/jobs/{self._round_job}", "operator")
        if job["state"] in ("QUEUED", "RUNNING", "WAITING"):
            return False
        if job["state"] == "SUCCEEDED":
            self._take_lines_up(job["result"]["round_id"])
        return True

    def _take_lines_up(self, round_id: str) -> None:
        """The first carrier to which the round proposes something quotes its first lines."""
        for carrier in self._world.carriers:
            mine = self._api.get("/rounds?limit=1", carrier.key)["items"]
            if not mine or mine[0]["id"] != round_id:
                continue
            lines = self._api.get(f"/rounds/{round_id}/lines?limit=50", carrier.key)["items"]
            first = [line for line in lines if line["position"] == 0][:LINES_TAKEN_UP]
            for line in first:
                self._quote_line(round_id, line, carrier)
            if first:
                return

    def _quote_line(self, round_id: str, line: Json, carrier: Company) -> None:
        try:
            self._api.post(f"/rounds/{round_id}/lines/{line['id']}/quote", who=carrier.key)
        except ApiRefused as refused:  # the market went on meanwhile
            log.info("line has lapsed", line=line["id"], reason=str(refused))


def chat_message(world: World) -> str:
    """Two loads and a free truck as a freight group would write them, between sites of the map."""
    rng = world.rng("chat")
    first, second, back = (_lane(world, rng.choice(sorted(world.lanes))) for _ in range(3))
    return "\n".join(
        (
            f"{_names(world, first)} 13米高栏 28吨 钢卷 明天装 {_wan(first, 11)} 回单付",
            f"{_names(world, second)} 9米6厢车 12吨 家电 后天上午装 价格面议",
            f"有车 {_names(world, back)} 17.5米平板 明天空车 求货",
        )
    )


def licence(company: Company) -> bytes:
    """A stand-in for a scanned business licence: the code that a real one carries, as PNG."""
    picture = io.BytesIO()
    segno.make(f"{company.credit_code}\n{company.name_zh}", error="m").save(picture, kind="png", scale=8)
    return picture.getvalue()


def _lane(world: World, site: str) -> Lane:
    return max(world.lanes[site], key=lambda lane: (lane.distance_m, lane.destination))


def _names(world: World, lane: Lane) -> str:
    return f"{world.sites[lane.origin].name_zh}到{world.sites[lane.destination].name_zh}"


def _wan(lane: Lane, yuan_per_km: int) -> str:
    """A price in units of ten thousand yuan, as the trade writes it."""
    return f"{max(300, lane.distance_m / 1000 * yuan_per_km) / 10_000:.1f}万"
