"""Words of the pages about organizations, people and keys."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

DOCUMENTS: Mapping[str, LazyString] = {
    "business_licence": _l("Business licence"),
    "transport_permit": _l("Road transport permit"),
    "insurance": _l("Insurance"),
    "other": _l("Other document"),
}
SCOPES: Mapping[str, LazyString] = {
    "read": _l("Read what I may see"),
    "trade": _l("Trade: loads, trucks, quotes, orders"),
    "track": _l("Track: devices, tags, reports"),
    "plan": _l("Plan: optimization"),
    "manage": _l("Manage: fleet, people, keys, organization"),
}
ROLE_HINTS: Mapping[str, LazyString] = {
    "owner": _l("everything, people included"),
    "dispatcher": _l("posts, quotes, accepts, plans"),
    "driver": _l("reports from the road"),
    "accountant": _l("sees orders and prices"),
    "viewer": _l("looks on"),
    "operator": _l("runs the platform"),
    "supervisor": _l("sees every organization"),
}
CHANGES: Mapping[str, LazyString] = {
    "registered": _l("signed up"),
    "profile": _l("changed the organization's data"),
    "submitted": _l("asked to be verified"),
    "verified": _l("verified the organization"),
    "refused": _l("refused the verification"),
    "document_added": _l("uploaded a document"),
    "document_removed": _l("removed a document"),
    "invited": _l("invited a person"),
    "invitation_withdrawn": _l("withdrew an invitation"),
    "joined": _l("joined"),
    "roles": _l("changed the roles"),
    "deactivated": _l("deactivated the person"),
    "activated": _l("activated the person"),
    "handed_over": _l("handed the ownership over"),
    "password": _l("changed the password"),
    "two_step_on": _l("switched two-step sign-in on"),
    "two_step_off": _l("switched two-step sign-in off"),
    "passkey_added": _l("added a passkey"),
    "passkey_removed": _l("removed a passkey"),
    "key_added": _l("made a key"),
    "key_revoked": _l("revoked a key"),
    "signed_out": _l("signed every browser out"),
}
SIGNED_IN_BY: Mapping[str, LazyString] = {
    "password": _l("by password"),
    "code": _l("by password and code"),
    "passkey": _l("by passkey"),
    "invitation": _l("by an invitation"),
}
VEHICLE_KINDS: Mapping[str, LazyString] = {"truck": _l("Truck"), "trailer": _l("Trailer")}
PLATE_COLOURS: Mapping[str, LazyString] = {
    "blue": _l("blue"),
    "yellow": _l("yellow"),
    "black": _l("black"),
    "white": _l("white"),
    "green": _l("green"),
    "yellow_green": _l("yellow and green"),
    "gradient_green": _l("shaded green"),
    "other": _l("other"),
}
_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"))
_APPLE = (("Safari/", "Safari"),)  # last: the others name it too
_PHONES = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"))
_DESKS = (("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"))


def browser_name(agent: str) -> str:
    """A browser and its system by what it calls itself, such as "Firefox · Windows"."""
    found = [
        next((name for mark, name in known if mark in agent), "")
        for known in (_BROWSERS + _APPLE, _PHONES + _DESKS)
    ]
    return " · ".join(one for one in found if one) or agent[:40] or "–"
