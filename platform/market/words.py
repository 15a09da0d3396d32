"""Every rule, why-not and reason key of market and trading with its sentence, in English and Chinese.

A key is what code compares and the database keeps; a sentence is what people read. `{name}` stands for a
parameter.
"""

from __future__ import annotations

from collections.abc import Mapping

from haoyun.platform.market.auction_words import AUCTIONS
from haoyun.platform.market.dock_words import DOCKS
from haoyun.platform.market.publishing_words import PUBLISHING

Params = Mapping[str, str | float]
Broken = tuple[str, Params]  # the key of a why-not with its figures

RULES: Mapping[str, tuple[str, str]] = {
    "fields": ("{fields}", "{fields}"),
    "not_found": ("there is no such thing", "找不到该内容"),
    "stale": ("it was changed in the meantime; read it again", "内容已被更改，请刷新后重试"),
    "forbidden_move": ("{thing} cannot go from {before} to {after}", "{thing}不能从 {before} 变为 {after}"),
    "role": ("this role may not do that", "当前角色无权执行此操作"),
    "not_cleared": (
        "your organization is not verified yet; it trades once the operator of the platform has verified it",
        "贵单位尚未通过认证，平台运营方认证后方可交易",
    ),
    "not_shipper": ("only shippers post loads", "只有货主可以发布货源"),
    "not_carrier": ("only carriers offer vehicles", "只有承运人可以发布车辆和运力"),
    "other_side": ("that is for the other side of the deal to do", "该操作应由交易的另一方完成"),
    "arbiter_only": (
        "once loading has begun only the operator can cancel",
        "开始装货后只有平台运营方可以取消",
    ),
    "text_length": ("has {low} to {high} characters", "长度应为 {low} 至 {high} 个字符"),
    "between": ("must be between {low} and {high}", "应在 {low} 与 {high} 之间"),
    "naive": ("an instant needs a time zone", "时间必须带时区"),
    "window_order": ("the window ends before it begins", "时间窗的结束早于开始"),
    "delivery_before_pickup": ("delivery ends before pickup begins", "送达时间早于提货时间"),
    "same_place": ("origin and destination are the same place", "起点与终点相同"),
    "exception_note": (
        "says what came of it, in 1 to {most} characters",
        "请说明处理结果，1 至 {most} 个字符",
    ),
    "exception_over": ("it stands no more: it was settled or cleared", "该异常已处理或已解除"),
    "own_side": ("is a side of the order already", "已是该订单的一方"),
    "too_many_shares": ("an order has at most {most} shares", "每个订单最多 {most} 个共享"),
    "too_many_rules": ("an organization has at most {most} rules", "每个组织最多 {most} 条规则"),
    "too_many_webhooks": ("an organization has at most {most} webhooks", "每个组织最多 {most} 个 Webhook"),
    "email_address": ("is no e-mail address", "不是有效的电子邮箱"),
    "web_address": (
        "must be an http:// or https:// address without a user name",
        "须为不含用户名的 http(s):// 地址",
    ),
    "past": ("lies in the past", "时间已过"),
    "expires_late": ("an offer expires before its window ends", "有效期不得晚于时间窗结束"),
    "temperature_pair": (
        "give both ends of the temperature range, the lower first",
        "温度范围需同时填写下限和上限",
    ),
    "dg_class": ("is no class of dangerous goods, such as 3 or 2.1", "不是有效的危险品类别（如 3 或 2.1）"),
    "price_needed": ("a fixed price must be above 0", "一口价必须大于 0"),
    "price_unasked": ("only a fixed price is named", "只有一口价货源填写价格"),
    "currency": ("only CNY is traded", "仅支持人民币 CNY"),
    "invited_needed": ("name the organizations that may see it", "请指定可见的企业"),
    "invited_one": ("a direct offer goes to exactly one organization", "定向货源只能指定一家企业"),
    "invited_unasked": ("a public offer invites nobody by name", "公开货源无需指定企业"),
    "plate": ("has 4 to 12 letters, digits or Chinese characters", "应为 4–12 位字母、数字或汉字"),
    "plate_taken": ("this vehicle is registered already", "该车辆已登记"),
    "certificate_name": (
        "a certificate's name has 1 to 40 of a-z, 0-9 and -",
        "证件名应为 1–40 位 a-z、0-9 或 -",
    ),
    "vehicle_retired": ("this vehicle is retired", "该车辆已停用"),
    "driver_retired": ("this driver is retired", "该司机已停用"),
    "vehicle_is_offered": (
        "it stands in an open offer; withdraw that first",
        "存在有效运力，请先撤回该运力",
    ),
    "not_a_trailer": ("is no trailer", "不是挂车"),
    "trailer_alone": ("a trailer is offered with its truck", "挂车须与牵引车一起发布"),
    "trailer_offered": ("stands in another open offer", "已在另一有效运力中"),
    "licence_class": (
        "is a class of driving licence such as A1, A2, B2 or CE",
        "应为准驾车型，如 A1、A2、B2 或 CE",
    ),
    "driver_user": ("is no active person of your organization", "不是贵单位的在用人员"),
    "driver_user_taken": ("is another driver's", "已关联其他司机"),
    "certificates_many": ("at most {most}", "最多 {most} 个"),
    "certificate_line": (
        "each line is a name and, where it expires, a day: insurance 2027-12-31",
        "每行填写证件名和到期日（如有）：insurance 2027-12-31",
    ),
    "vehicle_offered": ("this vehicle has an open offer already", "该车辆已有有效的运力"),
    "over_vehicle": ("is more than the vehicle's {limit}", "超过车辆上限 {limit}"),
    "body_of_vehicle": ("the vehicle's body is {body}", "该车辆的车型为 {body}"),
    "sort_needs_capacity": ("sorting by match needs an open capacity of yours", "按匹配排序需要您有有效运力"),
    "sort_needs_load": ("sorting by match needs an open load of yours", "按匹配排序需要您有有效货源"),
    "bbox": (
        "a map window is west,south,east,north in degrees, such as 120.5,30,122,31.5",
        "地图窗口应为“西,南,东,北”的度数，如 120.5,30,122,31.5",
    ),
    "unknown_division": (
        "no place of this map lies in a division {code}; give a GB/T 2260 code such as 51, 5101 or 510100",
        "地图上没有属于区划 {code} 的地点；请填写 GB/T 2260 代码，如 51、5101 或 510100",
    ),
    "cost_is_private": (
        "what a kilometre costs is the carrier's own business: only for the own capacities (mine)",
        "每公里成本属承运人自有信息，仅可用于本单位运力（mine）",
    ),
    "way_pair": ("a way needs both ends: where you are and where you go", "顺路查找需同时填写出发地和目的地"),
    "range_order": ("the upper limit lies below the lower one", "上限小于下限"),
    "search_words": (
        "search for at most {high} words and {characters} characters",
        "最多搜索 {high} 个词、{characters} 个字符",
    ),
    "cursor": ("this page marker is not one of ours", "无效的分页标记"),
    "unknown_place": ("there is no place {code} on this map", "地图上没有地点 {code}"),
    "price_positive": ("a price is above 0", "价格必须大于 0"),
    "reason_length": ("has at most {high} characters", "最多 {high} 个字符"),
    "vehicle_not_of_order": ("this vehicle is not the carrier's", "该车辆不属于承运人"),
    "document_hash": (
        "a document hash is 64 hexadecimal digits (SHA-256)",
        "文件摘要应为 64 位十六进制（SHA-256）",
    ),
    "load_taken": ("the load is taken or withdrawn", "货源已成交或撤回"),
    "load_changed": ("the load was changed after this quote; quote again", "报价后货源已变更，请重新报价"),
    "capacity_gone": ("the vehicle has no room left for this load", "该运力的剩余空间不足"),
    "quote_closed": ("the quote is {state}", "报价状态为 {state}"),
    "line_taken": ("this line is a quote already", "该建议已生成报价"),
    "line_lapsed": (
        "this line has lapsed: an offer changed, or a newer round overtook it",
        "该建议已失效：供需信息已变更或有新一轮优化",
    ),
    "line_waits": ("first the load before it on this truck must be booked", "须先成交该车的上一单"),
    "line_carrier_first": (
        "the carrier takes this line up first: it offers the truck on from its next place",
        "该建议须由承运人先接受：车辆将从下一地点继续接货",
    ),
    "quote_exists": ("there is an open quote for this load and vehicle", "该货源与运力已有有效报价"),
    "load_not_open": ("the load is {state}", "货源状态为 {state}"),
    "capacity_not_open": ("the capacity is {state}", "运力状态为 {state}"),
    "vehicle_needed": ("bind a vehicle first", "请先指定车辆"),
    "no_company_prefix": (
        "your organization has no GS1 company prefix yet; the operator of the platform enters it",
        "贵单位尚未登记 GS1 厂商识别代码，请联系平台运营方登记",
    ),
    "sscc_exhausted": (
        "the company prefix {prefix} has no {count} numbers (SSCC) left in a row; "
        "take another extension digit or ask GS1 for another prefix",
        "厂商识别代码 {prefix} 已没有连续 {count} 个可用的 SSCC，请换用其他扩展位或向 GS1 申请新的厂商识别代码",
    ),
    "label_gtin": (
        "a GTIN has 14 digits, the last of them its check digit",
        "GTIN 应为 14 位数字，末位为校验码",
    ),
    "label_gtin_right": (
        "the check digit of this GTIN would be {right}; one of its digits is wrong",
        "该 GTIN 的校验码应为 {right}，请检查数字",
    ),
    "label_count_range": ("the count is 1 to 99999999", "数量应为 1 至 99999999"),
    "label_count_pair": (
        "the GTIN of the items inside and their count go together: give both or neither",
        "内装商品 GTIN 与数量须同时填写或同时留空",
    ),
    "label_item_needs_gtin": (
        "a unit that is itself a trade item has a GTIN and no count",
        "单元本身为贸易项目时须填写 GTIN 且不填数量",
    ),
    "label_lot_characters": (
        "a batch or lot has 1 to 20 letters, digits or !\"%&'()*+,-./:;<=>?_",
        "批号应为 1–20 位字母、数字或 !\"%&'()*+,-./:;<=>?_",
    ),
    "label_lot_needs_gtin": ("a batch or lot needs the GTIN that it is of", "填写批号时须填写对应的 GTIN"),
    "label_date_needs_gtin": ("a date needs the GTIN that it is of", "填写日期时须填写对应的 GTIN"),
    "label_weight": (
        "a net weight is above 0, with at most three decimals and six digits in all",
        "净重应大于 0，最多三位小数、共六位数字",
    ),
    "label_sscc": (
        "an SSCC has 18 digits, the last of them its check digit",
        "SSCC 应为 18 位数字，末位为校验码",
    ),
    "label_label_text": ("has at most 60 printable characters", "最多 60 个可打印字符"),
    "logger_file": ("{reason}", "无法读取文件：{reason}"),
    "logger_name": (
        "a logger's name has 1 to 40 letters, digits, dots and dashes",
        "记录仪名称应为 1–40 位字母、数字、点或短横线",
    ),
    "report_future": ("lies in the future", "时间不能晚于现在"),
    "report_too_many": ("names at most {high} objects at once", "一次最多 {high} 个"),
    "report_unread": ("{text} cannot be read: {reason}", "无法识别“{text}”：{reason}"),
    "report_waybill": ("there is no consignment {number} of yours", "没有属于贵方的运单 {number}"),
    "report_event": ("{reason}", "{reason}"),
    "report_objects_needed": ("scan or type at least one object", "请至少扫描或输入一个对象"),
    "report_parent_needed": (
        "say what they are packed into, taken out of, or what is sealed",
        "请填写装入、拆出或施封的对象",
    ),
    "report_parent_kind": (
        "only a pallet (SSCC), an asset (GRAI, GIAI) or a container can hold something",
        "只有托盘（SSCC）、资产（GRAI、GIAI）或集装箱可以装载货物",
    ),
    "report_parent_in_itself": ("a thing is not inside itself", "对象不能装入自身"),
    "report_seal_kind": (
        "a seal is named by its number (under your company prefix) or its GIAI",
        "铅封请填写编号（按贵方厂商识别代码）或 GIAI",
    ),
    "report_objects_twice": ("each object is named once", "每个对象只能出现一次"),
    "not_yet": ("the order is still {state}", "订单当前状态为 {state}"),
}

