"""A difference in words, Chinese and English."""

from __future__ import annotations

from haoyun.routing.dynamic.difference import Difference, Move, MoveKind
from haoyun.routing.dynamic.notes import Note, NoteCode
from haoyun.routing.tasks import StopKind, clock
from haoyun.routing.words import Language, duration

_STOPS = {
    StopKind.JOB: ("作业", "job"),
    StopKind.PICKUP: ("提货", "pickup"),
    StopKind.DELIVERY: ("送货", "delivery"),
}
_MOVES: dict[MoveKind, tuple[str, str]] = {
    MoveKind.MOVED: (
        "{stop}由车辆 {old} {before}改为车辆 {new} {now}",
        "{stop} moves from vehicle {old}, {before}, to vehicle {new}, {now}",
    ),
    MoveKind.REORDERED: (
        "{stop}在车辆 {new} 上调整顺序：{before}改为 {now}",
        "{stop} stays with vehicle {new} in another order: {now}, was {before}",
    ),
    MoveKind.FORCED: (
        "车辆 {old} 停运，{stop}由车辆 {new} 于 {now} 接替（原 {before}）",
        "vehicle {old} is out: {stop} goes to vehicle {new}, {now}, was {before}",
    ),
    MoveKind.NEW: ("新增{stop}：车辆 {new}，{now}", "{stop} is new: vehicle {new}, {now}"),
    MoveKind.DROPPED: (
        "{stop}（原车辆 {old}，{before}）无法安排",
        "{stop} (vehicle {old}, {before}) is no longer served",
    ),
    MoveKind.RETIMED: (
        "{stop}（车辆 {new}）由 {before}改为 {now}",
        "{stop} (vehicle {new}) is now at {now}, was {before}",
    ),
}
_NOTES: dict[NoteCode, tuple[str, str]] = {
    NoteCode.RIDES_ALONG: (
        "{task} 已取消，但货物已在车辆 {vehicle} 上，将随车到行程结束",
        "{task} is cancelled, but its goods are on board vehicle {vehicle} and ride along until its trip ends",
    ),
    NoteCode.BROUGHT_BACK: (
        "{task} 已取消，车辆 {vehicle} 上的货物送往指定地点",
        "{task} is cancelled; vehicle {vehicle} brings its goods where they are wanted",
    ),
    NoteCode.TAKEN_OVER: (
        "{task} 的货物在停运车辆 {vehicle} 处等待其他车辆接运",
        "the goods of {task} wait at vehicle {vehicle}, which is out, for another one",
    ),
    NoteCode.STRANDED: (
        "车辆 {vehicle} 停运，其随车货物没有终点，无法接运",
        "vehicle {vehicle} is out with goods that have no end to be brought to",
    ),
    NoteCode.SHIFT_EXTENDED: (
        "车辆 {vehicle} 的锁定站点无法在班次内完成，班次延长 {time}",
        "what vehicle {vehicle} has fixed cannot be done within its shift, which is extended by {time}",
    ),
    NoteCode.LIMIT_RAISED: (
        "车辆 {vehicle} 的锁定站点超出其上限，上限相应提高",
        "what vehicle {vehicle} has fixed exceeds a limit of it, which is raised",
    ),
    NoteCode.LATE_DELIVERY: (
        "{task} 的提货站点已锁定（车辆 {vehicle}），送货将晚于时间窗 {time}",
        "{task} is picked up at a fixed stop of vehicle {vehicle} and delivered {time} after its window",
    ),
    NoteCode.UNLOCKED: (
        "车辆 {vehicle} 的锁定站点已无法完成，解除锁定",
        "what vehicle {vehicle} had fixed cannot be done any more and is free again",
    ),
}


def say_move(move: Move, language: Language = "en") -> str:
    """One move, without a full stop."""
    column = 0 if language == "zh" else 1
    kind, name = move.stop
    return _MOVES[move.kind][column].format(
        stop=f"{_STOPS[kind][column]} {name}" + (" " if language == "zh" else ""),
        old=move.from_vehicle,
        new=move.to_vehicle,
        before="" if move.old_s is None else clock(move.old_s),
        now="" if move.new_s is None else clock(move.new_s),
    )


def say_note(note: Note, language: Language = "en") -> str:
    """One fact, without a full stop."""
    column = 0 if language == "zh" else 1
    return _NOTES[note.code][column].format(
        vehicle=note.vehicle, task=note.task, time=duration(note.seconds, language)
    )


def say_difference(found: Difference, language: Language = "en") -> list[str]:
    """Everything that people have to be told, what counts most first."""
    order = list(MoveKind)
    moves = sorted(found.moves, key=lambda move: order.index(move.kind))
    return [say_note(note, language) for note in found.notes] + [say_move(move, language) for move in moves]
