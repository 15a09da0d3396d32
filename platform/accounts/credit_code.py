"""The 18-character unified social credit code of Chinese organizations (GB 32100-2015)."""

from __future__ import annotations

from haoyun.platform.accounts.errors import BadCreditCode

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # 31 characters: no I, O, S, V, Z
_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_LENGTH = 18
_DIVISION = slice(2, 8)  # characters 3 to 8 are the division code of the registering authority: digits


def check_credit_code(code: str) -> str:
    """The code in upper case, or BadCreditCode that names the wrong character and its place (from 1)."""
    code = code.strip().upper()
    if len(code) != _LENGTH:
        raise BadCreditCode("credit_code_length", length=len(code))
    for place, character in enumerate(code, start=1):
        if character not in ALPHABET:
            raise BadCreditCode("credit_code_character", place=place, character=character)
    for place, character in enumerate(code[_DIVISION], start=3):
        if not character.isdigit():
            raise BadCreditCode("credit_code_division", place=place, character=character)
    expected = check_character(code[:-1])
    if code[-1] != expected:
        raise BadCreditCode("credit_code_check", character=code[-1], expected=expected)
    return code


def check_character(body: str) -> str:
    """The check character of the first 17: 31 minus the weighted sum modulo 31 (GB 32100, clause 5)."""
    total = sum(ALPHABET.index(character) * weight for character, weight in zip(body, _WEIGHTS, strict=True))
    return ALPHABET[-total % 31]
