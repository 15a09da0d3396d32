"""Which language the caller reads, and the API's own sentences in both."""

from __future__ import annotations

from collections.abc import Mapping

from flask import has_request_context, request

LANGUAGES = ("zh", "en")

# key -> (Chinese, English); {names} are filled from the error's parameters.
TEXTS: dict[str, tuple[str, str]] = {
    "bad_request": ("请求有误", "The request is wrong"),
    "unauthorized": ("请先登录", "Sign in first"),
    "unauthorized_detail": (
        "请使用浏览器会话或请求头 Authorization: Bearer <令牌>；令牌由 POST /api/v1/tokens 签发。",
        "Send a session cookie or the header Authorization: Bearer <token>; POST /api/v1/tokens issues one.",
    ),
    "bad_credentials": ("邮箱或密码不正确", "The e-mail address or the password is wrong"),
    "scope_missing": (
        "该密钥没有权限 {scope}，请使用具有该权限的密钥",
        "This key lacks the scope {scope}; use one that has it",
    ),
    "keys_open_no_pages": (
        "受限密钥只能用于 API",
        "A key with limited scopes opens the API only",
    ),
    "forbidden": ("无权执行此操作", "You may not do this"),
    "not_found": ("没有找到", "Not found"),
    "not_found_detail": (
        "该对象不存在，或不属于您的组织。",
        "It does not exist, or it does not belong to your organization.",
    ),
    "method_not_allowed": ("不支持该请求方法", "This method is not supported here"),
    "conflict": ("与当前状态冲突", "In conflict with the current state"),
    "unprocessable": ("有字段不符合规则", "A field breaks its rule"),
    "too_many": ("请求过于频繁", "Too many requests"),
    "too_large": ("请求内容过大", "The request is too large"),
    "internal": ("服务器内部错误", "The server failed"),
    "internal_detail": (
        "错误已记录，编号 {reference}。",
        "The failure was logged under the reference {reference}.",
    ),
    "busy": ("服务暂时不可用", "The service is not available for a moment"),
    "busy_detail": ("请稍后重试，数据没有丢失。", "Try again soon; nothing was lost."),
    "statistics_credit": (
        "好运货运市场统计，CC BY 4.0；里程依据：{roads}",
        "Haoyun freight market figures, CC BY 4.0; distances: {roads}",
    ),
    "zero_character": ("文本不能包含字符 U+0000", "Text cannot contain the character U+0000"),
    "milestone_future": (
        "已达成的节点不能在将来",
        "a milestone that was reached does not lie in the future",
    ),
    "malformed_json": ("请求正文不是有效的 JSON", "The body is not valid JSON"),
    "field.missing": ("必填", "is required"),
    "field.unknown": ("没有这个字段", "is not a field here"),
    "field.type": ("应为 {expected}", "must be {expected}"),
    "field.at_least": ("不得小于 {limit}", "must be at least {limit}"),
    "field.at_most": ("不得大于 {limit}", "must be at most {limit}"),
    "field.more_than": ("必须大于 {limit}", "must be more than {limit}"),
    "field.less_than": ("必须小于 {limit}", "must be less than {limit}"),
    "field.one_of": ("应为其中之一：{expected}", "must be one of {expected}"),
    "field.shortest": ("至少 {limit} 个字符", "has at least {limit} characters"),
    "field.longest": ("至多 {limit} 个字符", "has at most {limit} characters"),
    "field.most_items": ("至多 {limit} 项", "has at most {limit} entries"),
    "field.fewest_items": ("至少 {limit} 项", "has at least {limit} entries"),
    "field.pattern": ("格式应为 {pattern}", "must match {pattern}"),
    "field.instant": (
        "应为带时区的 ISO-8601 时间，如 2026-03-02T08:00:00Z",
        "must be an ISO-8601 instant with an offset, such as 2026-03-02T08:00:00Z",
    ),
    "field.place": ("没有这个地点：{place}", "no place is called {place}"),
    "field.terminal_phone": (
        "JT/T 808 终端需填写手机号（SIM 卡号），其他设备不填",
        "is given for a JT/T 808 terminal, and for nothing else",
    ),
    "field.device_words": (
        "设备名为 8 至 40 个小写字母、数字或连字符；终端手机号为 6 至 20 位数字",
        "must be 8 to 40 of a-z, 0-9 and - for a name, 6 to 20 digits for a terminal's phone number",
    ),
    "field.binding_since": (
        "不得晚于现在，也不得早于上一次绑定的起止时间",
        "must not lie in the future, nor before the edge of the last binding",
    ),
    "device_refused": (
        "设备名或密钥不正确，或设备已停用。请在请求头中使用 Basic 认证，或使用平台给出的地址。",
        "The device or its secret is wrong, or the device is revoked. Send Basic authentication, or use the address "
        "that the platform gave.",
    ),
    "report_kind": ("没有这种格式；可用：{kinds}", "There is no such kind; there are: {kinds}"),
    "report_empty": (
        "请求中没有数据：应为表单、查询参数或 JSON",
        "The request carries nothing: send a form, a query or JSON",
    ),
    "report_wrong": ("无法接受该上报：{reason}", "The report cannot be taken: {reason}"),
    "report_too_large": ("上报内容不得超过 {limit} 字节", "A report has at most {limit} bytes"),
    "device_taken": (
        "该设备名或终端手机号已被使用",
        "This name, or this terminal's phone number, is registered already",
    ),
    "device_revoked": (
        "设备已停用，请另行登记新设备",
        "The device is revoked; register a new one",
    ),
    "field.base64": ("应为 Base64 编码的文件内容", "must be the file's content in base 64"),
    "field.cursor": ("无效的分页标记", "is not a page mark of this list"),
    "csrf": ("缺少或错误的 CSRF 令牌", "The CSRF token is missing or wrong"),
    "key_reused": (
        "该 Idempotency-Key 已用于另一个请求",
        "This Idempotency-Key was used for another request already",
    ),
}


def language() -> str:
    """The best of zh and en for ``Accept-Language``; Chinese where nothing is said."""
    best = request.accept_languages.best_match(LANGUAGES) if has_request_context() else None
    return best or LANGUAGES[0]


def text(key: str, params: Mapping[str, object] | None = None) -> str:
    """The sentence of this key in the caller's language."""
    return TEXTS[key][LANGUAGES.index(language())].format(**(params or {}))
