"""One delivery: a query document posted to the subscriber's address, signed, to no machine of the own network.

The name is resolved once, and the connection goes to the address that was checked: a name that points elsewhere a
moment later gains nothing. Redirects are not followed.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
from urllib.parse import urlsplit

from haoyun.rfid_ingest.epcis.errors import DeliveryFailed

TIMEOUT_S = 10.0
_MOST_ANSWER_BYTES = 10_000


def signature(token: str, body: bytes) -> str:
    """What stands in GS1-Signature: HMAC-SHA256 of the body under the subscriber's token, in hexadecimal."""
    return "sha256=" + hmac.new(token.encode(), body, hashlib.sha256).hexdigest()


def post(dest: str, body: bytes, token: str | None, *, private: bool) -> None:
    """Post a document. `private` allows addresses of the own network. Raises DeliveryFailed with the reason."""
    parts = urlsplit(dest)
    secure = parts.scheme == "https"
    host, port = str(parts.hostname), parts.port or (443 if secure else 80)
    headers = {"Content-Type": "application/json", "Host": parts.netloc, "User-Agent": "Haoyun-EPCIS"}
    if token:
        headers["GS1-Signature"] = signature(token, body)
    try:
        stream = socket.create_connection((_address(host, port, private=private), port), TIMEOUT_S)
        if secure:
            stream = ssl.create_default_context().wrap_socket(stream, server_hostname=host)
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
        connection.sock = stream
        with stream:
            connection.request(
                "POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers
            )
            answer = connection.getresponse()
            answer.read(_MOST_ANSWER_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise DeliveryFailed(f"{host}: {error}"[:300]) from error
    if not 200 <= answer.status < 300:
        raise DeliveryFailed(f"{host} answered {answer.status}")


def _address(host: str, port: int, *, private: bool) -> str:
    found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    allowed = [address for address in found if private or _is_public(address)]
    if not allowed:
        raise DeliveryFailed(
            f"{host} is an address of the own network; HAOYUN_WEBHOOKS_PRIVATE=true allows that"
        )
    return allowed[0]


def _is_public(address: str) -> bool:
    return ipaddress.ip_address(address.split("%", maxsplit=1)[0]).is_global
