"""Language and theme of a request: what the reader chose, else what the browser asks for, else the first configured."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_name
from flask import Blueprint, Flask, Response, current_app, g, redirect, render_template, request
from flask_babel import Babel, get_translations
from werkzeug.wrappers import Response as AnyResponse

from haoyun.platform.settings import Settings

LANG_COOKIE, THEME_COOKIE = "haoyun_lang", "haoyun_theme"
_YEAR_S = 31_536_000
_LOCALES = {"zh": "zh_Hans_CN", "en": "en"}  # gettext finds the folder "zh" for the first
_THEMES = ("light", "dark")

blueprint = Blueprint("look", __name__)


def init_i18n(app: Flask, settings: Settings) -> None:
    """Put translations and the language of the request on the app."""
    app.config["HAOYUN_LANGUAGES"] = settings.languages
    app.config["HAOYUN_TIME_ZONE"] = settings.time_zone
    Babel(
        app,
        default_locale="en",
        default_timezone=settings.time_zone,
        locale_selector=locale_name,
    )
    # Babel's own look up the request's language for each word; a page has hundreds.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda one: _translations().ugettext(one),
        ngettext=lambda one, many, n: _translations().ungettext(one, many, n),
        newstyle=True,
    )
    app.jinja_env.globals.update(
        language=language, theme=theme, other_language=other_language, zone=zone, zone_name=zone_name
    )
    app.after_request(_remember_language)


def language() -> str:
    """ "zh" or "en"."""
    if "language" not in g:
        g.language = _choose(current_app.config["HAOYUN_LANGUAGES"])
    return str(g.language)


def locale_name() -> str:
    """The name of the request's language for Babel."""
    return _LOCALES[language()]


def gettext(message: str, **values: object) -> str:
    """A message in the reader's language, with its values."""
    found = str(_translations().ugettext(message))
    return found % values if values else found


def _translations() -> Any:
    """Those of the request's language, looked up once a request."""
    if "translations" not in g:
        g.translations = get_translations()
    return g.translations


def zone() -> ZoneInfo:
    """The zone of all times on pages, also of those that are typed in; the foot of each page names it."""
    return ZoneInfo(current_app.config["HAOYUN_TIME_ZONE"])


def zone_name() -> str:
    """The zone's name in the reader's language, such as "China Time"."""
    return str(get_timezone_name(zone(), locale=locale_name()))


def other_language() -> str | None:
    """The language to offer, or None where only one is configured."""
    return next((one for one in current_app.config["HAOYUN_LANGUAGES"] if one != language()), None)


def theme() -> str | None:
    """ "light", "dark", or None: as the reader's system says."""
    chosen = request.cookies.get(THEME_COOKIE)
    return chosen if chosen in _THEMES else None


@blueprint.get("/look")
def choose() -> AnyResponse:
    """Remember a theme without JavaScript, then go back."""
    response = redirect(local_address(request.args.get("next")))
    chosen = request.args.get("theme", "")
    if chosen in _THEMES:
        response.set_cookie(THEME_COOKIE, chosen, max_age=_YEAR_S, samesite="Lax")
    return response


@blueprint.get("/icon.svg")
def icon() -> Response:
    """The mark in the browser's tab."""
    response = Response(render_template("icon.svg"), mimetype="image/svg+xml")
    response.cache_control.max_age = _YEAR_S
    return response


def _choose(languages: tuple[str, ...]) -> str:
    for wanted in (request.args.get("lang"), request.cookies.get(LANG_COOKIE)):
        if wanted in languages:
            return str(wanted)
    return request.accept_languages.best_match(languages) or languages[0]


def _remember_language(response: Response) -> Response:
    asked = request.args.get("lang", "")
    if asked in current_app.config["HAOYUN_LANGUAGES"]:
        response.set_cookie(LANG_COOKIE, asked, max_age=_YEAR_S, samesite="Lax")
    if response.mimetype == "text/html":
        response.vary.update(("Cookie", "Accept-Language"))
        response.content_language.add("zh-Hans" if language() == "zh" else "en")
    return response


def local_address(address: str | None) -> str:
    """Only a path of this site: never somebody else's address."""
    parts = urlsplit(address or "/")
    is_ours = not parts.scheme and not parts.netloc and parts.path.startswith("/") and "\\" not in parts.path
    return address if address and is_ours and not address.startswith("//") else "/"
