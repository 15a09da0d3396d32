"""The built files of the portal: addresses that change with the content, and the compressed twin where one fits."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, current_app, request, send_from_directory, url_for

DIST = Path(__file__).resolve().parent / "static" / "dist"
_FOREVER_S = 31_536_000  # the address carries a digest of the content
_TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".css": "text/css"}

blueprint = Blueprint("assets", __name__)


@blueprint.get("/assets/<path:name>")
def file(name: str) -> Response:
    """One built file; gzip where the browser takes it and the build made it."""
    zipped = f"{name}.gz"
    use_zipped = "gzip" in request.headers.get("Accept-Encoding", "") and (DIST / zipped).is_file()
    mimetype = _TYPES.get(Path(name).suffix)
    response = send_from_directory(
        DIST, zipped if use_zipped else name, mimetype=mimetype, max_age=_FOREVER_S
    )
    response.headers["Vary"] = "Accept-Encoding"
    if use_zipped:
        response.headers["Content-Encoding"] = "gzip"
    return response


def asset_url(name: str) -> str:
    """The address of a built file, for templates."""
    return url_for("assets.file", name=name, v=_digest(name, current_app.debug))


def assets_are_built() -> bool:
    """Whether the front-end build has run; `pip install .` runs it."""
    return (DIST / "portal.js").is_file()


@lru_cache(maxsize=64)
def _digest(name: str, _debug: bool) -> str:
    path = DIST / name
    return hashlib.blake2b(path.read_bytes(), digest_size=5).hexdigest() if path.is_file() else "0"
