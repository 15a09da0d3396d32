"""Errors of the EPCIS interface: RFC 7807 with the standard's exception types, as JSON or XML.

What is missing and what is somebody else's get the same answer. No traceback is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement, tostring

import orjson
import sqlalchemy as sa
import structlog
from flask import Blueprint, Response, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed, RequestEntityTooLarge

from haoyun.platform.api.language import language, text
from haoyun.platform.api.problems import Problem
from haoyun.platform.ids import new_id
from haoyun.platform.time_limit import TookTooLong
from haoyun.rfid_ingest.epcis.errors import (
    EventTaken,
    InvalidQuery,
    MalformedDocument,
    NameTaken,
    NotFound,
    QueryTooComplex,
    QueryTooLarge,
    SubscriptionRefused,
)
from haoyun.rfid_ingest.epcis.validation.fault import Fault

EPCIS = "urn:epcglobal:epcis:xsd:2"
_SHOWN = 5  # faults in the sentence; a capture job tells all
_TITLES = {
    "ValidationException": ("文档不符合 EPCIS", "The document breaks EPCIS"),
    "QueryParameterException": ("查询参数有误", "A query parameter is wrong"),
    "SubscriptionControlsException": ("订阅有误", "The subscription is wrong"),
    "SecurityException": ("未授权", "Not authorized"),
    "NoSuchNameException": ("不存在", "Not found"),
    "NotAcceptableException": ("无法按要求应答", "Cannot answer in that way"),
    "ResourceAlreadyExistsException": ("已存在", "It exists already"),
    "CaptureLimitExceededException": ("请求内容过大", "The request is too large"),
    "QueryTooLargeException": ("结果过多", "The result is too large"),
    "QueryTooComplexException": ("查询过于复杂", "The query is too complex"),
    "URITooLongException": ("地址过长", "The address is too long"),
    "UnsupportedMediaTypeException": ("不支持的媒体类型", "The media type is not supported"),
    "ImplementationException": ("服务器错误", "The server failed"),
}
_OF_STATUS = {
    400: "ValidationException",
    401: "SecurityException",
    403: "SecurityException",
    404: "NoSuchNameException",
    406: "NotAcceptableException",
    409: "ResourceAlreadyExistsException",
    413: "CaptureLimitExceededException",
    414: "URITooLongException",
    415: "UnsupportedMediaTypeException",
}
_ERRORS: dict[type[Exception], tuple[int, str]] = {
    InvalidQuery: (400, "QueryParameterException"),
    SubscriptionRefused: (400, "SubscriptionControlsException"),
    NotFound: (404, "NoSuchNameException"),
    NameTaken: (409, "ResourceAlreadyExistsException"),
    EventTaken: (409, "ResourceAlreadyExistsException"),
    QueryTooLarge: (413, "QueryTooLargeException"),
    QueryTooComplex: (413, "QueryTooComplexException"),
}
log = structlog.get_logger(__name__)


class EpcisProblem(Exception):
    """An answer other than success; `name` is the standard's exception, by the status unless given."""

    def __init__(
        self, status: int, detail: str, name: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.name = name or _OF_STATUS.get(status, "ImplementationException")
        self.headers = dict(headers or {})


def members(problem: EpcisProblem) -> dict[str, object]:
    """What a problem says, in the caller's language."""
    zh, en = _TITLES[problem.name]
    return {
        "type": f"epcisException:{problem.name}",
        "title": zh if language() == "zh" else en,
        "status": problem.status,
        "detail": problem.detail,
    }


def answer(problem: EpcisProblem) -> Response:
    """The response of a problem: XML where the caller asks for that alone, else JSON."""
    if request.accept_mimetypes.best_match(["application/json", "application/xml"]) == "application/xml":
        body, kind = _xml(members(problem)), "application/problem+xml"
    else:
        body, kind = orjson.dumps(members(problem)), "application/problem+json"
    response = Response(body, problem.status, problem.headers, content_type=kind)
    response.vary.update(["Accept-Language", "Accept"])
    return response


def of_faults(faults: tuple[Fault, ...], status: int = 400, name: str | None = None) -> EpcisProblem:
    """The problem that a document's faults are."""
    said = [fault.text(language()) for fault in faults[:_SHOWN]]
    more = f" (+{len(faults) - _SHOWN})" if len(faults) > _SHOWN else ""
    return EpcisProblem(status, "; ".join(said) + more, name)


def _xml(said: Mapping[str, object]) -> bytes:
    root = Element("epcis:EPCISException", {"xmlns:epcis": EPCIS})
    for name, value in said.items():
        SubElement(root, name).text = str(value)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _of_http(error: HTTPException) -> EpcisProblem:
    if isinstance(error, InternalServerError):
        reference = new_id("err")
        log.error("request failed", reference=reference, path=request.path, exc_info=error.original_exception)
        return EpcisProblem(500, text("internal_detail", {"reference": reference}))
    if isinstance(error, RequestEntityTooLarge):
        return EpcisProblem(413, text("too_large"), headers=LIMITS)
    if isinstance(error, CSRFError):
        return EpcisProblem(403, text("csrf"))
    if isinstance(error, MethodNotAllowed):
        allowed = {"Allow": ", ".join(sorted(error.valid_methods or ()))}
        return EpcisProblem(405, text("method_not_allowed"), headers=allowed)
    return EpcisProblem(error.code or 500, text("not_found_detail"))


LIMITS: dict[str, str] = {}  # the limits of a capture, which a refusal names; filled by capture.py


def register(blueprint: Blueprint) -> None:
    """Answer every error of the blueprint's views in the standard's form."""
    for kind, (status, name) in _ERRORS.items():
        blueprint.register_error_handler(
            kind, lambda error, status=status, name=name: answer(EpcisProblem(status, str(error), name))
        )
    blueprint.register_error_handler(EpcisProblem, answer)
    blueprint.register_error_handler(MalformedDocument, lambda error: answer(of_faults(error.faults)))
    blueprint.register_error_handler(
        Problem, lambda e: answer(EpcisProblem(e.status, e.detail or text("forbidden"), headers=e.headers))
    )
    blueprint.register_error_handler(HTTPException, lambda error: answer(_of_http(error)))
    blueprint.register_error_handler(sa.exc.OperationalError, _busy)
    blueprint.register_error_handler(TookTooLong, _too_long)
    blueprint.register_error_handler(
        RecursionError, lambda _error: answer(EpcisProblem(400, text("malformed_json")))
    )


def _too_long(error: TookTooLong) -> Response:
    detail = f"the query ran {error} and was ended; name more criteria, or a shorter time"
    return answer(EpcisProblem(413, detail, "QueryTooComplexException"))


def _busy(error: sa.exc.OperationalError) -> Response:
    log.error("database does not answer", error=str(error.orig), path=request.path)
    return answer(EpcisProblem(503, text("busy_detail"), "ImplementationException", {"Retry-After": "2"}))
