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
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from urllib.parse import SplitResult, urlsplit

from haoyun.rfid_ingest.epcis.errors import DeliveryFailed

TIMEOUT_S = 10.0  # of each step
TOTAL_S = 15.0  # of all steps: who answers a byte at a time would hold up all other subscribers
_MOST_ANSWER_BYTES = 10_000
# Addresses that carry another one within them, by which the own network could be meant: IPv4-compatible (RFC 4291,
# 2.5.5.1), NAT64 (RFC 6052) and 6to4 (RFC 3056).
_CARRYING = tuple(map(ipaddress.IPv6Network, ("::/96", "64:ff9b::/96", "2002::/16")))


def signature(token: str, body: bytes) -> str:
    """What stands in GS1-Signature: HMAC-SHA256 of the body under the subscriber's token, in hexadecimal."""
    return "sha256=" + hmac.new(token.encode(), body, hashlib.sha256).hexdigest()


def post(dest: str, body: bytes, token: str | None, *, private: bool) -> None:
    """Post a document. `private` allows addresses of the own network. Raises DeliveryFailed with the reason."""
    headers = {"User-Agent": "Haoyun-EPCIS", **({"GS1-Signature": signature(token, body)} if token else {})}
    send(dest, body, headers, private=private)


def send(dest: str, body: bytes, headers: Mapping[str, str], *, private: bool) -> None:
    """Post JSON with further headers, under the rules of this module. Raises DeliveryFailed with the reason."""
    try:
        status = _status(urlsplit(dest), body, headers, private=private)
    # A ValueError is an address that cannot be written: a label too long for a name, a path beyond ASCII.
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise DeliveryFailed(f"{_host(dest)}: {error}"[:300]) from error
    if not 200 <= status < 300:
        raise DeliveryFailed(f"{_host(dest)} answered {status}")


def _host(dest: str) -> str:
    try:
        return str(urlsplit(dest).hostname)[:100]
    except ValueError:
        return dest[:100]


def _status(parts: SplitResult, body: bytes, more: Mapping[str, str], *, private: bool) -> int:
    """The status that the receiver answers the document with."""
    secure = parts.scheme == "https"
    host, port = str(parts.hostname), parts.port or (443 if secure else 80)
    headers = {"Content-Type": "application/json", "Host": parts.netloc, "User-Agent": "Haoyun", **more}
    stream = socket.create_connection((_address(host, port, private=private), port), TIMEOUT_S)
    if secure:
        context = ssl.create_default_context()
        stream = context.wrap_socket(stream, server_hostname=host, do_handshake_on_connect=False)
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    connection.sock = stream
    with stream, _ended_after(stream, TOTAL_S):
        if isinstance(stream, ssl.SSLSocket):
            stream.do_handshake()
        connection.request(
            "POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers
        )
        answer = connection.getresponse()
        answer.read(_MOST_ANSWER_BYTES)
    return answer.status


@contextmanager
def _ended_after(stream: socket.socket, seconds: float) -> Iterator[None]:
    """Cut the connection when the time is up, whatever it waits for."""
    timer = threading.Timer(seconds, _cut, [stream])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(stream: socket.socket) -> None:
    with suppress(OSError):  # closed meanwhile
        stream.shutdown(socket.SHUT_RDWR)


def _address(host: str, port: int, *, private: bool) -> str:
    found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    allowed = [address for address in found if private or _is_public(address)]
    if not allowed:
        raise DeliveryFailed(
            f"{host} is an address of the own network; HAOYUN_WEBHOOKS_PRIVATE=true allows that"
        )
    return allowed[0]


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return _is_public(str(found.ipv4_mapped))
        if found.is_site_local or any(found in network for network in _CARRYING):
            return False
    return found.is_global and not found.is_multicast