WHY_NOT: Mapping[str, tuple[str, str]] = {
    "load_not_open": RULES["load_not_open"],
    "load_expired": ("the load has expired", "货源已过期"),
    "capacity_not_open": RULES["capacity_not_open"],
    "capacity_expired": ("the capacity has expired", "运力已过期"),
    "not_visible": ("the load is not offered to this carrier", "该货源未向此承运人开放"),
    "wrong_mode": ("needs {needed}, moves by {offered}", "需要{needed}运输，运力为{offered}"),
    "wrong_body": ("needs {needed}, is {offered}", "需要 {needed}，车型为 {offered}"),
    "lacks_equipment": ("lacks {missing}", "缺少{missing}"),
    "too_heavy": ("{over_kg} kg too heavy", "超重 {over_kg} 千克"),
    "too_voluminous": ("{over_dm3} dm³ too voluminous", "体积超出 {over_dm3} 升"),
    "too_much_floor": ("{over_cm} cm of floor too little", "装载长度差 {over_cm} 厘米"),
    "piece_too_long": ("{over_cm} cm too long", "单件超长 {over_cm} 厘米"),
    "no_temperature_control": ("cannot keep a temperature", "车辆无温控"),
    "temperature": ("keeps {offered}, needs {needed} °C", "可控温 {offered}，需要 {needed} °C"),
    "no_certificate": ("lacks the certificate {name}", "缺少证件 {name}"),
    "certificate_expires": (
        "the certificate {name} expires on {on}, before delivery",
        "证件 {name} 于 {on} 到期，早于送达",
    ),
    "outside_origin_area": ("pickup lies {over_km} km outside the area", "提货地超出区域 {over_km} 公里"),
    "outside_destination_area": (
        "delivery lies {over_km} km outside the area",
        "送货地超出区域 {over_km} 公里",
    ),
    "plan_late": (
        "the vehicle cannot keep what it has booked ({booked} loads) as it stands",
        "车辆按现状已无法按时完成已接的 {booked} 票货",
    ),
    "no_place_in_plan": (
        "its {booked} booked loads leave no room on the way for this one",
        "已接的 {booked} 票货在途中没有余量搭载此货",
    ),
    "no_road": ("there is no road from {origin} to {destination}", "{origin} 至 {destination} 无可行道路"),
    "late_at_pickup": ("{late_min} min late at pickup", "提货将迟到 {late_min} 分钟"),
    "not_ready_in_time": (
        "is ready {late_min} min after the pickup window",
        "可用时间晚于提货时间窗 {late_min} 分钟",
    ),
    "late_at_delivery": ("{late_min} min late at delivery", "送达将迟到 {late_min} 分钟"),
    "price_below_floor": ("pays {short_fen} fen less than the carrier asks", "低于承运人底价 {short_fen} 分"),
}

