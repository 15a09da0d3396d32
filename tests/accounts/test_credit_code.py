"""The unified social credit code, against the example of the standard and every single wrong character."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.platform.accounts.credit_code import ALPHABET, check_character, check_credit_code
from haoyun.platform.accounts.errors import BadCreditCode

KNOWN = "91350100M000100Y43"  # the example in GB 32100-2015


def test_the_example_of_the_standard_is_accepted_in_any_case_of_letters() -> None:
    assert check_credit_code(KNOWN.lower()) == KNOWN


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (KNOWN[:-1], "has 18 characters, not 17"),
        (KNOWN[:9] + "O" + KNOWN[10:], "character 10 (O) is not allowed"),
        (KNOWN[:3] + "A" + KNOWN[4:], "character 4 (A) must be a digit"),
        (KNOWN[:-1] + "4", "character 18 (4) must be 3"),
    ],
)
def test_the_message_names_the_wrong_character(code: str, words: str) -> None:
    with pytest.raises(BadCreditCode) as refused:
        check_credit_code(code)
    assert words in str(refused.value)


@given(place=st.integers(0, 17), other=st.sampled_from(ALPHABET))
def test_one_mistyped_character_never_passes(place: int, other: str) -> None:
    wrong = KNOWN[:place] + other + KNOWN[place + 1 :]
    if wrong == KNOWN:
        return
    with pytest.raises(BadCreditCode):
        check_credit_code(wrong)


@given(st.text(ALPHABET, min_size=17, max_size=17))
def test_the_check_character_is_one_of_the_alphabet(body: str) -> None:
    assert check_character(body) in ALPHABET
