"""The demonstration's world: companies, fleets, sites and lanes. Pure and seeded: a seed and a map decide all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

import numpy as np

from haoyun.maps.engine import Path, ScipyEngine
from haoyun.maps.gazetteer.places import Gazetteer, Place
from haoyun.maps.network import RoadNetwork
from haoyun.platform.accounts.actor import OrgKind
from haoyun.platform.accounts.credit_code import ALPHABET, check_character
from haoyun.platform.demo.catalogue import (
    BUSY_PLACES,
    CARRIERS,
    NEWCOMER,
    PLATE_PROVINCES,
    SHIPPERS,
    TRUCK_KINDS,
    TruckKind,
)

MAX_SITES = 44
LONGEST_LANE_S = 12 * 3600  # a trip that begins and ends on one day
SHORT_SHARE = 0.08  # the shortest lanes are left out: a truck should drive more than it loads,
SHORTEST_LANE_S = 20 * 60  # this long at least, if half of the map's lanes are
FEWEST_LANES = 3  # a site from which there is hardly a way on would trap trucks
PARKED_SHARE = 4  # one truck in so many stands free at a site, besides those that drive
DEMO_PREFIX = "952"  # GS1's prefix for demonstrations


@dataclass(frozen=True, slots=True)
class Company:
    """An invented organization with the person that acts for it."""

    key: str
    name_zh: str
    name_en: str
    kind: OrgKind
    credit_code: str
    company_prefix: str
    verified: bool = True

    @property
    def email(self) -> str:
        """The address under which its agent signs in."""
        return f"agent-{self.key}@demo.example"


@dataclass(frozen=True, slots=True)
class Truck:
    """A truck of a carrier's fleet; `home` is the site where its story begins."""

    key: str
    carrier: str
    plate: str
    kind: TruckKind
    home: str
    parked: bool

    @property
    def device(self) -> str:
        """The name of its tracker."""
        return f"demo-tracker-{self.key}"


