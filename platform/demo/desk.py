"""What the demonstration's shippers and carriers do on the market, over the API: post, quote, accept, confirm."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from haoyun.platform.demo import agents, floor
from haoyun.platform.demo.client import Api
from haoyun.platform.demo.errors import ApiRefused
from haoyun.platform.demo.state import DemoState, TruckState
from haoyun.platform.demo.trips import Trip
from haoyun.platform.demo.world import Truck, World
from haoyun.tracking.instants import EPOCH
from haoyun.tracking.simulate import TruckSim

log = structlog.get_logger(__name__)
Json = dict[str, Any]

OFFER_HOURS = 10.0
TURN_ROUND = timedelta(minutes=5)  # an empty truck is still being swept: it is ready where it stands
MATCHES_LOOKED_AT = 12
HANDLING_S = {True: 180.0, False: 60.0}  # loading on a schematic network of cities, and on streets
PLAN_S = 5.0
_JOB_GOES_ON = frozenset({"QUEUED", "RUNNING"})
_NOT_FOUND, _CONFLICT = 404, 409
_OVER = frozenset({"TO_CONFIRM", "AWAITING_DOCUMENTS", "COMPLETED", "CANCELLED"})


@dataclass(frozen=True, slots=True)
class Plan:
    """The trip that a truck is meant to be on when the demonstration starts, and the load made for it."""

    load_id: str
    remaining_s: float


class Desk:
    """Acts for every company. `org_ids` names the organization of each."""

    def __init__(
        self,
        api: Api,
        world: World,
        state: DemoState,
        org_ids: Mapping[str, str],
        save: Callable[[], None],
    ) -> None:
        self._api = api
        self._world = world
        self._state = state
        self._companies = {org_id: key for key, org_id in org_ids.items()}
        self._save = save
        self._loads: dict[str, Json] = {}
        self._job: tuple[str, str] | None = None  # whose, and which

    def post_market_load(self, now: datetime) -> None:
        """One more load for anybody."""
        self._post(agents.market_load(self._world, self._state.next_load(), now))

    def post_load_for(self, truck: Truck, mine: TruckState, number: int, now: datetime) -> Plan:
        """A load from where the truck stands, so that it is `number`'s share of the way along already."""
        serial = self._state.next_load()
        rng = self._world.rng("plan", serial)
        lane = rng.choice(self._world.lanes[mine.site])
        trip_s = self._trip_s(mine.site, lane.destination, serial)
        remaining_s = agents.first_remaining_s(number, trip_s, rng)
        departs_at = now - timedelta(seconds=trip_s - remaining_s)
        load = self._post(agents.load_for(self._world, serial, truck, lane, departs_at, now))
        return Plan(load["id"], remaining_s)

    def post_load_here(self, truck: Truck, mine: TruckState, now: datetime) -> None:
        """A load that a free truck could take at once."""
        serial = self._state.next_load()
        lane = self._world.rng("spot", serial).choice(self._world.lanes[mine.site])
        self._post(agents.load_for(self._world, serial, truck, lane, now, now))

    def offer(self, truck: Truck, mine: TruckState, now: datetime) -> None:
        """Offer the whole truck: where it stands, or where its trip ends."""
        assert mine.vehicle_id is not None
        self.withdraw(truck, mine)
        site, start = mine.site, now + TURN_ROUND
        if mine.trip is not None:
            trip = mine.trip
            driving = timedelta(seconds=self._trip_s(trip.origin, trip.destination, trip.seed))
            site, start = trip.destination, max(start, trip.free_at(trip.departs_at + driving))
        body = agents.capacity_of(self._world, truck, mine.vehicle_id, site, start, OFFER_HOURS)
        capacity = self._api.post("/capacities", body, who=truck.carrier)
        with self._state.changing():
            mine.capacity_id = capacity["id"]

    def withdraw(self, truck: Truck, mine: TruckState) -> None:
        """Take the truck's offer back, if it has one; it may have ended by itself."""
        if mine.capacity_id is not None:
            try:
                self._api.post(f"/capacities/{mine.capacity_id}/withdraw", who=truck.carrier)
            except ApiRefused as refused:
                log.info("offer had ended", truck=truck.key, reason=str(refused))
            with self._state.changing():
                mine.capacity_id = None

    def take_load(self, truck: Truck, mine: TruckState, plan: Plan | None, now: datetime) -> Trip | None:
        """Win a load for a truck that is on offer; None if nothing suits it or somebody was faster."""
        try:
            load = self._choose(truck, mine, plan)
            order = load and self._deal(truck, mine, load)
        except ApiRefused as refused:
            if refused.status not in (_NOT_FOUND, _CONFLICT):
                raise
            log.info("deal failed", truck=truck.key, reason=str(refused))
            self.withdraw(truck, mine)  # offered anew with the next look
            return None
        if load is None or order is None:
            return None
        return self._start(truck, mine, load, order, plan, now)

    def recover(self, truck: Truck, mine: TruckState, now: datetime) -> Trip | None:
        """The trip of an order that was confirmed just before this process was killed."""
        orders = self._api.get("/orders?limit=100", truck.carrier)["items"]
        for order in orders:
            mine_still = order["vehicle_id"] == mine.vehicle_id and order["id"] not in self._state.receipts
            if mine_still and order["state"] not in _OVER:
                load = {
                    "origin": order["origin"],
                    "destination": order["destination"],
                    "id": order["load_id"],
                }
                load |= {"pickup": order["pickup"], "org_id": order["shipper_org"]}
                return self._start(truck, mine, load, order, None, now)
        return None

    def confirm_receipts(self) -> None:
        """Shippers confirm what was delivered, with the hash of the signed proof of delivery."""
        for order_id, shipper in list(self._state.receipts.items()):
            state = self._api.get(f"/orders/{order_id}", shipper)["order"]["state"]
            if state == "TO_CONFIRM":
                proof = hashlib.sha256(f"proof of delivery {order_id}".encode()).hexdigest()
                body = {"document_sha256": proof}
                self._api.post(f"/orders/{order_id}/confirm-receipt", body, who=shipper)
            if state in _OVER:
                with self._state.changing() as memory:
                    memory.receipts.pop(order_id, None)

    def quote_somewhere(self, number: int) -> None:
        """A carrier asks for a load without getting an answer yet: quotes stand on the market."""
        rng = self._world.rng("quote", number)
        truck = rng.choice(self._world.trucks)
        mine = self._state.trucks.get(truck.key)
        if mine is None or mine.capacity_id is None:
            return
        try:
            matches = self._api.get(f"/capacities/{mine.capacity_id}/matches", truck.carrier)["items"]
            if matches:
                load = self._load(rng.choice(matches[:MATCHES_LOOKED_AT])["load_id"], truck.carrier)
                self._quote(truck, mine, load, agents.carrier_price_fen(load, rng))
        except ApiRefused as refused:
            log.info("quote refused", truck=truck.key, reason=str(refused))

    def optimize(self) -> None:
        """Have one carrier's day planned: one with an offer that loads fit. Until a plan is there, look again."""
        if self._job is not None:
            carrier, job_id = self._job
            state = self._api.get(f"/jobs/{job_id}", carrier)["state"]
            if state in _JOB_GOES_ON:
                return
            self._job = None
            with self._state.changing() as memory:
                memory.planned = state == "SUCCEEDED"
        if not self._state.planned and (carrier := self._find_planner()):
            body = {"kind": "optimize", "plan": "my_fleet", "time_limit_s": PLAN_S, "seed": self._state.seed}
            self._job = carrier, self._api.post("/jobs", body, who=carrier)["id"]

    def _find_planner(self) -> str:
        """A carrier with an open capacity that has a match, the first one first; empty if there is none yet."""
        for truck in sorted(self._world.trucks, key=lambda truck: truck.carrier):
            mine = self._state.trucks.get(truck.key)
            if mine is None or mine.capacity_id is None:
                continue
            if self._api.get(f"/capacities/{mine.capacity_id}/matches", truck.carrier)["items"]:
                return truck.carrier
        return ""

    def open_loads(self) -> int:
        """How many loads are open on the market."""
        return int(self._api.get("/summary")["loads_open"])

    def _post(self, plan: agents.LoadPlan) -> Json:
        load: Json = self._api.post("/loads", plan.body, who=plan.shipper)
        self._loads[load["id"]] = load
        return load

    def _choose(self, truck: Truck, mine: TruckState, plan: Plan | None) -> Json | None:
        matches = self._api.get(f"/capacities/{mine.capacity_id}/matches", truck.carrier)["items"]
        wanted = plan.load_id if plan else None
        nearest = matches[:MATCHES_LOOKED_AT] + [m for m in matches if m["load_id"] == wanted]
        loads = {m["load_id"]: self._load(m["load_id"], truck.carrier) for m in nearest}
        ours = {
            load_id: load
            for load_id, load in loads.items()
            if load["org_id"] in self._companies and load["price_mode"] != "auction"  # those take bids
        }
        match = agents.choose_match(matches, ours, mine.site, wanted)
        return ours[match["load_id"]] if match else None

    def _deal(self, truck: Truck, mine: TruckState, load: Json) -> Json | None:
        """Quote, let the shipper answer, confirm. A shipper that says no is asked again at the usual price."""
        shipper = self._companies[load["org_id"]]
        price_fen = agents.carrier_price_fen(load, self._world.rng("price", truck.key, load["id"]))
        quote = self._quote(truck, mine, load, price_fen)
        if not agents.shipper_takes(load, price_fen):
            self._api.post(f"/quotes/{quote['id']}/reject", who=shipper)
            usual = agents.usual_price_fen(None, load["body"], load["distance_m"])
            quote = self._quote(truck, mine, load, usual)
        order = self._api.post(f"/quotes/{quote['id']}/accept", who=shipper, key=quote["id"])
        self._loads.pop(load["id"], None)
        confirmation = {"vehicle_id": mine.vehicle_id}
        confirmed: Json = self._api.post(f"/orders/{order['id']}/confirm", confirmation, who=truck.carrier)
        return confirmed

    def _quote(self, truck: Truck, mine: TruckState, load: Json, price_fen: int) -> Json:
        body = {"load_id": load["id"], "capacity_id": mine.capacity_id, "price_fen": price_fen}
        quote: Json = self._api.post("/quotes", body, who=truck.carrier)
        return quote

    def _start(
        self, truck: Truck, mine: TruckState, load: Json, order: Json, plan: Plan | None, now: datetime
    ) -> Trip:
        units = self._api.get(f"/orders/{order['id']}", truck.carrier)["consignment"]["units"]
        origin, destination = load["origin"]["code"], load["destination"]["code"]
        seed = self._world.rng("trip", order["id"]).randrange(2**31)
        handling_s = HANDLING_S[self._world.schematic]
        departs_at = now + timedelta(seconds=handling_s + 15)
        if plan is not None:
            opens = datetime.fromisoformat(load["pickup"]["start"])
            driven_s = self._trip_s(origin, destination, seed) - plan.remaining_s
            departs_at = max(now - timedelta(seconds=driven_s), opens + agents.BEFORE_DEPARTURE / 2)
        trip = Trip(
            order_id=order["id"],
            load_id=load["id"],
            shipper=self._companies[load["org_id"]],
            origin=origin,
            destination=destination,
            units=tuple(units),
            seed=seed,
            departs_at=departs_at,
            handling_s=handling_s,
        )
        self.withdraw(truck, mine)  # what is left of its space does not stay at the origin
        with self._state.changing():
            mine.trip, mine.gates_done = trip, 0
        self._save()
        floor.pack(self._api, self._world, trip, now)
        floor.log_temperature(self._api, load, trip, truck.carrier, now)
        return trip

    def _load(self, load_id: str, who: str) -> Json:
        if load_id not in self._loads:
            self._loads[load_id] = self._api.get(f"/loads/{load_id}", who)
        return self._loads[load_id]

    def _trip_s(self, origin: str, destination: str, seed: int) -> float:
        sim = TruckSim(self._world.path(origin, destination), EPOCH, seed)
        return (sim.arrives_at - sim.departs_at).total_seconds()
