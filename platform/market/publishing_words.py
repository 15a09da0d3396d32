"""Rules of publishing offers as sentences, English and Chinese; see words.py."""

from __future__ import annotations

from collections.abc import Mapping

PUBLISHING: Mapping[str, tuple[str, str]] = {
    "needed": ("is needed", "必填"),
    "public_at_unasked": (
        "only an offer to partners becomes public later; leave it empty",
        "只有先向合作伙伴开放的货源才填写公开时间",
    ),
    "public_late": ("must become public before it expires", "公开时间应早于有效期结束"),
    "whole_number": ("must be a whole number, such as {example}", "应为整数，如 {example}"),
    "a_number": ("must be a number, such as {example}", "应为数字，如 {example}"),
    "an_instant": (
        "must be a date and a time, such as {example}",
        "应为日期和时间，如 {example}",
    ),
    "one_of": ("must be one of: {choices}", "应为其中之一：{choices}"),
    "site_unknown": (
        "there is no place {code} on this map; write a city as in the list of places, such as {example}",
        "地图上没有地点“{code}”；请填写地点列表中的城市，如 {example}",
    ),
    "no_such_vehicle": ("no vehicle of yours has the plate {plate}", "贵单位没有车牌为 {plate} 的车辆"),
    "draft_published": ("the draft was published already", "该草稿已发布"),
    "draft_kind": ("is a draft of another kind", "草稿类型不符"),
    "too_many_drafts": ("an organization keeps at most {most} drafts", "每个组织最多保存 {most} 份草稿"),
    "message_length": ("a message has 1 to {high} characters", "消息应为 1 至 {high} 个字符"),
    "template_name": ("a name has 1 to {high} characters", "名称应为 1 至 {high} 个字符"),
    "weekdays": ("choose at least one day of the week", "请至少选择一个星期几"),
    "repeat_order": ("the last day lies before the first", "结束日期早于开始日期"),
    "repeat_long": ("repeats run for at most {most} days", "重复发布最长 {most} 天"),
    "local_time": ("must be a time of the day such as 08:00", "应为时刻，如 08:00"),
    "repeat_ended": ("the repeat has ended", "该重复发布已结束"),
    "too_many_repeats": ("an organization has at most {most} repeats", "每个组织最多 {most} 个重复发布"),
    "partner_unknown": (
        "no organization has this name or number; ask the partner for the exact one",
        "没有此名称或编号的企业，请向合作方确认准确名称",
    ),
    "partner_self": ("is your own organization", "这是贵单位自己"),
    "no_partners": (
        "your list of partners is empty; add partners first, or name the organizations",
        "合作伙伴列表为空，请先添加合作伙伴或直接指定企业",
    ),
    "too_many_partners": ("a list has at most {most} partners", "最多 {most} 个合作伙伴"),
    "too_many_lanes": ("an organization saves at most {most} lanes", "每个组织最多保存 {most} 条线路"),
    "weight_range": ("the least weight is above the most", "最小重量大于最大重量"),
    "not_renewable": (
        "an offer that is {state} cannot be renewed; post it again",
        "状态为 {state} 的信息不能续期，请重新发布",
    ),
    "file_empty": ("the file holds no rows", "文件中没有数据行"),
    "file_kind": (
        "must be a CSV or an XLSX file; download the template to see its columns",
        "应为 CSV 或 XLSX 文件；可下载模板查看各列",
    ),
    "file_rows": ("a file has at most {most} rows; split it", "文件最多 {most} 行，请拆分后导入"),
    "file_size": ("a file has at most {most} MB", "文件最大 {most} MB"),
    "file_text": (
        "the text of the file is neither UTF-8 nor GB 18030 (GBK)",
        "文件编码既不是 UTF-8 也不是 GB 18030（GBK）",
    ),
    "file_columns": ("the columns {missing} are missing", "缺少列：{missing}"),
    "file_unknown_columns": (
        "there is no column {unknown}; columns are named as in the template",
        "没有名为 {unknown} 的列；列名请与模板一致",
    ),
    "file_twice": ("the column {column} stands in the file twice", "列 {column} 重复出现"),
    "row_same_vehicle": ("the vehicle stands in row {row} already", "该车辆已出现在第 {row} 行"),
    "import_running": (
        "the file is not imported yet; ask again when it is",
        "文件尚未导入完成，请稍后再试",
    ),
    "reason_needed": ("say why", "请填写原因"),
}
