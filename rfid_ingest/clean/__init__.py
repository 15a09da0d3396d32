"""From raw reads to what happened: duplicates, presence, direction, strays, and what moves together."""

from haoyun.rfid_ingest.clean.clock import ReaderClock, watermark
from haoyun.rfid_ingest.clean.crossing import Crossing, Side
from haoyun.rfid_ingest.clean.dedup import Cleaned, Session, Sighting, arrivals
from haoyun.rfid_ingest.clean.groups import Load, group_crossings, load_of
from haoyun.rfid_ingest.clean.portal import Earlier, Outcome, Verdict, judge
from haoyun.rfid_ingest.clean.smurf import Presence, SmurfWindow, presences
from haoyun.rfid_ingest.clean.stays import stays

__all__ = [
    "Cleaned",
    "Crossing",
    "Earlier",
    "Load",
    "Outcome",
    "Presence",
    "ReaderClock",
    "Session",
    "Side",
    "Sighting",
    "SmurfWindow",
    "Verdict",
    "arrivals",
    "group_crossings",
    "judge",
    "load_of",
    "presences",
    "stays",
    "watermark",
]