@dataclass(frozen=True, slots=True)
class Lane:
    """A way from site to site that loads are offered on."""

    origin: str
    destination: str
    distance_m: float
    duration_s: float


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Everything that is decided before the clock starts."""

    seed: int
    network: RoadNetwork
    engine: ScipyEngine
    companies: tuple[Company, ...]  # those that trade
    newcomer: Company
    trucks: tuple[Truck, ...]
    sites: Mapping[str, Place]
    lanes: Mapping[str, tuple[Lane, ...]]
    _nodes: Mapping[str, int] = field(repr=False, default_factory=dict)

    @property
    def shippers(self) -> tuple[Company, ...]:
        """Those that want goods moved."""
        return tuple(c for c in self.companies if c.kind is OrgKind.SHIPPER)

    @property
    def carriers(self) -> tuple[Company, ...]:
        """Those that move them."""
        return tuple(c for c in self.companies if c.kind is OrgKind.CARRIER)

    @property
    def schematic(self) -> bool:
        """Whether sites are cities of a schematic network rather than corners of streets."""
        return self.network.kind == "schematic"

    def reader(self, site: str) -> str:
        """The name of the tag reader of a site."""
        return f"demo-reader-{sorted(self.sites).index(site) + 1:03d}"

    def path(self, origin: str, destination: str) -> Path:
        """The way a truck drives between two sites."""
        return self.engine.path(self._nodes[origin], self._nodes[destination])

    def rng(self, *what: object) -> Random:
        """A stream of its own for each thing, so that none depends on how many others were drawn."""
        return Random("/".join(str(part) for part in (self.seed, *what)))


def build_world(network: RoadNetwork, gazetteer: Gazetteer, seed: int, driving: int) -> World:
    """The world of a map: `driving` trucks on the road and some that stand free."""
    engine = ScipyEngine(network)
    candidates = _candidates(gazetteer)
    nodes = {place.code: network.nearest_node(place.lat, place.lon)[0] for place in candidates}
    lanes = _lanes(engine, candidates, nodes)
    sites = {place.code: place for place in candidates if place.code in lanes}
    companies = (*_companies("shipper", SHIPPERS, seed), *_companies("carrier", CARRIERS, seed))
    return World(
        seed,
        network,
        engine,
        companies,
        _newcomer(seed),
        tuple(
            _truck(seed, number, driving, sites) for number in range(driving + -(-driving // PARKED_SHARE))
        ),
        sites,
        lanes,
        nodes,
    )


def _candidates(gazetteer: Gazetteer) -> list[Place]:
    """The most important places, then the busy ones, then any, up to MAX_SITES."""
    ranked = sorted(gazetteer.list(), key=lambda place: (place.rank, place.code))
    busy = [found for name in BUSY_PLACES if (found := gazetteer.find(name))]
    first = [place for place in ranked if place.rank == 1]
    chosen = {place.code: place for place in (*first, *busy, *ranked)}
    return list(chosen.values())[:MAX_SITES]


def _lanes(
    engine: ScipyEngine, places: Sequence[Place], nodes: Mapping[str, int]
) -> dict[str, tuple[Lane, ...]]:
    """Lanes of a sensible length between places that have enough of them, by origin."""
    index = [nodes[place.code] for place in places]
    matrix = engine.matrix(index, index)
    usable = (matrix.duration_s > 0) & (matrix.duration_s <= LONGEST_LANE_S)
    low_s, middle_s = np.quantile(matrix.duration_s[usable], [SHORT_SHARE, 0.5])
    usable &= matrix.duration_s >= max(low_s, min(SHORTEST_LANE_S, middle_s))
    keep = _well_connected(usable)
    return {
        places[i].code: tuple(
            Lane(
                places[i].code, places[j].code, float(matrix.distance_m[i, j]), float(matrix.duration_s[i, j])
            )
            for j in keep
            if usable[i, j]
        )
        for i in keep
    }


def _well_connected(usable: np.ndarray) -> list[int]:
    """Indexes of the places that keep FEWEST_LANES lanes out among each other."""
    keep = list(range(len(usable)))
    while weak := [i for i in keep if usable[i, keep].sum() < FEWEST_LANES]:
        keep = [i for i in keep if i not in weak]
    if not keep:
        raise ValueError("this map has too few places that trucks can drive between")
    return keep


def _companies(kind: str, names: Sequence[tuple[str, str]], seed: int) -> list[Company]:
    return [
        Company(
            key=f"{kind}-{number:02d}",
            name_zh=zh,
            name_en=en,
            kind=OrgKind(kind),
            credit_code=_credit_code(Random(f"{seed}/{kind}/{number}")),
            company_prefix=f"{DEMO_PREFIX}{1 if kind == 'shipper' else 2}{number:03d}",
        )
        for number, (zh, en) in enumerate(names, start=1)
    ]


def _newcomer(seed: int) -> Company:
    """A carrier that has signed up and shows its papers; the visitor, as operator, decides."""
    zh, en = NEWCOMER
    code = _credit_code(Random(f"{seed}/newcomer"))
    return Company("newcomer", zh, en, OrgKind.CARRIER, code, "", verified=False)


def _credit_code(rng: Random) -> str:
    """A well-formed code: company (91), a division, nine characters of its own, the check character."""
    own = "".join(rng.choice(ALPHABET) for _ in range(9))
    body = f"91{rng.choice(sorted(PLATE_PROVINCES))}0100{own}"
    return body + check_character(body)


def _truck(seed: int, number: int, driving: int, sites: Mapping[str, Place]) -> Truck:
    rng = Random(f"{seed}/truck/{number}")
    kind = rng.choices(TRUCK_KINDS, [kind.share for kind in TRUCK_KINDS])[0]
    home = rng.choice(sorted(sites))
    return Truck(
        key=f"{number + 1:03d}",
        carrier=f"carrier-{number % len(CARRIERS) + 1:02d}",
        plate=_plate(rng, number, sites[home].division),
        kind=kind,
        home=home,
        parked=number >= driving,
    )


def _plate(rng: Random, number: int, division: str) -> str:
    """A plate of the home's province; the number in it keeps plates apart."""
    province = PLATE_PROVINCES.get(division[:2], "沪")
    return f"{province}{rng.choice('ABCDEFG')}{rng.choice('ABCDEFGHJK')}{1000 + number * 7 % 9000:04d}"
