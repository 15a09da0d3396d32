"""Security headers of every answer. Scripts run only from our own files or with this request's nonce."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from flask import Flask, Response, g, request

from haoyun.platform.services import services

# MapLibre sets styles on its own elements and reads icons from data: addresses; nothing else needs either.
_POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:{hosts}; worker-src 'self' blob:; connect-src 'self'{hosts}{live}; font-src 'self'; "
    "object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def init_headers(app: Flask, origins: tuple[str, ...] = ()) -> None:
    """Put the headers on every answer, and `csp_nonce()` into the templates.

    `origins`: where a base map that the operator chose comes from; without one, nothing but this host.
    """
    app.after_request(_headers_for("".join(f" {origin}" for origin in origins)))
    app.jinja_env.globals["csp_nonce"] = csp_nonce


def csp_nonce() -> str:
    """The nonce of this request, 128 bits."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def _live_host() -> str:
    """Where live streams come from, when that is not this host and port."""
    address = services().settings.live_address(request.host, request.scheme)
    return f" {address}" if address and "://" in address and ";" not in address else ""


def _headers_for(hosts: str) -> Callable[[Response], Response]:
    def add_headers(response: Response) -> Response:
        policy = _POLICY.format(nonce=csp_nonce(), hosts=hosts, live=_live_host())
        response.headers.setdefault("Content-Security-Policy", policy)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if response.mimetype == "text/html":
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return add_headers
