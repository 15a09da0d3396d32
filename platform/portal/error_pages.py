"""Errors as pages in the reader's language; the API's own errors pass through. Nobody sees a traceback."""

from __future__ import annotations

import sqlalchemy as sa
import structlog
from flask import Flask, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError

from haoyun.platform.api.language import text
from haoyun.platform.api.problems import Problem, answer, answer_http_error, asked_for, is_api_request
from haoyun.platform.ids import new_id
from haoyun.platform.portal.i18n import gettext

log = structlog.get_logger(__name__)

_PAGES = {
    400: (_l("This request makes no sense"), _l("Go back, reload the page and try again.")),
    403: (_l("You may not do this"), _l("Your role or organization does not allow it.")),
    404: (_l("Nothing is here"), _l("It does not exist, or it does not belong to your organization.")),
    405: (_l("This request makes no sense"), _l("Go back, reload the page and try again.")),
    413: (_l("That is too much"), _l("What you sent is larger than the platform takes.")),
    429: (_l("Too many requests"), _l("Wait a minute, then try again.")),
    500: (_l("Something broke on our side"), _l("It was logged. Try again in a moment.")),
    503: (_l("Not available for a moment"), _l("Nothing was lost. Try again soon.")),
}


def init_error_pages(app: Flask) -> None:
    """Answer each error of a page with a page."""
    for code in _PAGES:
        app.register_error_handler(code, _http_error)
    app.register_error_handler(CSRFError, _http_error)
    app.register_error_handler(sa.exc.OperationalError, _busy)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if is_api_request():
        return answer_http_error(error)
    reference = ""
    if isinstance(error, InternalServerError):
        reference = new_id("err")
        log.error("page failed", reference=reference, path=asked_for(), exc_info=error.original_exception)
    return error_page(error.code or 500, _words(error), reference)


def _words(error: HTTPException) -> str:
    """What to say beside the usual words of the code."""
    if isinstance(error, CSRFError):
        return gettext("The page was open for too long. Reload it and send it again.")
    return ""


def _busy(error: sa.exc.OperationalError) -> ResponseReturnValue:
    log.error("database does not answer", error=str(error.orig), path=asked_for())
    if is_api_request():
        return answer(Problem(503, text("busy_detail"), headers={"Retry-After": "2"}))
    return error_page(503)


def error_page(code: int, words: str = "", reference: str = "") -> ResponseReturnValue:
    """The page of a status code; `words` in place of the usual ones."""
    title, usual = _PAGES.get(code, _PAGES[500])
    page = render_template("error.html", code=code, title=title, words=words or usual, reference=reference)
    return page, code
