"""The processes of an installation on one machine, for the supervisor: what runs, in which order, when it is ready."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path

from haoyun.platform.settings import Settings
from haoyun.platform.supervisor import Child, haoyun_command, port_answers

LOOK_TIMEOUT_S = 2.0


def installation(settings: Settings) -> list[Child]:
    """Broker (unless another is named), intake, worker, portal, a gateway if wanted; each may be killed at any time."""
    data, environment = settings.data, environment_of(settings)
    ready_file(settings, "ingest").unlink(missing_ok=True)

    def child(name: str, **more: object) -> Child:
        return Child(name, haoyun_command(data, name), environment, **more)  # type: ignore[arg-type]

    broker = child("broker", first=True, ready=lambda: port_answers("127.0.0.1", settings.broker_port))
    return [
        *([broker] if settings.mqtt_url is None else []),
        child("serve", ready=lambda: answers(f"{portal_url(settings)}/healthz")),
        child("ingest", ready=ready_file(settings, "ingest").exists),
        child("worker"),
        *(
            [child("live", ready=lambda: answers(f"{live_url(settings)}/healthz"))]
            if settings.live_port
            else []
        ),
        *([child("jt808-gateway")] if settings.jt808_port else []),
    ]


def ready_file(settings: Settings, name: str) -> Path:
    """A file that the child touches once it does its work, for children that no port tells of."""
    folder = settings.data / "run"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"{name}.ready"


def environment_of(settings: Settings) -> dict[str, str]:
    """What a child must be told so that it agrees with the parent about ports and the map."""
    return {
        "HAOYUN_HOST": settings.host,
        "HAOYUN_PORT": str(settings.port),
        "HAOYUN_BROKER_PORT": str(settings.broker_port),
        "HAOYUN_LIVE_PORT": str(settings.live_port),
        "HAOYUN_MAP": settings.map,
        "HAOYUN_DEMO": str(settings.demo).lower(),
    }


def portal_url(settings: Settings) -> str:
    """Where this machine reaches the portal."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def live_url(settings: Settings) -> str:
    """Where this machine reaches the live process."""
    return portal_url(settings).rpartition(":")[0] + f":{settings.live_port}"


def answers(url: str) -> bool:
    """Whether a GET is answered with a success."""
    try:
        with urllib.request.urlopen(url, timeout=LOOK_TIMEOUT_S) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
