"""Files as answers."""

from __future__ import annotations

from flask import Response

PDF, CSV = "application/pdf", "text/csv; charset=utf-8"


def download(content: bytes | str, kind: str, name: str, *, inline: bool = False) -> Response:
    """A file of that name; `inline` lets a browser show it."""
    response = Response(content, content_type=kind)
    way = "inline" if inline else "attachment"
    response.headers["Content-Disposition"] = f'{way}; filename="{name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
