"""The frame around every page: navigation, the button at the right, and what templates may call."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from flask import Flask, request, url_for
from markupsafe import Markup

from haoyun.maps.gazetteer.places import Gazetteer
from haoyun.platform.portal import gate_words, labels, reasons, visible_words
from haoyun.platform.portal.formats import place
from haoyun.platform.portal.i18n import gettext, language
from haoyun.platform.portal.network_data import map_options
from haoyun.platform.portal.page import person, said, viewer
from haoyun.platform.portal.static_files import asset_url
from haoyun.platform.services import services

_PARTS_OF = {
    "alerts": ("exceptions", "fences"),
    "jobs": ("rounds",),
    "live": ("devices", "duty", "privacy"),
    "loads": ("post_load", "drafts", "imports", "publish_lists"),
    "warehouse": ("labels", "gates", "work", "recall", "warehouses", "docks", "bookings"),
}


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the navigation."""

    label: str
    url: str
    icon: str = ""
    current: bool = False


def init_frame(app: Flask) -> None:
    """Put the functions that base.html and the parts need into the templates."""
    app.jinja_env.globals.update(
        asset_url=asset_url,
        navigation=navigation,
        warehouse_pages=warehouse_pages,
        account_pages=account_pages,
        registration_is_open=lambda: services().settings.registration == "open",
        publish_pages=publish_pages,
        finding_words=visible_words.finding_words,
        exception_words=visible_words.exception_words,
        exception_title=visible_words.exception_title,
        HOLDERS=gate_words.HOLDERS,
        gate_place=gate_words.place,
        biz_step_words=gate_words.biz_step,
        extension_choices=extension_choices,
        post_button=post_button,
        person=person,
        viewer=viewer,
        place_options=lambda: _place_options(services().market.gazetteer, language()),
        is_demo=lambda: services().settings.demo,
        map_options=lambda: map_options(services()),
        with_language=with_language,
        now=lambda: services().now(),
        BODIES=labels.BODIES,
        MILESTONES=labels.MILESTONES,
        QUALITIES=labels.QUALITIES,
        SOURCES=labels.SOURCES,
        REASONS=labels.REASONS,
        ROLES=labels.ROLES,
        ORG_KINDS=labels.ORG_KINDS,
        VERIFICATION=labels.VERIFICATION,
        EXCEPTIONS=labels.EXCEPTIONS,
        FLAGS=labels.FLAGS,
        state_look=labels.state_look,
        bodies_words=labels.bodies_words,
        equipment_words=labels.equipment_words,
        MODES=labels.MODES,
        EQUIPMENT=labels.EQUIPMENT,
        said=said,
        reason_chip=reasons.chip,
        reason_chips=reasons.chips,
        reason_evidence=reasons.evidence,
    )


def navigation() -> list[Link]:
    """The page groups, the one of this request marked."""
    groups = (
        (gettext("Loads"), "loads", "loads.index", "load"),
        (gettext("Trucks"), "capacities", "capacities.index", "truck"),
        (gettext("Live map"), "live", "live.index", "live"),
        (gettext("Orders"), "orders", "orders.index", "orders"),
        (gettext("Alerts"), "alerts", "alerts.index", "alert"),
        (gettext("Warehouse"), "warehouse", "warehouses.index", "rfid"),
        (gettext("Dispatch"), "jobs", "jobs.index", "dispatch"),
    )
    return [Link(label, url_for(endpoint), icon, _in_group(name)) for label, name, endpoint, icon in groups]


def warehouse_pages() -> list[tuple[str, str, str]]:
    """The pages of a warehouse: (name, endpoint, words)."""
    return [
        ("docks", "warehouses.index", gettext("Docks")),
        ("bookings", "bookings.index", gettext("Bookings")),
        ("gates", "gates.index", gettext("Gates")),
        ("work", "work.index", gettext("Scan")),
        ("labels", "labels.index", gettext("Labels")),
        ("recall", "recall.index", gettext("Recall")),
    ]


def account_pages() -> list[tuple[str, str, str]]:
    """The pages about oneself and the own organization: (name, endpoint, words)."""
    actor = viewer()
    pages = [
        ("me", "account.me", gettext("Profile")),
        ("security", "account.security", gettext("Security")),
        ("keys", "account.keys", gettext("API keys")),
        ("organization", "organization.index", gettext("Organization")),
        ("people", "people.index", gettext("People")),
    ]
    if actor is not None and actor.is_operator:
        pages.append(("verification", "organization.queue", gettext("Verification")))
    return pages


def publish_pages() -> list[tuple[str, str, str]]:
    """The pages around publishing: (name, endpoint, words)."""
    return [
        ("drafts", "drafts.index", gettext("Drafts")),
        ("paste", "drafts.paste", gettext("Paste a message")),
        ("imports", "imports.index", gettext("Import a file")),
        ("repeats", "publish_lists.repeats", gettext("Repeats")),
        ("partners", "publish_lists.partners", gettext("Partners")),
        ("lanes", "publish_lists.lanes", gettext("Saved lanes")),
        ("flags", "publish_lists.flags", gettext("Flags")),
    ]


def extension_choices(left: dict[int, int]) -> list[tuple[str, str]]:
    """Extension digits with how many numbers are free under each."""
    return [
        (str(digit), gettext("%(digit)s · %(free)s free", digit=digit, free=f"{free:,}"))
        for digit, free in left.items()
    ]


def post_button() -> Link:
    """Carriers offer trucks, everybody else posts loads."""
    actor = viewer()
    if actor is not None and actor.is_carrier and not actor.is_shipper:
        return Link(gettext("Offer a truck"), url_for("capacities.new"))
    return Link(gettext("Post a load"), url_for("post_load.new"))


def with_language(code: str) -> str:
    """This page in another language."""
    if request.method != "GET" or request.endpoint is None:
        return url_for("home.index", lang=code)
    values = {**request.args.to_dict(), **(request.view_args or {}), "lang": code}
    return url_for(request.endpoint, **values)


@cache
def _place_options(gazetteer: Gazetteer, _language: str) -> Markup:
    """The places of the map as options of a list: some hundreds, the same on every page of a language."""
    return Markup("").join(
        Markup('<option value="{}"></option>').format(place(one)) for one in gazetteer.list()
    )


def _in_group(name: str) -> bool:
    return request.blueprint == name or request.blueprint in _PARTS_OF.get(name, ())
