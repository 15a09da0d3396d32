"""The simulator: one thread for the devices, one for the shippers and carriers. It knows the platform from outside.

Everything that must outlive this process is in DemoState; a kill at any instant loses nothing but seconds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue

import structlog

from haoyun.platform.demo.client import Api
from haoyun.platform.demo.credentials import Credentials
from haoyun.platform.demo.desk import Desk, Plan
from haoyun.platform.demo.errors import ApiRefused, ApiUnreachable, DemoError
from haoyun.platform.demo.fleet import Fleet
from haoyun.platform.demo.office import Office
from haoyun.platform.demo.registrar import Registrar
from haoyun.platform.demo.state import DemoState, TruckState
from haoyun.platform.demo.world import Truck, World
from haoyun.tracking.mqtt_url import BrokerAddress

log = structlog.get_logger(__name__)

LOADS_WANTED = 130  # open loads on the market; more than a hundred whatever expires meanwhile
LOADS_WITH_EACH_TRUCK = 2  # while the first trucks start, so that the market fills at the same pace
LOADS_AT_ONCE = 10
TRADE_EVERY_S = 3.0
MARKET_EVERY = timedelta(seconds=15)
NEWS_EVERY = timedelta(seconds=40)  # a new load and a new quote, whether needed or not
SPOT_EVERY = timedelta(seconds=20)  # a free truck that finds nothing waits so long before somebody needs it
PARKED_FOR = timedelta(hours=9)  # a parked truck's offer ends after ten
SAVE_EVERY_S = 5.0
TICK_EVERY_S = 1.0
WAIT_FOR_PORTAL_S = 2.0

Switch = Callable[[Fleet], None]


@dataclass(frozen=True, slots=True)
class Address:
    """Where the platform is."""

    url: str
    broker: BrokerAddress


class Simulator:
    """Runs a world against a platform until it is told to stop."""

    def __init__(
        self,
        world: World,
        state: DemoState,
        address: Address,
        credentials: Credentials,
        folder: Path,
    ) -> None:
        self._world = world
        self._state = state
        self._state_file = folder / "simulator.json"
        self._fleet = Fleet(world, state, address.broker, folder / "outbox")
        api = Api(address.url, credentials.tokens)
        self._traders = Traders(world, state, api, credentials.org_ids, self._save)

    def run(self, stopping: threading.Event) -> None:
        """Drive until `stopping`; on return everything is saved. Raises DemoError if the traders gave up."""
        trading = threading.Thread(target=self._traders.run, args=(stopping,), name="traders", daemon=True)
        trading.start()
        next_tick = next_save = 0.0
        while not stopping.is_set() and trading.is_alive():
            now = datetime.now(UTC)
            self._traders.hand_over(self._fleet)
            if now.timestamp() >= next_tick:
                next_tick = now.timestamp() + TICK_EVERY_S
                self._fleet.tick(now)
            if now.timestamp() >= next_save:
                next_save = now.timestamp() + SAVE_EVERY_S
                self._save()
            self._fleet.step(0.2)
        self._fleet.close()
        trading.join(timeout=TRADE_EVERY_S)
        self._save()
        if not stopping.is_set():
            raise DemoError("the traders gave up, see the lines above")

    def _save(self) -> None:
        self._state.save(self._state_file)


class Traders:
    """The thread of the companies: brings the market up, then keeps it alive."""

    def __init__(
        self,
        world: World,
        state: DemoState,
        api: Api,
        org_ids: Mapping[str, str],
        save: Callable[[], None],
    ) -> None:
        self._world = world
        self._state = state
        self._registrar = Registrar(api, world, state, save)
        self._desk = Desk(api, world, state, org_ids, save)
        self._office = Office(api, world, state)
        self._switches: SimpleQueue[Switch] = SimpleQueue()
        self._again = bool(state.trucks)  # an earlier run may have left orders without a trip
        self._spot_at: dict[str, datetime] = {}
        self._offered_at: dict[str, datetime] = {}
        self._market_at = self._news_at = datetime.min.replace(tzinfo=UTC)

    def hand_over(self, fleet: Fleet) -> None:
        """Switch new devices on; called by the thread that owns the fleet."""
        while True:
            try:
                switch = self._switches.get_nowait()
            except Empty:
                return
            switch(fleet)

    def run(self, stopping: threading.Event) -> None:
        """Trade until `stopping`. A platform that does not answer is waited for."""
        started = False
        while not stopping.is_set():
            try:
                if not started:
                    self._start(stopping)
                    started = True
                self._look(stopping)
            except ApiUnreachable as error:
                log.warning("waiting for the platform", reason=str(error))
                stopping.wait(WAIT_FOR_PORTAL_S)
            except ApiRefused as refused:
                log.warning("the platform refused", reason=str(refused))
                stopping.wait(WAIT_FOR_PORTAL_S)
            stopping.wait(TRADE_EVERY_S)

    def _start(self, stopping: threading.Event) -> None:
        """Bring everything up; whatever an earlier run or try has done is left as it is."""
        for truck in self._parked():
            self._switch_on(truck)
            self._keep_on_offer(truck)
        for number, truck in enumerate(self._driving()):
            if stopping.is_set():
                return
            self._set_off(number, truck)
        self._offer_returns(self._world.carriers[0].key)
        self._desk.optimize()
        self._again = False
        log.info("market is up", trucks=len(self._state.trucks), loads=self._state.loads_made)

    def _set_off(self, number: int, truck: Truck) -> None:
        self._switch_on(truck)
        mine, now = self._state.trucks[truck.key], datetime.now(UTC)
        trip = mine.trip or (self._desk.recover(truck, mine, now) if self._again else None)
        if trip is None and mine.reported_until is None:
            plan: Plan = self._desk.post_load_for(truck, mine, number, now)
            self._desk.offer(truck, mine, now)
            trip = self._desk.take_load(truck, mine, plan, now)
            for _ in range(LOADS_WITH_EACH_TRUCK):
                self._desk.post_market_load(now)
        if trip is not None:
            self._switch_on_readers(trip.origin, trip.destination)

    def _look(self, stopping: threading.Event) -> None:
        """One round of everybody's work."""
        for truck in self._driving():
            if stopping.is_set():
                return
            mine = self._state.trucks[truck.key]
            if mine.trip is None:
                self._find_work(truck, mine)
        self._desk.confirm_receipts()
        self._keep_market()
        for carrier in self._world.carriers:
            self._offer_returns(carrier.key)
        for truck in self._parked():
            self._keep_on_offer(truck)

    def _find_work(self, truck: Truck, mine: TruckState) -> None:
        now = datetime.now(UTC)
        if mine.capacity_id is None:
            self._desk.offer(truck, mine, now)
        trip = self._desk.take_load(truck, mine, None, now)
        if trip is not None:
            self._switch_on_readers(trip.origin, trip.destination)
        elif now - self._spot_at.get(truck.key, datetime.min.replace(tzinfo=UTC)) >= SPOT_EVERY:
            self._spot_at[truck.key] = now
            self._desk.post_load_here(truck, mine, now)

    def _offer_returns(self, carrier: str) -> None:
        """Trucks under way are offered where they will be free."""
        for truck in self._driving():
            mine = self._state.trucks[truck.key]
            if truck.carrier == carrier and mine.trip is not None and mine.capacity_id is None:
                self._desk.offer(truck, mine, datetime.now(UTC))

    def _keep_on_offer(self, truck: Truck) -> None:
        mine, now = self._state.trucks[truck.key], datetime.now(UTC)
        offered_at = self._offered_at.get(truck.key)
        if mine.capacity_id is None or offered_at is None or now - offered_at >= PARKED_FOR:
            self._desk.offer(truck, mine, now)
            self._offered_at[truck.key] = now

    def _keep_market(self) -> None:
        now = datetime.now(UTC)
        if now - self._market_at >= MARKET_EVERY:
            self._market_at = now
            self._desk.optimize()
            self._office.run_next(now)
            for _ in range(min(LOADS_AT_ONCE, LOADS_WANTED - self._desk.open_loads())):
                self._desk.post_market_load(now)
        if now - self._news_at >= NEWS_EVERY:
            self._news_at = now
            self._desk.post_market_load(now)
            self._desk.quote_somewhere(self._state.loads_made)

    def _driving(self) -> list[Truck]:
        return [truck for truck in self._world.trucks if not truck.parked]

    def _parked(self) -> list[Truck]:
        return [truck for truck in self._world.trucks if truck.parked]

    def _switch_on(self, truck: Truck) -> None:
        credential = self._registrar.truck(truck, datetime.now(UTC))
        self._switches.put(lambda fleet: fleet.add_truck(truck, credential))

    def _switch_on_readers(self, *sites: str) -> None:
        for site in sites:
            self._switch_on_reader(site)

    def _switch_on_reader(self, site: str) -> None:
        credential = self._registrar.reader(site)
        self._switches.put(lambda fleet: fleet.add_reader(site, credential))
