"""Tracking: what devices send over MQTT, stored durably and turned into positions, journeys and milestones.

May import haoyun.maps. Start reading at intake.py (how a message is stored) and pipeline.py (what it means).
"""

from haoyun.tracking import meaning_tables as _meaning_tables  # noqa: F401 - registers its tables
from haoyun.tracking.eta import Eta
from haoyun.tracking.fixes import FixFlag, PositionFix
from haoyun.tracking.geofences import Fence
from haoyun.tracking.handlers import Ack, Handler, HandlerResult, Reject
from haoyun.tracking.journeys import FollowedJourney, Journey, JourneyState
from haoyun.tracking.messages import Message, parse_topic, shard_of, topic_ack, topic_up
from haoyun.tracking.outbox import OutboxState, advance
from haoyun.tracking.tables import METADATA, upsert
from haoyun.tracking.timeline import (
    Milestone,
    MilestoneCode,
    Quality,
    RecordedMilestone,
    ShipmentState,
    ShipmentStatus,
    Source,
    TimelineFlag,
    sorted_timeline,
    status,
)

__all__ = [
    "METADATA",
    "Ack",
    "Eta",
    "Fence",
    "FixFlag",
    "FollowedJourney",
    "Handler",
    "HandlerResult",
    "Journey",
    "JourneyState",
    "Message",
    "Milestone",
    "MilestoneCode",
    "OutboxState",
    "PositionFix",
    "Quality",
    "RecordedMilestone",
    "Reject",
    "ShipmentState",
    "ShipmentStatus",
    "Source",
    "TimelineFlag",
    "advance",
    "parse_topic",
    "shard_of",
    "sorted_timeline",
    "status",
    "topic_ack",
    "topic_up",
    "upsert",
]