# What would make a near miss fit.
CURES: Mapping[str, tuple[str, str]] = {
    "fits_with_equipment": ("fits if the vehicle brings {missing}", "车辆配备{missing}即可"),
    "fits_with_weight": ("fits with at most {most} kg", "重量不超过 {most} 千克即可"),
    "fits_with_volume": ("fits with at most {most} dm³", "体积不超过 {most} 升即可"),
    "fits_with_floor": ("fits with at most {most} cm of floor", "装载长度不超过 {most} 厘米即可"),
    "fits_with_piece": ("fits with pieces of at most {most} cm", "单件长度不超过 {most} 厘米即可"),
    "fits_with_radius": (
        "fits if the vehicle serves {radius_km} km around",
        "车辆服务半径扩大到 {radius_km} 公里即可",
    ),
    "fits_with_pickup": (
        "fits if pickup is open {late_min} min longer",
        "提货时间窗延长 {late_min} 分钟即可",
    ),
    "fits_with_delivery": (
        "fits if delivery may be {late_min} min later",
        "送达时间放宽 {late_min} 分钟即可",
    ),
    "fits_with_price": ("fits at a price of {yuan} yuan", "运价提高到 {yuan} 元即可"),
}

REASONS: Mapping[str, tuple[str, str]] = {
    "deadhead": ("empty distance to the pickup", "空驶距离"),
    "unknown_position": ("position unknown: the empty distance is unknown", "位置未知：空驶距离未知"),
    "time_fit": ("time between arrival and the end of the pickup window", "到达距提货截止的时间"),
    "body": ("body", "车型"),
    "weight_use": ("use of the free space", "剩余空间利用率"),
    "margin": ("contribution to the price", "毛利率"),
    "backhaul": ("loads waiting at the destination", "目的地回程货源"),
    "price_index": ("price against similar loads", "与同类货源价格之比"),
    "detour": ("detour that it adds to the booked way", "较已定行程的绕行"),
    "on_time": ("deliveries of the carrier in time", "承运人准时送达率"),
    "kept": ("orders that the shipper did not cancel", "货主履约率（未取消）"),
}

_ALL = {**REASONS, **CURES, **WHY_NOT, **RULES, **PUBLISHING, **AUCTIONS, **DOCKS}
LANGUAGES = ("en", "zh")


def sentence(key: str, params: Params, language: str = "en") -> str:
    """The sentence of a key in `language` (zh or en). Raises KeyError for a key that is not listed here."""
    shown = {name: f"{value:g}" if isinstance(value, float) else value for name, value in params.items()}
    return _ALL[key][LANGUAGES.index(language)].format(**shown)
