"""Errors as problem+json (RFC 9457): type, title, status, detail, errors by field, in the caller's language.

A foreign object and a missing one get the very same answer. Nothing here shows a traceback.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
import sqlalchemy as sa
import structlog
from apiflask.exceptions import HTTPError
from flask import Flask, Response, request
from flask_wtf.csrf import CSRFError
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed

from haoyun.platform.api.language import text
from haoyun.platform.ids import new_id

API_PREFIXES = ("/api/", "/in/")  # /in/: reports of devices over HTTP
CONTENT_TYPE = "application/problem+json"
_TITLES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    422: "unprocessable",
    429: "too_many",
    500: "internal",
    503: "busy",
}
log = structlog.get_logger(__name__)


class Problem(Exception):
    """An answer other than success, thrown by a view."""

    def __init__(
        self,
        status: int,
        detail: str = "",
        *,
        errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = dict(errors or {})
        self.headers = dict(headers or {})


def not_found() -> Problem:
    """The one answer for what is missing and for what is somebody else's."""
    return Problem(404, text("not_found_detail"))


def wrong_field(field: str, key: str, **params: object) -> Problem:
    """One field breaks the rule of this key (see language.TEXTS)."""
    return Problem(422, errors={field: text(key, params)})


def answer(problem: Problem) -> Response:
    """The response of a problem."""
    title = _TITLES.get(problem.status, "bad_request")
    body: dict[str, Any] = {
        "type": f"urn:haoyun:problem:{title.replace('_', '-')}",
        "title": text(title),
        "status": problem.status,
        "detail": problem.detail or "; ".join(f"{k}: {v}" for k, v in problem.errors.items()) or text(title),
    }
    if problem.errors:
        body["errors"] = problem.errors
    response = Response(orjson.dumps(body), problem.status, problem.headers, content_type=CONTENT_TYPE)
    response.vary.add("Accept-Language")
    return response


def is_api_request() -> bool:
    """Whether this request is answered with JSON, errors included: the portal's error pages ask first."""
    return request.path.startswith(API_PREFIXES)


def asked_for() -> str:
    """What a log may say of the address: of a device's report the rule alone, for its secret is in the path."""
    return str(request.url_rule) if request.path.startswith("/in/") else request.path


def answer_http_error(error: HTTPException | HTTPError) -> Response:
    """The problem+json of an error that Flask, APIFlask or Flask-Limiter raised."""
    if isinstance(error, HTTPError):
        return answer(_of_validation(error))
    if isinstance(error, InternalServerError):
        return answer(_internal(error))
    status = error.code or 500
    headers = {k: v for k, v in error.get_headers() if k.lower() not in ("content-type", "content-length")}
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return answer(Problem(status, _detail(error, status), headers=headers))


def _detail(error: HTTPException, status: int) -> str:
    if isinstance(error, CSRFError):
        return text("csrf")
    if status == 404:
        return text("not_found_detail")
    if status == 400:
        return text("malformed_json") if request.is_json or request.data else text("bad_request")
    return ""


def _internal(error: InternalServerError) -> Problem:
    reference = new_id("err")
    log.error("request failed", reference=reference, path=asked_for(), exc_info=error.original_exception)
    return Problem(500, text("internal_detail", {"reference": reference}))


def _of_validation(error: HTTPError) -> Problem:
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        return Problem(422, errors=dict(field_errors(cause.errors())))
    return Problem(error.status_code, error.message or "")


def field_errors(details: Iterable[ErrorDetails]) -> Iterable[tuple[str, str]]:
    """Field and sentence of each of pydantic's errors."""
    for detail in details:
        field = ".".join(str(part) for part in detail["loc"]) or "body"
        yield field, _sentence(detail)


_TYPES = {
    "int": "an integer",
    "float": "a number",
    "string": "text",
    "bool": "true or false",
    "list": "a list",
}
_WITH_CONTEXT = {
    "missing": "field.missing",
    "extra_forbidden": "field.unknown",
    "enum": "field.one_of",
    "literal_error": "field.one_of",
    "string_pattern_mismatch": "field.pattern",
}
_LIMITS = {
    "greater_than_equal": ("field.at_least", "ge"),
    "less_than_equal": ("field.at_most", "le"),
    "greater_than": ("field.more_than", "gt"),
    "less_than": ("field.less_than", "lt"),
    "string_too_short": ("field.shortest", "min_length"),
    "string_too_long": ("field.longest", "max_length"),
    "too_long": ("field.most_items", "max_length"),
    "too_short": ("field.fewest_items", "min_length"),
}


def _sentence(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in _LIMITS:
        key, name = _LIMITS[kind]
        return text(key, {"limit": context[name]})
    if kind in _WITH_CONTEXT:
        return text(_WITH_CONTEXT[kind], context)
    if kind.startswith(("datetime", "timezone")):
        return text("field.instant")
    base = kind.removesuffix("_type").removesuffix("_parsing").removesuffix("_from_float")
    if base in _TYPES:
        return text("field.type", {"expected": _TYPES[base]})
    return detail["msg"].removeprefix("Value error, ")


def register_problem_handlers(app: Flask) -> None:
    """Answer every error under ``/api/`` with problem+json; leave the others to the portal."""

    def on_http_error(error: HTTPException) -> HTTPException | Response:
        return answer_http_error(error) if is_api_request() else error

    def on_validation(error: HTTPError) -> Response:
        return answer_http_error(error)

    def on_busy(error: sa.exc.OperationalError) -> Response:
        log.error("database does not answer", error=str(error.orig), path=asked_for())
        if is_api_request():
            return answer(Problem(503, text("busy_detail"), headers={"Retry-After": "2"}))
        return Response(text("busy"), 503, {"Retry-After": "2"}, content_type="text/plain; charset=utf-8")

    def on_depth(_error: RecursionError) -> Response:
        return answer(Problem(400, text("malformed_json")))  # brackets nested by the thousand

    app.register_error_handler(HTTPException, on_http_error)
    app.register_error_handler(HTTPError, on_validation)
    app.register_error_handler(sa.exc.OperationalError, on_busy)
    app.register_error_handler(Problem, answer)
    app.register_error_handler(RecursionError, on_depth)
