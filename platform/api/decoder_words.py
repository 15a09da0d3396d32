"""Why a report of a device cannot be understood, in Chinese: the decoders say it in English, once and for logs too.

A sentence of theirs with its figures is found by its shape; a test reads the decoders and finds each shape here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

# `{}` in the English sentence are the figures, told in their order by {0}, {1}, …
CHINESE: Mapping[str, str] = {
    "kind {} is none of {}": "格式 {0} 不在 {1} 之中",
    "{} must be an object, not {}": "{0} 须为对象，而不是 {1}",
    "{} is missing": "缺少 {0}",
    "{} must be a number, not {}": "{0} 须为数字，而不是 {1}",
    "{} must be a whole number, not {}": "{0} 须为整数，而不是 {1}",
    "{} must be a whole number from {} to 2^53-1": "{0} 须为 {1} 至 2^53-1 的整数",
    "{} is too large a number": "{0} 数值过大",
    "crs {} is none of {}": "坐标系 {0} 不在 {1} 之中",
    "a fix must be an object, not {}": "定位须为对象，而不是 {0}",
    "seq must be a whole number, not {}": "seq 须为整数，而不是 {0}",
    "seq {} is outside 0..2^53-1": "seq {0} 超出 0 至 2^53-1",
    "type must be Feature or FeatureCollection, not {}": "type 须为 Feature 或 FeatureCollection，而不是 {0}",
    "features must be an array of 1 to {}": "features 须为 1 至 {0} 项的数组",
    "geometry must be a Point, not {}": "geometry 须为 Point，而不是 {0}",
    "coordinates must be [lon, lat] or [lon, lat, altitude]": "coordinates 须为 [经度, 纬度] 或 [经度, 纬度, 海拔]",
    "{} positions in a message: up to {} are allowed": "一条报文有 {0} 个位置，最多 {1} 个",
    "message id {} is neither 512 (position) nor 1796 (batch)": "消息 ID {0} 既不是 512（位置）也不是 1796（批量）",
    "a batch (1796) needs an array of positions": "批量上报（1796）须为位置数组",
    "datalist must be a JSON string, not {}": "datalist 须为 JSON 字符串，而不是 {0}",
    "{} {} is outside 0..2^32-1": "{0} {1} 超出 0 至 2^32-1",
    "{} must be text YYMMDDhhmmss, not {}": "{0} 须为文本 YYMMDDhhmmss，而不是 {1}",
    "{} lines in a message: 1 to {} are allowed": "一条报文有 {0} 行，允许 1 至 {1} 行",
    "{} is not a sentence $GPRMC,…*hh": "{0} 不是 $GPRMC,…*hh 语句",
    "checksum {} of {} should be {}": "{1} 的校验和 {0} 应为 {2}",
    "{} has {} fields; at least {} are needed": "{0} 有 {1} 个字段，至少需要 {2} 个",
    "the sentence carries no position: the receiver has no fix yet": "语句不含位置：接收机尚未定位",
    "{} is neither {} nor {}": "{0} 既不是 {1} 也不是 {2}",
    "time {} is not hhmmss": "时间 {0} 不是 hhmmss 格式",
    "date {} is not ddmmyy": "日期 {0} 不是 ddmmyy 格式",
    "date {} is none: {}": "日期 {0} 不存在：{1}",
    "NMEA is ASCII: {}": "NMEA 须为 ASCII：{0}",
    "position {}: minutes stay below 60": "位置 {0}：分须小于 60",
    "{} must be true or false, not {}": "{0} 须为 true 或 false，而不是 {1}",
    "{} must be text, not {}": "{0} 须为文本，而不是 {1}",
    "neither JSON nor a form id=…&lat=…&lon=…: {}": "既不是 JSON，也不是表单 id=…&lat=…&lon=…：{0}",
    "an OwnTracks report is an object with _type": "OwnTracks 上报须为带 _type 的对象",
    "the report is encrypted: use TLS, not payload encryption": "上报内容已加密：请使用 TLS，而非内容加密",
    "event {} is neither enter nor leave": "event {0} 既不是 enter 也不是 leave",
    'latlng must be "lat,lon", not {}': "latlng 须为“纬度,经度”，而不是 {0}",
    "fix_time and received_at must be aware instants": "定位时间和接收时间必须带时区",
    "fix_time {} is outside 2000..2100": "定位时间 {0} 超出 2000 至 2100 年",
    "payload must be an object or an array, not {}": "报文须为对象或数组，而不是 {0}",
    "an ack must be an object": "确认信息须为对象",
    "base {} is above seq {}: base is the lowest number still in the outbox": (
        "base {0} 大于 seq {1}：base 是发件箱中最小的序号"
    ),
    "items must be an array, not {}": "内容须为数组，而不是 {0}",
    "{} items in a message: 1 to {} are allowed": "一条报文有 {0} 项，允许 1 至 {1} 项",
    "epoch must be up to 40 of letters, digits, dot, dash and underscore": (
        "epoch 须为最多 40 个字母、数字、点、横线或下划线"
    ),
    "not JSON: {}": "不是 JSON：{0}",
    "instant {} has no time zone: an instant must be aware": "时间 {0} 没有时区",
    "time must be ISO-8601 or epoch seconds, not {}": "时间须为 ISO-8601 或纪元秒，而不是 {0}",
    "time {} is neither ISO-8601 with an offset nor epoch seconds": "时间 {0} 既不是带时差的 ISO-8601，也不是纪元秒",
    "{} {} is not a finite number of degrees": "{0} {1} 不是有限的度数",
    "{} {} is outside {}..{}": "{0} {1} 超出 {2} 至 {3}",
    "{}: {}": "{0}：{1}",
}
# The longer a sentence's own words, the surer its shape.
_SHAPES = [
    (re.compile(re.escape(shape).replace(r"\{\}", "(.+?)") + r"\Z", re.DOTALL), chinese)
    for shape, chinese in sorted(CHINESE.items(), key=lambda item: -len(item[0].replace("{}", "")))
]
_OF_A_FIELD = re.compile(r"([\w.]+): (.+)\Z", re.DOTALL)


def in_chinese(sentence: str) -> str:
    """The sentence in Chinese; one of another shape stays as it is."""
    of_field = _OF_A_FIELD.match(sentence)
    if of_field:
        return f"{of_field[1]}：{in_chinese(of_field[2])}"
    for shape, chinese in _SHAPES:
        found = shape.match(sentence)
        if found:
            return chinese.format(*found.groups())
    return sentence
