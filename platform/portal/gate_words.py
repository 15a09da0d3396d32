"""Words for what happens at gates: business steps of the CBV, places as read points name them."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from haoyun.platform.portal.formats import local_place

BIZ_STEPS: Mapping[str, LazyString] = {
    "commissioning": _l("commissioning"),
    "packing": _l("packing"),
    "unpacking": _l("unpacking"),
    "loading": _l("loading"),
    "installing": _l("sealing"),
    "departing": _l("departing"),
    "arriving": _l("arriving"),
    "unloading": _l("unloading"),
    "receiving": _l("receiving"),
    "shipping": _l("shipping"),
    "storing": _l("storing"),
    "transporting": _l("transporting"),
    "sensor_reporting": _l("sensor reading"),
}
HOLDERS: Mapping[str, LazyString] = {
    "shipper": _l("Shipper"),
    "carrier": _l("Carrier"),
    "receiver": _l("Receiver"),
}
# What was done, as the form of a hand-held offers it (rfid_ingest.handling.Step).
STEPS: Mapping[str, LazyString] = {
    "commission": _l("Commission new items"),
    "pack": _l("Pack onto a pallet"),
    "unpack": _l("Unpack from a pallet"),
    "load": _l("Load"),
    "seal": _l("Seal"),
    "gate_out": _l("Out of the gate"),
    "gate_in": _l("In through the gate"),
    "unload": _l("Unload"),
    "receive": _l("Receive"),
}
_PARTS: Mapping[str, LazyString] = {
    "gate out": _l("gate out"),
    "gate in": _l("gate in"),
    "unloading dock": _l("unloading dock"),
    "loading dock": _l("loading dock"),
}


def biz_step(word: str | None) -> str:
    """A business step in the reader's language, as it stands where it is not one of the common ones."""
    plain = (word or "").rpartition("-")[2].rpartition(":")[2]
    return str(BIZ_STEPS.get(plain, plain or "–"))


def place(name: str) -> str:
    """A place as a read point names it, `Ningbo, gate out`, in the reader's language where its parts are known."""
    head, _, tail = name.rpartition(", ")
    if head and tail in _PARTS:
        return f"{local_place(head)} · {_PARTS[tail]}"
    return local_place(name)
