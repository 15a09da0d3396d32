"""The numbers behind emissions, each with its unit and source, in one table that an operator may replace.

`verified` says that the figure was found in a public source by whoever entered it here; what is not is a default of
this project, to be replaced by what an installation has better (setting `HAOYUN_EMISSION_FACTORS`).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType


class BadFactors(ValueError):
    """A file of factors is wrong; the message names the line and what would be right."""


@dataclass(frozen=True, slots=True)
class Factor:
    """One number."""

    value: float
    unit: str
    source: str
    verified: bool = False


_EN = "EN 16258:2012, table A.1"
_GLEC = "GLEC Framework"
_OURS = "default of this project, of the size that the trade knows"
FACTORS: Mapping[str, Factor] = MappingProxyType(
    {
        "diesel_wtw_kg_per_kg": Factor(3.90, "kg CO2e/kg", f"{_EN}, diesel without biodiesel"),
        "diesel_ttw_kg_per_kg": Factor(3.21, "kg CO2e/kg", f"{_EN}, diesel without biodiesel"),
        "diesel_b5_wtw_kg_per_kg": Factor(
            3.80, "kg CO2e/kg", f"{_EN}, diesel with 5 % biodiesel; as quoted by PTV's Routing API", True
        ),
        "diesel_b5_ttw_kg_per_kg": Factor(
            3.04, "kg CO2e/kg", f"{_EN}, diesel with 5 % biodiesel; as quoted by PTV's Routing API", True
        ),
        "diesel_kg_per_l": Factor(0.832, "kg/l", f"{_EN}"),
        "biodiesel_share": Factor(0.0, "0 or 1: reckon with 5 % biodiesel", _OURS),
        "distance_adjustment": Factor(
            1.05,
            "driven km per shortest feasible km",
            f"{_GLEC} 2.0 (2019), road; as quoted by Climatiq",
            True,
        ),
        "cooling_uplift": Factor(
            1.12, "factor on temperature-controlled goods", f"{_GLEC} 2.0 (2019); as quoted by Climatiq", True
        ),
        "load_factor": Factor(0.60, "share of the payload", f"{_GLEC}, average or mixed load"),
        "empty_share": Factor(0.17, "share of all km", f"{_GLEC}, average or mixed load"),
        "fuel_empty_2t": Factor(9.0, "l/100 km", _OURS),
        "fuel_full_2t": Factor(11.0, "l/100 km", _OURS),
        "fuel_empty_5t": Factor(13.0, "l/100 km", _OURS),
        "fuel_full_5t": Factor(17.0, "l/100 km", _OURS),
        "fuel_empty_10t": Factor(18.0, "l/100 km", _OURS),
        "fuel_full_10t": Factor(25.0, "l/100 km", _OURS),
        "fuel_empty_18t": Factor(21.0, "l/100 km", _OURS),
        "fuel_full_18t": Factor(32.0, "l/100 km", _OURS),
        "fuel_empty_heavy": Factor(24.0, "l/100 km", _OURS),
        "fuel_full_heavy": Factor(39.0, "l/100 km", _OURS),
    }
)
# Classes by payload: the first that is not exceeded.
CLASSES: tuple[tuple[str, int], ...] = (
    ("2t", 2_000), ("5t", 5_000), ("10t", 10_000), ("18t", 18_000), ("heavy", 30_000),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Factors:
    """The table in force."""

    table: Mapping[str, Factor] = field(default_factory=lambda: FACTORS)

    def __getitem__(self, name: str) -> float:
        return self.table[name].value

    @property
    def wtw_g_per_l(self) -> float:
        """Grams of CO2e of a litre, from the well to the wheels."""
        return self._diesel("wtw")

    @property
    def ttw_g_per_l(self) -> float:
        """Grams of CO2e of a litre, from the tank to the wheels."""
        return self._diesel("ttw")

    def _diesel(self, part: str) -> float:
        blend = "diesel_b5" if self["biodiesel_share"] else "diesel"
        return 1000 * self[f"{blend}_{part}_kg_per_kg"] * self["diesel_kg_per_l"]

    def fuel_l_per_km(self, vehicle_class: str, loaded_share: float) -> float:
        """Litres for a kilometre of a vehicle that is filled to a share of its payload."""
        empty, full = self[f"fuel_empty_{vehicle_class}"], self[f"fuel_full_{vehicle_class}"]
        return (empty + (full - empty) * min(1.0, loaded_share)) / 100


@lru_cache(maxsize=8)
def read_factors(path: Path | None) -> Factors:
    """The table with the rows of a CSV file (name,value,source) over it, read once a process. Raises BadFactors."""
    if path is None:
        return Factors()
    table = dict(FACTORS)
    try:
        rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        raise BadFactors(f"{path} cannot be read: {error}") from None
    for line, row in enumerate(rows, 2):
        name = (row.get("name") or "").strip()
        if name not in table:
            raise BadFactors(
                f"{path} line {line}: {name!r} is no factor; known are {', '.join(sorted(table))}"
            )
        try:
            value = float(row.get("value") or "")
        except ValueError:
            raise BadFactors(f"{path} line {line}: value of {name} must be a number") from None
        if not 0 <= value < 1e6:
            raise BadFactors(f"{path} line {line}: value of {name} must be from 0 to 1000000")
        table[name] = replace(
            table[name], value=value, source=(row.get("source") or "operator").strip(), verified=False
        )
    return Factors(MappingProxyType(table))
