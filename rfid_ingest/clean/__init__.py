"""From raw reads to what happened: duplicates and dwell become one arrival."""

from haoyun.rfid_ingest.clean.dedup import Cleaned, Session, Sighting, arrivals

__all__ = ["Cleaned", "Session", "Sighting", "arrivals"]
