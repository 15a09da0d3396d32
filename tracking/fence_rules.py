"""What makes a fence wrong, in the words of both languages; raised as errors.BadFence(key, …)."""

from __future__ import annotations

from collections.abc import Mapping

FENCE_RULES: Mapping[str, tuple[str, str]] = {
    "circle_radius": (
        "a circle's radius is 20 to 100000 m, not {found}",
        "圆形围栏半径为 20 至 100000 米，而不是 {found}",
    ),
    "polygon_points": (
        "a polygon has at least 3 points, not {found}",
        "多边形至少有 3 个点，而不是 {found} 个",
    ),
    "corridor_points": ("a corridor has at least 2 points", "走廊至少有 2 个点"),
    "corridor_width": (
        "a corridor reaches 20 to 50000 m to each side, not {found}",
        "走廊每侧宽度为 20 至 50000 米，而不是 {found}",
    ),
    "name": ("a fence's name has 1 to 120 characters", "围栏名称为 1 至 120 个字符"),
    "dwell": ("a dwell time is a minute to thirty days", "停留时间为 1 分钟至 30 天"),
    "speed": ("a fence's speed limit is 5 to 200 km/h", "围栏限速为 5 至 200 公里/小时"),
    "weekdays": (
        "hours of a fence need at least one day of the week, 1 (Monday) to 7",
        "围栏时段至少选择一个星期几，1（周一）至 7",
    ),
    "hours": (
        "hours of a fence run from one time of day to another, as HH:MM, such as 22:00 to 06:00",
        "围栏时段从一个时刻到另一个时刻，格式为 HH:MM，如 22:00 至 06:00",
    ),
    "zone": (
        "there is no time zone {found!r}; give one such as Asia/Shanghai",
        "没有时区 {found!r}；请填写如 Asia/Shanghai",
    ),
    "points": ("a fence has at most {most} points, not {found}", "围栏最多 {most} 个点，而不是 {found} 个"),
    "position": (
        "a point of a fence is (latitude -85..85, longitude -180..180), not ({lat}, {lon})",
        "围栏的点须为（纬度 -85 至 85，经度 -180 至 180），而不是（{lat}，{lon}）",
    ),
    "too_many": ("an organization has at most {most} fences", "每个组织最多 {most} 个围栏"),
    "exists": ("a fence {id!r} exists already", "围栏 {id!r} 已存在"),
    "shape": (
        "a shape is a GeoJSON Point or LineString with radius_m, or a Polygon without holes",
        "形状须为带 radius_m 的 GeoJSON Point 或 LineString，或无孔洞的 Polygon",
    ),
    "no_shape": (
        "draw it on the map, give a position and a radius, or choose a GeoJSON file",
        "请在地图上绘制，或填写位置和半径，或选择 GeoJSON 文件",
    ),
    "no_json": ("this is no GeoJSON text: {reason}", "这不是 GeoJSON 文本：{reason}"),
    "too_large": ("a GeoJSON file has at most {most} bytes", "GeoJSON 文件最大 {most} 字节"),
    "too_many_shapes": (
        "a file brings at most {most} fences, not {found}",
        "一个文件最多导入 {most} 个围栏，而不是 {found} 个",
    ),
    "nothing": ("the file holds no shape", "文件中没有任何形状"),
    "in_file": ("shape {number} of the file: {rule}", "文件中第 {number} 个形状：{rule}"),
    "nameless": (
        "shape {number} of the file has no name; give one in the form, or `name` in its properties",
        "文件中第 {number} 个形状没有名称；请在表单中填写，或在其 properties 中给出 name",
    ),
}


def fence_rule(language: str, key: str, params: Mapping[str, object]) -> str:
    """The rule as a sentence, in Chinese for "zh", else in English."""
    return FENCE_RULES[key][1 if language == "zh" else 0].format(**params)
