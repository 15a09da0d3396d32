"""A plan that is being driven: cut off the past, work changes in, re-plan quickly, say what moved."""

from haoyun.routing.dynamic.changes import (
    Breakdown,
    Cancelled,
    Change,
    Delayed,
    NewTask,
    Seen,
    ServiceLonger,
    VehicleAdded,
    WindowChanged,
)
from haoyun.routing.dynamic.cut import Cut, Told, cut_off
from haoyun.routing.dynamic.difference import Difference, Move, MoveKind
from haoyun.routing.dynamic.notes import Note, NoteCode
from haoyun.routing.dynamic.quick import warm_up
from haoyun.routing.dynamic.reoptimize import Replan, reoptimize
from haoyun.routing.dynamic.stability import FREE, Stability
from haoyun.routing.dynamic.words import say_difference, say_move, say_note

__all__ = [
    "FREE",
    "Breakdown",
    "Cancelled",
    "Change",
    "Cut",
    "Delayed",
    "Difference",
    "Move",
    "MoveKind",
    "NewTask",
    "Note",
    "NoteCode",
    "Replan",
    "Seen",
    "ServiceLonger",
    "Stability",
    "Told",
    "VehicleAdded",
    "WindowChanged",
    "cut_off",
    "reoptimize",
    "say_difference",
    "say_move",
    "say_note",
    "warm_up",
]
