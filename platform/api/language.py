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
    "zero_character": ("文本不能包含字符 U+0000", "Text cannot contain the character U+0000"),
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
