"""Any reader that sends JSON: a mapping says where in its messages the reads and their fields are.

Keonn and others let their users write the template of a message, so no fixed format fits. A path is names with dots,
`[n]` for one item of a list and `[*]` for all: `report.tags[*]`. Field paths start at the read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from haoyun.rfid_ingest.errors import InvalidMapping
from haoyun.rfid_ingest.readers.documents import open_reports
from haoyun.rfid_ingest.readers.reading import (
    MAX_ANTENNA,
    Reading,
    TagRead,
    epc_of_base64url,
    find_number,
    flattened,
    need,
    read_items,
    read_time,
)
from haoyun.tracking.errors import DecodeError

TimeUnit = Literal["auto", "s", "ms", "us"]
EpcForm = Literal["hex", "base64url"]
_STEP = re.compile(r"([^.\[\]]+)|\[(\*|\d{1,6})\]")
_PATH = re.compile(r"(?:[^.\[\]]+|\[(?:\*|\d{1,6})\])(?:\.[^.\[\]]+|\[(?:\*|\d{1,6})\])*\Z")
_UNITS: Mapping[str, float] = {"s": 1e3, "ms": 1.0, "us": 1e-3}


@dataclass(frozen=True, slots=True)
class JsonMapping:
    """Where a reader's JSON has what. Raises InvalidMapping for a path or a value that means nothing.

    `items` leads to the reads, "" if the message (or each item of its list) is one. `antenna` "" takes
    `default_antenna`. `rssi_scale` makes dBm of what is sent: 0.01 for hundredths.
    """

    epc: str
    time: str
    items: str = ""
    antenna: str = ""
    rssi: str = ""
    time_unit: TimeUnit = "auto"
    epc_form: EpcForm = "hex"
    rssi_scale: float = 1.0
    default_antenna: int = 1

    def __post_init__(self) -> None:
        for name in ("epc", "time", "items", "antenna", "rssi"):
            path = getattr(self, name)
            optional = name not in ("epc", "time")
            if not isinstance(path, str) or not (_PATH.match(path) or (optional and path == "")):
                raise InvalidMapping(f"{name}: {path!r} is no path like report.tags[*]")
            if "[*]" in path and name != "items":
                raise InvalidMapping(f"{name}: a field of one read has no [*]")
        if self.time_unit not in get_args(TimeUnit) or self.epc_form not in get_args(EpcForm):
            raise InvalidMapping("time_unit is auto, s, ms or us; epc_form is hex or base64url")
        if not isinstance(self.default_antenna, int) or not 0 <= self.default_antenna <= MAX_ANTENNA:
            raise InvalidMapping(f"default_antenna must be 0 to {MAX_ANTENNA}")
        if not isinstance(self.rssi_scale, int | float) or not 0 < abs(self.rssi_scale) <= 100:
            raise InvalidMapping("rssi_scale is a factor above 0, at most 100")

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> JsonMapping:
        """The mapping of a JSON object. Raises InvalidMapping, naming a key that is unknown or missing."""
        unknown = set(values) - {field.name for field in fields(cls)}
        missing = {"epc", "time"} - set(values)
        if unknown or missing:
            raise InvalidMapping(
                f"a mapping has epc and time and may have {', '.join(f.name for f in fields(cls)[2:])}; "
                f"unknown: {', '.join(sorted(unknown)) or 'none'}, missing: {', '.join(sorted(missing)) or 'none'}"
            )
        return cls(**values)


def parser_of(mapping: JsonMapping) -> Callable[[bytes], Reading]:
    """The format of a reader with this mapping."""

    def parse(payload: bytes) -> Reading:
        reports = open_reports(payload)
        found = flattened(reports, lambda report: list(_follow(report, mapping.items)))
        return read_items(found, lambda item: _read(item, mapping))

    return parse


def _read(item: Mapping[str, Any], mapping: JsonMapping) -> TagRead:
    epc = str(_one(item, mapping.epc, str, "epc"))
    rssi = find_number({"rssi": next(_follow(item, mapping.rssi), None)}, "rssi") if mapping.rssi else None
    time = _one(item, mapping.time, (str, int, float), "time")
    if mapping.time_unit != "auto":
        if isinstance(time, str):
            raise DecodeError(
                f"{mapping.time} is a number of {mapping.time_unit}, not a text", code="bad_read"
            )
        time = max(time * _UNITS[mapping.time_unit], 1e11 + 1)  # read_time takes this for milliseconds
    return TagRead(
        _one(item, mapping.antenna, int, "antenna") if mapping.antenna else mapping.default_antenna,
        epc_of_base64url(epc) if mapping.epc_form == "base64url" else epc.replace(" ", "").upper(),
        read_time({"time": time}, "time"),
        None if rssi is None else rssi * mapping.rssi_scale,
    )


def _one(item: Any, path: str, kind: type | tuple[type, ...], what: str) -> Any:
    return need({f"{what} ({path})": next(_follow(item, path), None)}, f"{what} ({path})", kind)


def _follow(value: Any, path: str) -> Iterator[Any]:
    """What lies at the path, in order; nothing where it leads nowhere."""
    found = [value]
    for name, index in _STEP.findall(path):
        if name:
            found = [v[name] for v in found if isinstance(v, dict) and name in v]
        elif index == "*":
            found = [item for v in found if isinstance(v, list) for item in v]
        else:
            found = [v[int(index)] for v in found if isinstance(v, list) and int(index) < len(v)]
    return iter(found)
