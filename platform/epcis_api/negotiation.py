"""What a client asks of the form of an answer, and what the server says of its own."""

from __future__ import annotations

import re
from importlib.metadata import version

from flask import Response, request

from haoyun.platform.epcis_api.problems import EpcisProblem
from haoyun.rfid_ingest.epcis.documents.xml_writer import Words
from haoyun.rfid_ingest.epcis.translate import EpcFormat

EPCIS_VERSION = "2.0.0"
CBV_VERSION = "2.0.0"
JSON = "application/json"
LD_JSON = "application/ld+json"
XML = "application/xml"
LONGEST_ADDRESS = 16_000  # characters
_VERSION = re.compile(r"\d+(\.\d+)*\Z")
_XML_TYPES = (XML, "text/xml")
_JSON_TYPES = (JSON, LD_JSON)
_WORDS: dict[str, Words] = {
    "No_Preference": "urn",
    "Always_URN": "urn",
    "Always_Web_URI": "web",
    "Never_Translates": "urn",
}


def check_request() -> None:
    """Refuse versions that are not spoken here, and addresses that are too long. Raises EpcisProblem."""
    if len(request.full_path) > LONGEST_ADDRESS:
        raise EpcisProblem(414, f"the address has more than {LONGEST_ADDRESS} characters; use a named query")
    for name, own in (("GS1-EPCIS", EPCIS_VERSION), ("GS1-CBV", CBV_VERSION)):
        lowest, highest = _numbers(f"{name}-Min"), _numbers(f"{name}-Max")
        if (lowest and lowest > _padded(own)) or (highest and highest < _padded(own)):
            raise EpcisProblem(406, f"{name}: this server speaks {own} alone")


def check_capture_version() -> None:
    """Refuse a document that says to be of a version that is not read here."""
    stated = _numbers("GS1-EPCIS-Version")
    if stated and stated[0] not in (1, 2):
        raise EpcisProblem(406, "GS1-EPCIS-Version: 2.0 and 1.0 to 1.2 are read")
    words = _numbers("GS1-CBV-Version")
    if words and words[0] not in (1, 2):
        raise EpcisProblem(406, "GS1-CBV-Version: 2.0 and 1.0 to 1.2 are read")


def _numbers(header: str) -> tuple[int, ...] | None:
    given = request.headers.get(header)
    if given is None:
        return None
    if not _VERSION.match(given.strip()) or len(given) > 40:
        raise EpcisProblem(406, f"{header}: write a version such as 2.0, not {given[:40]!r}")
    return _padded(given.strip())


def _padded(text: str) -> tuple[int, ...]:
    parts = [int(part) for part in text.split(".")][:3]
    return tuple([*parts, 0, 0][:3])


def wants_xml(*, offered: bool = True) -> bool:
    """Whether the answer is XML rather than JSON; `offered` says whether there is any. Raises EpcisProblem (406)."""
    kinds = [*_JSON_TYPES, *(_XML_TYPES if offered else ())]
    best = request.accept_mimetypes.best_match(kinds) if request.headers.get("Accept") else JSON
    if best is None:
        raise EpcisProblem(406, f"Accept: {', '.join(kinds)} are offered")
    return best in _XML_TYPES


def json_type() -> str:
    """The media type of a JSON answer."""
    best = request.accept_mimetypes.best_match([JSON, LD_JSON], JSON)
    return best or JSON


def body_is_xml() -> bool:
    """Whether the request's body is XML rather than JSON. Raises EpcisProblem (415)."""
    if request.mimetype in _XML_TYPES:
        return True
    if request.mimetype in _JSON_TYPES:
        return False
    raise EpcisProblem(415, f"Content-Type: {', '.join((*_JSON_TYPES, *_XML_TYPES))} are taken")


def json_body() -> None:
    """Refuse a body that is not JSON. Raises EpcisProblem (415)."""
    if body_is_xml():
        raise EpcisProblem(415, f"Content-Type: {', '.join(_JSON_TYPES)} are taken here")


def epc_format() -> EpcFormat:
    """How EPCs are to be written; by the standard as Digital Links unless said otherwise."""
    given = request.headers.get("GS1-EPC-Format", EpcFormat.DIGITAL_LINK.value)
    try:
        return EpcFormat(given)
    except ValueError:
        raise EpcisProblem(406, f"GS1-EPC-Format: write one of {', '.join(EpcFormat)}") from None


def xml_words() -> Words:
    """How the CBV's words are to be written in XML."""
    given = request.headers.get("GS1-CBV-XML-Format", "No_Preference")
    if given not in _WORDS:
        raise EpcisProblem(406, f"GS1-CBV-XML-Format: write one of {', '.join(_WORDS)}")
    return _WORDS[given]


def say_versions(response: Response) -> Response:
    """Put the versions on every answer."""
    response.headers["GS1-EPCIS-Version"] = EPCIS_VERSION
    response.headers["GS1-CBV-Version"] = CBV_VERSION
    return response


def discovery(allow: str, extra: dict[str, str] | None = None) -> Response:
    """The answer to OPTIONS: what is allowed, and what this server speaks."""
    headers = {
        "Allow": allow,
        "GS1-EPCIS-Min": EPCIS_VERSION,
        "GS1-EPCIS-Max": EPCIS_VERSION,
        "GS1-CBV-Min": CBV_VERSION,
        "GS1-CBV-Max": CBV_VERSION,
        "GS1-EPC-Format": ", ".join(EpcFormat),
        "GS1-CBV-XML-Format": ", ".join(_WORDS),
        "GS1-Vendor-Version": version("haoyun"),
        **(extra or {}),
    }
    return Response(status=204, headers=headers)
