"""The words of the GS1 Core Business Vocabulary 2.0 and the three ways to write them.

EPCIS 2.0 JSON writes `departing`, EPCIS 1.2 `urn:epcglobal:cbv:bizstep:departing`, linked data and the event
hash `https://ref.gs1.org/cbv/BizStep-departing`.
"""

from __future__ import annotations

import re
from functools import lru_cache

BIZ_STEPS = frozenset(
    [
        "accepting",
        "arriving",
        "assembling",
        "collecting",
        "commissioning",
        "consigning",
        "creating_class_instance",
        "cycle_counting",
        "decommissioning",
        "departing",
        "destroying",
        "disassembling",
        "dispensing",
        "encoding",
        "entering_exiting",
        "holding",
        "inspecting",
        "installing",
        "killing",
        "loading",
        "other",
        "packing",
        "picking",
        "receiving",
        "removing",
        "repackaging",
        "repairing",
        "replacing",
        "reserving",
        "retail_selling",
        "sampling",
        "sensor_reporting",
        "shipping",
        "staging_outbound",
        "stock_taking",
        "stocking",
        "storing",
        "transporting",
        "unloading",
        "unpacking",
        "void_shipping",
    ]
)
DISPOSITIONS = frozenset(
    [
        "active",
        "available",
        "completeness_inferred",
        "completeness_verified",
        "conformant",
        "container_closed",
        "container_open",
        "damaged",
        "destroyed",
        "dispensed",
        "disposed",
        "encoded",
        "expired",
        "in_progress",
        "in_transit",
        "inactive",
        "mismatch_class",
        "mismatch_instance",
        "mismatch_quantity",
        "needs_replacement",
        "no_pedigree_match",
        "non_conformant",
        "non_sellable_other",
        "partially_dispensed",
        "recalled",
        "reserved",
        "retail_sold",
        "returned",
        "sellable_accessible",
        "sellable_not_accessible",
        "stolen",
        "unavailable",
        "unknown",
    ]
)
BIZ_TRANSACTION_TYPES = frozenset(
    [
        "bol",
        "cert",
        "desadv",
        "inv",
        "pedigree",
        "po",
        "poc",
        "prodorder",
        "recadv",
        "rma",
        "testprd",
        "testres",
        "upevt",
    ]
)
PARTY_TYPES = frozenset(["owning_party", "possessing_party", "location"])
ERROR_REASONS = frozenset(["did_not_occur", "incorrect_data"])
SENSOR_ALERTS = frozenset(["ALARM_CONDITION", "ERROR_CONDITION"])
COMPONENTS = frozenset([
    "x", "y", "z", "axial_distance", "azimuth", "height", "spherical_radius", "polar_angle", "elevation_angle",
    "easting", "northing", "latitude", "longitude", "altitude"
])  # fmt: skip
MEASUREMENTS = frozenset([
    "AbsoluteHumidity", "AbsorbedDose", "AbsorbedDoseRate", "Acceleration", "Altitude", "AmountOfSubstance",
    "AmountOfSubstancePerUnitVolume", "Angle", "AngularAcceleration", "AngularMomentum", "AngularVelocity",
    "Area", "Capacitance", "Conductance", "Conductivity", "Count", "Density", "Dimensionless",
    "DoseEquivalent", "DoseEquivalentRate", "DynamicViscosity", "ElectricCharge", "ElectricCurrent",
    "ElectricCurrentDensity", "ElectricFieldStrength", "Energy", "Exposure", "Force", "Frequency",
    "Illuminance", "Inductance", "Irradiance", "KinematicViscosity", "Length", "LinearMomentum", "Luminance",
    "LuminousFlux", "LuminousIntensity", "MagneticFlux", "MagneticFluxDensity", "MagneticVectorPotential",
    "Mass", "MassConcentration", "MassFlowRate", "MassPerAreaTime", "MemoryCapacity", "MolalityOfSolute",
    "MolarEnergy", "MolarMass", "MolarVolume", "Power", "Pressure", "RadiantFlux", "RadiantIntensity",
    "Radioactivity", "RelativeHumidity", "Resistance", "Resistivity", "SolidAngle", "SpecificVolume", "Speed",
    "SurfaceDensity", "SurfaceTension", "Temperature", "Time", "Torque", "Voltage", "Volume", "VolumeFlowRate",
    "VolumeFraction", "VolumetricFlux", "Wavenumber"
])  # fmt: skip

_WEB = "https://ref.gs1.org/cbv/"
# What a word names -> (the part in 1.2 URNs, the part in web addresses).
_SPACES = {
    "bizStep": ("bizstep", "BizStep-"),
    "disposition": ("disp", "Disp-"),
    "bizTransaction": ("btt", "BTT-"),
    "party": ("sdt", "SDT-"),
    "component": ("comp", "Comp-"),
    "error": ("er", "ER-"),
}
_MEASUREMENT = re.compile(r"(?:gs1:|https?://(?:www\.)?gs1\.org/voc/|https://ref\.gs1\.org/voc/)")


@lru_cache(maxsize=4096)
def web_uri(kind: str, word: str) -> str:
    """The web address of a vocabulary word in any of its spellings; a foreign address is unchanged."""
    urn, web = _SPACES[kind]
    word = word.removeprefix(f"urn:epcglobal:cbv:{urn}:").removeprefix("cbv:").removeprefix(web)
    return word if ":" in word else f"{_WEB}{web}{word}"


def is_word_or_uri(word: str, words: frozenset[str]) -> bool:
    """A bare word must be one of the standard's; an own one is a URI outside GS1's own spaces."""
    return word in words or (":" in word and not word.startswith("urn:epcglobal:cbv"))


@lru_cache(maxsize=4096)
def bare_word(kind: str, word: str) -> str:
    """A vocabulary word in any of its spellings as the bare word of JSON; a foreign address is unchanged.

    `kind` is one of bizStep, disposition, bizTransaction, party, component, error.
    """
    urn, web = _SPACES[kind]
    for prefix in (
        f"urn:epcglobal:cbv:{urn}:",
        f"{_WEB}{web}",
        f"https://ns.gs1.org/cbv/{web}",
        f"cbv:{web}",
    ):
        if word.startswith(prefix):
            return word[len(prefix) :]
    return word


def urn_word(kind: str, word: str) -> str:
    """A bare vocabulary word as EPCIS 1.2 writes it; anything with a colon is unchanged."""
    return word if ":" in word else f"urn:epcglobal:cbv:{_SPACES[kind][0]}:{word}"


def bare_measurement(word: str) -> str:
    """A sensor's measurement or alert type as the bare word of JSON; a foreign address is unchanged."""
    return _MEASUREMENT.sub("", word, count=1) if _MEASUREMENT.match(word) else word
