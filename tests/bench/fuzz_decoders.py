"""Feeds every decoder a fuzzed corpus and counts what escapes: `python tests/bench/fuzz_decoders.py --seconds 60`.

A decoder may return fixes or raise DecodeError (BadFix, BadFrame); anything else would end an intake worker. Each
decoder runs in a process of its own, so that a crash of the interpreter counts, too. With atheris installed
(`pip install atheris`, no dependency of the project) the inputs follow the coverage; without it they are mutated from
the same corpus by a seeded mutator. The JT/T 808 frame and session are fuzzed as the kind `jt808-line`.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path


def _instrumented() -> AbstractContextManager[object]:
    """In a process that fuzzes with atheris, what it imports counts its branches."""
    if "--one" not in sys.argv or "atheris" not in sys.argv:
        return nullcontext()
    import atheris

    return atheris.instrument_imports(include=["haoyun.tracking"])


with _instrumented():
    from haoyun.tracking.decoders import FORMATS, decode
    from haoyun.tracking.errors import BadFrame, DecodeError
    from haoyun.tracking.jt808.frame import Frame, Splitter, decode_frame, encode_frame
    from haoyun.tracking.jt808.messages import MessageId, Position, encode_batch, encode_position
    from haoyun.tracking.jt808.session import Session
    from haoyun.tracking.messages import Message

SEED = 20260511
NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
LINE_KIND = "jt808-line"
_BODY = {"alarm": 1, "status": 3, "latitude": 29870000, "longitude": 121540000, "altitude": 12, "speed": 630}
_BODY |= {"direction": 271, "time": "260511155958", "extra": {"1": 12, "49": 9}}
CORPUS: dict[str, list[object]] = {
    "fixes": [
        {
            "t": 1778486398,
            "lat": 29.87,
            "lon": 121.54,
            "spd": 63,
            "crs": "gcj02",
            "sensors": {"battery_pct": 5},
        },
        {"epoch": "b7", "seq": 12, "base": 10, "fixes": [{"t": "2026-05-11T07:59:58Z", "lat": 1, "lon": 2}]},
    ],
    "owntracks": [
        {"_type": "location", "lat": 29.87, "lon": 121.54, "tst": 1778486398, "batt": 87, "bs": 1, "vel": 63},
        {"_type": "transition", "event": "enter", "desc": "yard", "lat": 1, "lon": 2, "tst": 1778486398},
    ],
    "traccar": [
        {
            "position": {
                "fixTime": "2026-05-11T07:59:58.000+00:00",
                "latitude": 29.87,
                "longitude": 121.54,
                "speed": 34.0,
                "attributes": {"batteryLevel": 81, "ignition": True, "alarm": "sos"},
            }
        }
    ],
    "osmand": [
        "id=x&timestamp=1778486398&lat=29.87&lon=121.54&speed=34&bearing=271&batt=81&charge=true",
        {
            "location": {
                "timestamp": "2026-05-11T07:59:58Z",
                "coords": {"latitude": 1, "longitude": 2},
                "battery": {},
            }
        },
    ],
    "jt808": [
        {"header": {"msg_id": 512, "phone": "1", "msg_sn": 1}, "body": _BODY},
        {"msgid": 1796, "datalist": json.dumps([_BODY])},
    ],
    "teltonika": [
        {"state": {"reported": {"ts": 1778486398000, "latlng": "29.87,121.54", "sp": "63", "72": -18}}}
    ],
    "flespi": [
        [{"timestamp": 1778486398, "position.latitude": 1, "position.longitude": 2, "battery.level": 3}]
    ],
    "geojson": [
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "geometry": {"type": "Point", "coordinates": [121.54, 29.87, 12]},
                    "properties": {"time": 1778486398, "seq": 1, "sensors": {"humidity_pct": 4}},
                }
            ],
        }
    ],
    "nmea": [
        "$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A\r\n"
        "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47"
    ],
}
_POSITION = Position(0, 3, 29_870_000, 121_540_000, 12, 630, 271, "260511155958", ((1, b"\0\0\0\1"),))
LINES = [
    encode_frame(Frame(MessageId.POSITION, "013912345678", 1, encode_position(_POSITION))),
    encode_frame(Frame(MessageId.BATCH, "1".zfill(20), 2, encode_batch([_POSITION] * 3), 1)),
    encode_frame(Frame(MessageId.REGISTRATION, "013912345678", 3, b"\0" * 40)),
    encode_frame(Frame(MessageId.AUTHENTICATION, "1".zfill(20), 4, b"\4code" + b"0" * 35, 1)),
]


def corpus(kind: str) -> list[bytes]:
    """The sound messages that mutation starts from."""
    if kind == LINE_KIND:
        return LINES
    return [one.encode() if isinstance(one, str) else json.dumps(one).encode() for one in CORPUS[kind]]


def target(kind: str) -> Callable[[bytes], None]:
    """What is fuzzed: returns for every input that is handled, raises where a worker would have died."""
    return _line if kind == LINE_KIND else lambda payload: _message(kind, payload)


def _message(kind: str, payload: bytes) -> None:
    try:
        decode(Message("t", "truck-0001", kind, payload, NOW))
    except DecodeError:
        return


def _line(data: bytes) -> None:
    session = Session("e", 0.0)
    session.phone, session.device = "", "truck-0001"
    try:
        for raw in Splitter().feed(data):
            _one_frame(session, raw)
    except BadFrame:
        return


def _one_frame(session: Session, raw: bytes) -> None:
    """As the server does; half of the bytes are taken without their checksum, or few frames would be sound."""
    try:
        frame = decode_frame(raw)
    except BadFrame:
        if len(raw) < 2:
            return
        frame = Frame(raw[0] << 8 | raw[1], "013912345678", 1, raw[2:1000])
    session.heard(frame, 0.0)
    if session.is_full and session._asked is not None:
        session.authenticated("truck-0001") if frame.message_id == MessageId.AUTHENTICATION else None


def mutations(kind: str, seed: int, seconds: float) -> int:
    """Mutate and try for so long; returns how many inputs were tried."""
    draw, known, attack = random.Random(f"{seed}/{kind}"), corpus(kind), target(kind)
    tried, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        for _ in range(200):
            attack(_mutant(draw, known))
            tried += 1
    return tried


_TOKENS = [
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b"null",
    b"-1",
    b"1e308",
    b"NaN",
    b"9" * 25,
    b"\0",
    b"\xff",
    b"\x7e",
    b"\x7d",
]
_TOKENS += [
    b"true",
    b'""',
    b",",
    b"=",
    b"&",
    b"%",
    b"\xe8\xbd\xa6",
    b"0.1",
    b"[[[[[[[[",
    b'{"t":{}}',
    b"*",
    b"$",
]


def _mutant(draw: random.Random, known: Sequence[bytes]) -> bytes:
    data = bytearray(draw.choice(known))
    for _ in range(draw.randint(1, 8)):
        at = draw.randrange(len(data) + 1)
        match draw.randrange(5):
            case 0:
                data[at : at + draw.randint(0, 8)] = draw.choice(_TOKENS)
            case 1:
                data[at : at + 1] = bytes([draw.randrange(256)])
            case 2:
                del data[at : at + draw.randint(1, 20)]
            case 3:
                other = draw.choice(known)
                cut = draw.randrange(len(other))
                data[at:at] = other[cut : cut + draw.randint(1, 40)]
            case _:
                data[at:at] = data[at : at + draw.randint(1, 30)]
    return bytes(data)


def covered(kind: str, seed: int, seconds: float) -> None:
    """The same under atheris; it ends the process by itself."""
    import atheris

    attack = target(kind)
    folder = Path(tempfile.mkdtemp())
    for number, known in enumerate(corpus(kind)):
        (folder / str(number)).write_bytes(known)
    options = [f"-max_total_time={max(1, round(seconds))}", f"-seed={seed % 2**31}", "-max_len=4096"]
    atheris.Setup([sys.argv[0], *options, "-print_final_stats=1", str(folder)], attack)
    atheris.Fuzz()


def _run(kind: str, seed: int, seconds: float, engine: str) -> tuple[int, str, str]:
    command = [sys.executable, __file__, "--one", kind, "--seconds", str(seconds), "--seed", str(seed)]
    ended = subprocess.run([*command, "--engine", engine], capture_output=True, text=True, check=False)
    said = ended.stdout + ended.stderr
    tried = next((line.split()[-1] for line in said.splitlines() if "number_of_executed_units" in line), "?")
    return ended.returncode, tried, said


def main() -> int:
    """Fuzz each kind in its own process and print a line for each; the exit code counts the workers that died."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="for each decoder")
    parser.add_argument("--kinds", nargs="*", default=[*FORMATS, LINE_KIND])
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--engine", choices=["atheris", "mutation"])
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    engine = given.engine or ("atheris" if _atheris() else "mutation")
    if given.one:
        if engine == "atheris":
            covered(given.one, given.seed, given.seconds)
        else:
            print("number_of_executed_units:", mutations(given.one, given.seed, given.seconds))
        return 0
    version = f"atheris {_atheris()}" if engine == "atheris" else "own mutator"
    machine = f"{platform.platform()}, Python {platform.python_version()}"
    print(f"{machine}, {version}, seed {given.seed}, {datetime.now(UTC):%Y-%m-%d}")
    died = 0
    for kind in given.kinds:
        code, tried, said = _run(kind, given.seed, given.seconds, engine)
        died += code != 0
        print(f"{kind:12} {tried:>12} inputs in {given.seconds:g} s, exit {code}", flush=True)
        if code != 0:
            print(said[-3000:])
    print(f"worker exits: {died} of {len(given.kinds)}")
    return died


def _atheris() -> str:
    try:
        return importlib.metadata.version("atheris")
    except importlib.metadata.PackageNotFoundError:
        return ""


if __name__ == "__main__":
    sys.exit(main())
