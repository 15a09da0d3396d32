"""What is said of a document that breaks the schema, in Chinese and English: what is wrong, what would be right."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("zh", "en")

# Rules that the schema names by `x-rule`; {value} is what was given.
RULES: Mapping[str, tuple[str, str]] = {
    "uri": (
        "{value} 不是 URI；应如 urn:epc:id:sgtin:… 或 https://id.gs1.org/…",
        "{value} is no URI; write urn:epc:id:sgtin:… or https://id.gs1.org/…",
    ),
    "time": (
        "{value} 不是带时区的时间；应如 2026-03-02T08:00:00.000+08:00",
        "{value} is no instant with an offset; write 2026-03-02T08:00:00.000+08:00",
    ),
    "offset": (
        "{value} 不是时区偏移；应为 ±hh:mm，至多 14:00",
        "{value} is no time zone offset; write ±hh:mm, at most 14:00",
    ),
    "action": (
        "{value} 不是动作；应为 ADD、OBSERVE 或 DELETE",
        "{value} is no action; write ADD, OBSERVE or DELETE",
    ),
    "bizStep": (
        "{value} 不是 CBV 的业务步骤；应写单词（如 shipping）或自有 URI",
        "{value} is no business step of the CBV; write its bare word (such as shipping) or a URI of your own",
    ),
    "disposition": (
        "{value} 不是 CBV 的状态；应写单词（如 in_transit）或自有 URI",
        "{value} is no disposition of the CBV; write its bare word (such as in_transit) or a URI of your own",
    ),
    "bizTransaction": (
        "{value} 不是 CBV 的业务单据类型；应写 {words} 或自有 URI",
        "{value} is no business transaction type of the CBV; write one of {words}, or a URI of your own",
    ),
    "party": (
        "{value} 不是来源或去向类型；应写 {words} 或自有 URI",
        "{value} is no source or destination type; write one of {words}, or a URI of your own",
    ),
    "reason": (
        "{value} 不是更正原因；应写 {words} 或自有 URI",
        "{value} is no reason of an error; write one of {words}, or a URI of your own",
    ),
    "measurement": (
        "{value} 不是测量类型；应写单词（如 Temperature）或自有 URI",
        "{value} is no measurement; write its bare word (such as Temperature) or a URI of your own",
    ),
    "alert": (
        "{value} 不是传感器告警；应写 {words} 或自有 URI",
        "{value} is no sensor alert; write one of {words}, or a URI of your own",
    ),
    "component": (
        "{value} 不是分量；应写 {words} 或自有 URI",
        "{value} is no component; write one of {words}, or a URI of your own",
    ),
    "name": (
        "这里没有名为 {value} 的字段；自有字段应写 前缀:名称，标准字段有 {words}",
        "no field is called {value} here; a field of your own is named prefix:name, the standard's are {words}",
    ),
    "own_name": (
        "{value} 不是自有字段名；应写 前缀:名称",
        "{value} is no field of your own; name it prefix:name",
    ),
    "event_type": (
        "{value} 不是事件类型；应为五种标准类型之一或自有类型的 URI",
        "{value} is no event type; write one of the five, or the URI of a type of your own",
    ),
    "version": ("{value} 不是版本号；应如 2.0", "{value} is no version; write 2.0"),
    "uom": (
        "{value} 不是计量单位；应为两三个大写字母或数字（如 KGM）",
        "{value} is no unit of measure; write two or three capitals or digits, such as KGM",
    ),
    "hex": ("{value} 不是十六进制", "{value} is not hexadecimal"),
    "context": (
        "@context 应为 URI、对象或由它们组成的无重复列表",
        "@context is a URI, an object, or a list of them without repetition",
    ),
    "certification": (
        "certificationInfo 应为 URI 或 URI 列表",
        "certificationInfo is a URI or a list of URIs",
    ),
    "persistent": (
        "persistentDisposition 应含 set 或 unset，各至少一项且不重复",
        "persistentDisposition has set or unset, each with at least one word and none twice",
    ),
    "unique": ("同一 EPC 在列表中只能出现一次", "an EPC stands once in its list"),
    "objects": (
        "对象事件应有 epcList、quantityList，或带 readPoint 的 sensorElementList",
        "an object event has an epcList, a quantityList, or a sensorElementList with a readPoint",
    ),
    "ilmd": ("ilmd 只能与 action ADD 同用", "ilmd goes with the action ADD alone"),
    "children": (
        "除 DELETE 外应有 childEPCs 或 childQuantityList",
        "childEPCs or childQuantityList may be left out with the action DELETE alone",
    ),
    "transacted": (
        "除 DELETE 外应有 epcList 或 quantityList",
        "epcList or quantityList may be left out with the action DELETE alone",
    ),
    "transaction": (
        "交易事件至少有一项 bizTransactionList",
        "a transaction event names at least one business transaction",
    ),
    "transformed": (
        "转换事件应有投入和产出，或 transformationID 加其中之一",
        "a transformation has inputs and outputs, or a transformationID and one of them",
    ),
    # What a document may be refused for before its events are looked at.
    "no_json": ("不是有效的 JSON：{detail}", "this is not JSON: {detail}"),
    "no_xml": ("不是有效的 XML：{detail}", "this is not XML: {detail}"),
    "entities": (
        "不接受实体声明和外部引用",
        "entity declarations and external references are not accepted in XML",
    ),
    "no_document": (
        "应为 EPCIS 文档、事件或事件列表，而不是 {detail}",
        "this should be an EPCIS document, an event or a list of events, not {detail}",
    ),
    "no_context": (
        "不在文档中的事件须带 @context",
        "an event outside a document carries its @context",
    ),
    "no_events": ("文档中没有 EventList", "the document has no EventList"),
    "xml_number": ("{value} 应为数字", "{value} should be a number"),
    "xml_boolean": ("{value} 应为 true 或 false", "{value} should be true or false"),
    # What a repository refuses beyond the schema.
    "too_long": (
        "标识长 {value} 个字符，至多 {expected}",
        "an identifier has {value} characters, at most {expected} are kept",
    ),
    "too_large": (
        "事件的 JSON 长 {value} 个字符，至多 {expected}；请拆成几个事件",
        "the event has {value} characters of JSON, at most {expected} are kept; write several events",
    ),
    "too_many": (
        "文档含 {value} 个事件，每次至多 {expected}",
        "the document has {value} events, at most {expected} are taken at once",
    ),
    "instant": (
        "{value} 不在日历范围内",
        "{value} lies outside the calendar",
    ),
    "too_deep": (
        "内容嵌套过深，至多 {expected} 层",
        "lists and objects stand in one another on too many levels, at most {expected} are taken",
    ),
    "namespaces": (
        "XML 命名空间过多，至多 {expected} 个",
        "the XML declares too many namespaces, at most {expected} are taken",
    ),
    "shape": (
        "{value} 的内容应与标准事件中的同名字段一样",
        "{value} should have the form that it has in the standard's events",
    ),
    "zero": ("文本不能包含字符 U+0000", "text cannot contain the character U+0000"),
}
# Refusals of JSON Schema itself, by their keyword.
KEYWORDS: Mapping[str, tuple[str, str]] = {
    "required": ("缺少字段 {property}", "the field {property} is missing"),
    "type": ("{value} 的类型应为 {expected}", "{value} should be of type {expected}"),
    "enum": ("{value} 应为其中之一：{expected}", "{value} should be one of {expected}"),
    "additionalProperties": ("这里不允许字段 {property}", "the field {property} may not stand here"),
    "minItems": ("列表至少一项", "the list has at least one entry"),
    "uniqueItems": ("列表中不得有重复", "no entry stands twice in the list"),
    "pattern": ("{value} 的格式应为 {expected}", "{value} should match {expected}"),
    "other": ("{value} 不符合 EPCIS 2.0", "{value} is not allowed by EPCIS 2.0"),
}


def sentence(key: str, language: str, **params: str) -> str:
    """The sentence of a rule or keyword in `zh` or `en`."""
    pair = RULES.get(key) or KEYWORDS.get(key) or KEYWORDS["other"]
    return pair[LANGUAGES.index(language)].format_map(_Blank(params))


class _Blank(dict[str, str]):
    """Leaves what was not given empty."""

    def __missing__(self, _key: str) -> str:
        return ""
