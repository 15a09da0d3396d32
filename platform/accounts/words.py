"""Every rule of organizations, people and their keys with its sentence, in English and Chinese.

A key is what code compares; a sentence is what people read. `{name}` stands for a parameter.
"""

from __future__ import annotations

from collections.abc import Mapping

Params = Mapping[str, str | int]
LANGUAGES = ("en", "zh")

RULES: Mapping[str, tuple[str, str]] = {
    "length": ("has {low} to {high} characters", "长度应为 {low} 至 {high} 个字符"),
    "kinds_needed": ("needs at least one of {known}", "至少选择一项：{known}"),
    "unknown_value": ("{value} is none of {known}", "{value} 不在可选范围内：{known}"),
    "kinds_of_traders": (
        "an organization that signs up is a shipper, a carrier or both",
        "自行注册的组织须为货主、承运人或两者兼有",
    ),
    "company_prefix": ("a GS1 company prefix has 6 to 12 digits", "GS1 厂商识别代码应为 6–12 位数字"),
    "credit_code_length": (
        "a unified social credit code has 18 characters, not {length}",
        "统一社会信用代码应为 18 位，现为 {length} 位",
    ),
    "credit_code_character": (
        "character {place} ({character}) is not allowed: digits and letters except I O S V Z",
        "第 {place} 位（{character}）无效：只能用数字和除 I、O、S、V、Z 以外的字母",
    ),
    "credit_code_division": (
        "character {place} ({character}) must be a digit: 3 to 8 are a division code",
        "第 {place} 位（{character}）应为数字：第 3–8 位是行政区划码",
    ),
    "credit_code_check": (
        "character 18 ({character}) must be {expected}: the check character does not fit",
        "第 18 位（{character}）应为 {expected}：校验码不符",
    ),
    "credit_code_needed": (
        "an organization in China gives its unified social credit code",
        "境内组织须填写统一社会信用代码",
    ),
    "registration_number_needed": (
        "an organization outside China gives its VAT number",
        "境外组织须填写增值税号",
    ),
    "gln_digits": ("a GLN has 13 digits, not {length} characters", "GLN 应为 13 位数字，现为 {length} 位"),
    "gln_character": (
        "character {place} ({character}) must be a digit",
        "第 {place} 位（{character}）应为数字",
    ),
    "gln_check": (
        "digit 13 ({character}) must be {expected}: the check digit does not fit",
        "第 13 位（{character}）应为 {expected}：校验码不符",
    ),
    "vat_country": (
        "a VAT number begins with the country's two letters, such as DE or FR; {value} is none of the European Union",
        "增值税号以欧盟国家的两位字母开头，如 DE、FR；{value} 不是欧盟国家代码",
    ),
    "vat_form": ("a VAT number of {country} looks like {example}", "{country} 的增值税号格式如 {example}"),
    "unlocode": (
        "a UN/LOCODE has two letters of the country and three of the place, such as CNSHA",
        "UN/LOCODE 由两位国家代码和三位地点代码组成，如 CNSHA",
    ),
    "country": ("is a country's two letters of ISO 3166, such as CN", "应为 ISO 3166 两位国家代码，如 CN"),
    "phone": (
        "has 5 to 20 digits, and may begin with + and contain spaces or hyphens",
        "应为 5–20 位数字，可以 + 开头，可含空格或连字符",
    ),
    "taken": ("{value} belongs to another organization already", "{value} 已被其他组织使用"),
    "email": ("must look like name@host", "格式应为 name@host"),
    "email_taken": ("{value} is in use already", "{value} 已被使用"),
    "email_of_invitation": ("the invitation is for {value}", "该邀请仅供 {value} 使用"),
    "locale": ("is one of {known}", "应为其中之一：{known}"),
    "roles_needed": ("needs at least one of {known}", "至少选择一项：{known}"),
    "role_bound": (
        "{role} is for people of an organization of the kind {kind} only",
        "角色 {role} 仅限类型为 {kind} 的组织",
    ),
    "password_wrong": ("is not the present password", "当前密码不正确"),
    "password_same": ("must differ from the present one", "新密码不得与当前密码相同"),
    "not_yours": ("it does not exist, or it is not yours", "不存在，或不属于您"),
    "role": ("your role may not do that", "当前角色无权执行此操作"),
    "owners_only": ("only owners manage people", "只有负责人可以管理人员"),
    "not_cleared": (
        "your organization is not verified yet; it may look and write drafts, and trade once the operator of the "
        "platform has verified it",
        "贵单位尚未通过认证，目前只能浏览和起草；平台运营方认证后方可交易",
    ),
    "last_owner": (
        "an organization keeps at least one active owner; make somebody else an owner first",
        "组织须至少保留一名在用的负责人，请先指定另一名负责人",
    ),
    "owner_needed": ("the person must be active", "该人员须为在用状态"),
    "not_oneself": ("nobody deactivates or hands over to oneself", "不能停用自己或移交给自己"),
    "invitation_closed": (
        "the invitation is used, withdrawn or over; ask for a new one",
        "邀请已被使用、撤回或过期，请重新索取",
    ),
    "invitations_many": ("there are {most} open invitations already", "未使用的邀请已达 {most} 个"),
    "lifetime": ("lasts {low} to {high} days", "有效期应为 {low} 至 {high} 天"),
    "closed_registration": (
        "this platform is joined by invitation; ask its operator",
        "本平台凭邀请注册，请联系平台运营方",
    ),
    "verification_move": (
        "the organization is {before} and cannot become {after}",
        "组织状态为 {before}，不能变为 {after}",
    ),
    "reason_needed": ("a refusal gives its reason", "不通过须说明原因"),
    "documents_needed": ("upload the business licence first", "请先上传营业执照"),
    "document_empty": ("the file is empty", "文件为空"),
    "document_large": ("the file has at most {most} MB", "文件不得超过 {most} MB"),
    "document_kind": (
        "the file must be a PDF, a JPEG or a PNG; its content is none of them",
        "文件须为 PDF、JPEG 或 PNG，该文件内容不符",
    ),
    "documents_many": ("an organization keeps at most {most} documents", "每个组织最多保存 {most} 份文件"),
    "date": ("is a day such as {example}", "应为日期，如 {example}"),
    "past_day": ("lies in the past", "日期已过"),
    "scopes_needed": ("needs at least one of {known}", "至少选择一项：{known}"),
    "scopes_beyond": (
        "a key cannot give what it has not: {value}",
        "密钥不能授予自身没有的权限：{value}",
    ),
    "keys_many": ("a person has at most {most} keys in use", "每人最多 {most} 个在用密钥"),
    "code_wrong": ("the code is wrong or was used already", "验证码错误或已被使用"),
    "code_needed": (
        "this account has two-step sign-in: send the code of the app as `code`",
        "该账户已启用两步验证，请用 code 提供验证码",
    ),
    "two_step_on": ("two-step sign-in is on already", "两步验证已启用"),
    "two_step_off": ("two-step sign-in is not on", "两步验证未启用"),
    "passkey_refused": ("the passkey was not accepted", "通行密钥验证失败"),
    "passkeys_many": ("a person has at most {most} passkeys", "每人最多 {most} 个通行密钥"),
}


def sentence(key: str, params: Params, language: str = "en") -> str:
    """The sentence of a key in `language` (zh or en). Raises KeyError for a key that is not listed here."""
    return RULES[key][LANGUAGES.index(language)].format(**params)
