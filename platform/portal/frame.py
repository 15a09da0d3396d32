"""The frame around every page: navigation, the button at the right, and what templates may call."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, request, url_for

from haoyun.platform.portal import labels, reasons
from haoyun.platform.portal.i18n import gettext
from haoyun.platform.portal.network_data import map_options
from haoyun.platform.portal.page import person, said, viewer
from haoyun.platform.portal.static_files import asset_url
from haoyun.platform.services import services


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
        post_button=post_button,
        person=person,
        viewer=viewer,
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
        EXCEPTIONS=labels.EXCEPTIONS,
        FLAGS=labels.FLAGS,
        state_look=labels.state_look,
        bodies_words=labels.bodies_words,
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
        (gettext("Dispatch"), "jobs", "jobs.index", "dispatch"),
    )
    return [Link(label, url_for(endpoint), icon, _in_group(name)) for label, name, endpoint, icon in groups]


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


def _in_group(name: str) -> bool:
    return request.blueprint == name or (name == "loads" and request.blueprint == "post_load")
