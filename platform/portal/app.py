"""The one web application: pages, API, health and sign-in on one port."""

from __future__ import annotations

from pathlib import Path

import structlog
from apiflask import APIFlask

from haoyun.platform.accounts.security import init_security
from haoyun.platform.api.app_parts import api_flask_options, register_api
from haoyun.platform.database import Databases
from haoyun.platform.epcis_api.app_part import register_epcis
from haoyun.platform.portal import (
    account,
    alerts,
    auctions,
    bookings,
    capacities,
    completions,
    custody,
    devices,
    docks,
    drafts,
    duty,
    emissions,
    exceptions,
    fences,
    fleet,
    gates,
    home,
    i18n,
    imports,
    jobs,
    label_pages,
    live,
    loads,
    map_tiles,
    network_data,
    orders,
    organization,
    people,
    post_load,
    privacy,
    public_tracking,
    publish_lists,
    quotes,
    recall,
    replay,
    rounds,
    sharing,
    sign_in,
    static_files,
    statistics,
    warehouses,
    webhooks,
    work,
)
from haoyun.platform.portal.error_pages import init_error_pages
from haoyun.platform.portal.formats import init_formats
from haoyun.platform.portal.frame import init_frame
from haoyun.platform.portal.headers import init_headers
from haoyun.platform.settings import Settings

FOLDER = Path(__file__).resolve().parent
_GROUPS = (
    static_files,
    i18n,
    network_data,
    map_tiles,
    home,
    account,
    sign_in,
    organization,
    people,
    loads,
    post_load,
    drafts,
    imports,
    publish_lists,
    completions,
    capacities,
    devices,
    fleet,
    exceptions,
    fences,
    duty,
    privacy,
    quotes,
    orders,
    custody,
    live,
    alerts,
    auctions,
    public_tracking,
    sharing,
    replay,
    gates,
    warehouses,
    docks,
    bookings,
    work,
    label_pages,
    recall,
    webhooks,
    jobs,
    rounds,
    statistics,
    emissions,
)
log = structlog.get_logger(__name__)


def create_app(settings: Settings, databases: Databases) -> APIFlask:
    """Make the application. The databases must be migrated; their owner closes them."""
    app = APIFlask(
        "haoyun.platform.portal",  # a namespace package has no folder of its own: both paths are given
        root_path=str(FOLDER),
        instance_path=str(settings.data.resolve()),
        static_folder=None,  # type: ignore[arg-type]  # Flask takes None
        enable_openapi=True,
        **api_flask_options(),
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    i18n.init_i18n(app, settings)
    init_security(app, settings, databases)
    register_api(app, settings, databases)
    register_epcis(app)
    init_headers(app, settings.base_map.origins)
    init_formats(app)
    init_frame(app)
    for group in _GROUPS:
        app.register_blueprint(group.blueprint)
    account.limit_sign_in(app)
    init_error_pages(app)
    if not static_files.assets_are_built():
        log.warning(
            "the portal's files are not built; run `pip install .` or `python platform/build_assets.py`"
        )
    return app
