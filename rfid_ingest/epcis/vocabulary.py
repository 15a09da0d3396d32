"""The words of the GS1 Core Business Vocabulary 2.0 and the three ways to write them.

EPCIS 2.0 JSON writes `departing`, EPCIS 1.2 `urn:epcglobal:cbv:bizstep:departing`, linked data and the event
hash `https://ref.gs1.org/cbv/BizStep-departing`.
"""

from __future__ import annotations

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

_WEB = "https://ref.gs1.org/cbv/"
# What a word names -> (the part in 1.2 URNs, the part in web addresses).
_SPACES = {
    "bizStep": ("bizstep", "BizStep-"),
    "disposition": ("disp", "Disp-"),
    "bizTransaction": ("btt", "BTT-"),
    "party": ("sdt", "SDT-"),
    "component": ("comp", "Comp-"),
}


def web_uri(kind: str, word: str) -> str:
    """The web address of a vocabulary word in any of its spellings; a foreign address is unchanged."""
    urn, web = _SPACES[kind]
    word = word.removeprefix(f"urn:epcglobal:cbv:{urn}:").removeprefix("cbv:").removeprefix(web)
    return word if ":" in word else f"{_WEB}{web}{word}"


def is_word_or_uri(word: str, words: frozenset[str]) -> bool:
    """A bare word must be one of the standard's; an own one is a URI outside GS1's own spaces."""
    return word in words or (":" in word and not word.startswith("urn:epcglobal:cbv"))
