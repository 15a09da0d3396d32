"""Positions over HTTP for apps that speak nothing else: OsmAnd, Traccar Client, OwnTracks in HTTP mode, own scripts.

`/in/{kind}` with Basic authentication (device, secret), or `/in/{kind}/{device}/{secret}` for apps that can send no
header. The report goes through the broker like every other; the answer comes when the broker has it.
"""

from __future__ import annotations

import threading
from urllib.parse import urlencode

import structlog
from flask import Blueprint, Flask, Response, current_app, request
from flask.typing import ResponseReturnValue

from haoyun.platform.accounts.security import csrf
from haoyun.platform.api.decoder_words import in_chinese
from haoyun.platform.api.language import language, text
from haoyun.platform.api.limits import DEVICE_GUESSES, limiter
from haoyun.platform.api.problems import Problem, answer
from haoyun.platform.broker_address import gateway_address
from haoyun.platform.services import services
from haoyun.platform.settings import Settings
from haoyun.tracking.decoders import DECODERS, decode
from haoyun.tracking.devices_store import Device, find_device, has_secret
from haoyun.tracking.errors import BrokerUnreachable, DecodeError
from haoyun.tracking.gateway_line import GatewayLine
from haoyun.tracking.messages import DEVICE_NAME, Message, topic_up

MAX_REPORT_BYTES = 64 * 1024
BROKER_WITHIN_S = 5.0
EXTENSION = "haoyun_http_intake"
CLIENT_NAME = "haoyun-http"
blueprint = Blueprint("http_intake", __name__)
csrf.exempt(blueprint)
_log = structlog.get_logger(__name__)


class HttpIntake:
    """The line to the broker, opened at the first report: many processes of this app never need it.

    A broker that is away or slow must not hold every thread of the portal: at most a quarter of them wait for it.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._room = threading.BoundedSemaphore(max(1, settings.threads // 4))
        self._lock = threading.Lock()
        self._line: GatewayLine | None = None

    def publish(self, topic: str, payload: bytes) -> None:
        """Hand to the broker and wait until it has it. Raises BrokerUnreachable."""
        if not self._room.acquire(blocking=False):
            raise BrokerUnreachable("too many reports wait for the broker")
        try:
            self._opened().publish_and_wait(topic, payload, BROKER_WITHIN_S)
        finally:
            self._room.release()

    def _opened(self) -> GatewayLine:
        with self._lock:
            if self._line is None:
                self._line = GatewayLine(gateway_address(self._settings), CLIENT_NAME)
                self._line.start()
                self._line.wait_online(BROKER_WITHIN_S)  # once; later a line that is down is answered at once
            return self._line

    def close(self) -> None:
        """Sign off."""
        if self._line is not None:
            self._line.stop()


def register_http_intake(app: Flask, settings: Settings) -> HttpIntake:
    """Put `/in/…` on the app."""
    intake = HttpIntake(settings)
    app.extensions[EXTENSION] = intake
    app.register_blueprint(blueprint)
    return intake


@blueprint.route("/in/<kind>", methods=["GET", "POST"])
@limiter.limit(DEVICE_GUESSES, deduct_when=lambda response: response.status_code == 401)
def by_header(kind: str) -> ResponseReturnValue:
    """A report under Basic authentication."""
    given = request.authorization
    if given is None or given.type != "basic":
        return _refused()
    return _take(kind, given.username or "", given.password or "")


@blueprint.route("/in/<kind>/<device>/<secret>", methods=["GET", "POST"])
@limiter.limit(DEVICE_GUESSES, deduct_when=lambda response: response.status_code == 401)
def by_address(kind: str, device: str, secret: str) -> ResponseReturnValue:
    """A report whose credential is part of the address."""
    return _take(kind, device, secret)


def _take(kind: str, name: str, secret: str) -> ResponseReturnValue:
    device = _device_of(name, secret)
    if device is None:
        return _refused()
    payload = _payload()
    if len(payload) > MAX_REPORT_BYTES:
        return answer(Problem(413, text("report_too_large", {"limit": MAX_REPORT_BYTES})))
    problem = _problem_of(kind, device, payload)
    if problem is not None:
        return answer(problem)
    intake = current_app.extensions[EXTENSION]
    assert isinstance(intake, HttpIntake)
    try:
        intake.publish(topic_up(device.name, device.shard, kind), payload)
    except BrokerUnreachable as error:
        _log.warning("report_not_taken", device=device.name, reason=str(error))
        return answer(Problem(503, text("busy_detail"), headers={"Retry-After": "5"}))
    # OwnTracks wants a JSON array, the others nothing.
    return Response("[]", 200, content_type="application/json")


def _device_of(name: str, secret: str) -> Device | None:
    if not DEVICE_NAME.fullmatch(name):
        return None
    with services().read_tracking() as db:
        device = find_device(db, name)
    if device is None or device.revoked_at is not None or not has_secret(device, secret):
        return None
    return device


def _payload() -> bytes:
    """The body; for a GET, and for a POST of OsmAnd without one, the query as a form."""
    if request.method == "POST" and request.content_length:
        # Read whole: a form would otherwise be parsed and gone.
        return request.get_data(cache=False, parse_form_data=False)
    return urlencode(list(request.args.items(multi=True))).encode()


def _problem_of(kind: str, device: Device, payload: bytes) -> Problem | None:
    """Why the platform would not understand the report; the intake decides again, when it arrives there."""
    if kind not in DECODERS:
        return Problem(404, text("report_kind", {"kinds": ", ".join(sorted(DECODERS))}))
    if not payload:
        return Problem(400, text("report_empty"))
    try:
        decoded = decode(Message("", device.name, kind, payload, services().now(), device.id))
    except DecodeError as error:
        return Problem(422, text("report_wrong", {"reason": _in_words(error)}))
    if decoded.bad and not decoded.fixes:
        return Problem(422, text("report_wrong", {"reason": _in_words(decoded.bad[0].error)}))
    return None


def _in_words(error: DecodeError) -> str:
    return in_chinese(str(error)) if language() == "zh" else str(error)


def _refused() -> Response:
    """One answer for an unknown device, a wrong secret and a revoked device."""
    headers = {"WWW-Authenticate": 'Basic realm="haoyun devices"'}
    return answer(Problem(401, text("device_refused"), headers=headers))
