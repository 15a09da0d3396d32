"""GLN, VAT numbers, UN/LOCODE: right ones in their one form, wrong ones with the character or the form named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.platform.accounts.errors import BadFields, BadIdentifier
from haoyun.platform.accounts.identifiers import check_gln, check_locode, check_phone, check_vat
from haoyun.platform.accounts.organizations import Profile

GLN = "9521234000006"


def test_a_gln_is_taken_with_spaces_and_its_check_digit_is_named() -> None:
    assert check_gln("952 1234 00000 6") == GLN
    for wrong, words in (
        (GLN[:-1] + "5", "digit 13 (5) must be 6"),
        (GLN[:-1], "has 13 digits, not 12"),
        ("95212X4000006", "character 6 (X) must be a digit"),
        ("９521234000006", "character 1 (９) must be a digit"),
    ):
        with pytest.raises(BadIdentifier) as refused:
            check_gln(wrong)
        assert words in str(refused.value)


@given(place=st.integers(0, 12), digit=st.sampled_from("0123456789"))
def test_one_mistyped_digit_of_a_gln_never_passes(place: int, digit: str) -> None:
    wrong = GLN[:place] + digit + GLN[place + 1 :]
    if wrong != GLN:
        with pytest.raises(BadIdentifier):
            check_gln(wrong)


@pytest.mark.parametrize(
    "vat", ["DE123456789", "fr xx 123456789", "NL123456789B01", "GR123456789", "ATU12345678"]
)
def test_vat_numbers_of_the_union_are_taken(vat: str) -> None:
    assert check_vat(vat)[:2] in ("DE", "FR", "NL", "EL", "AT")


@pytest.mark.parametrize(
    ("vat", "words"), [("DE12345678", "looks like DE123456789"), ("US123", "US is none")]
)
def test_a_wrong_vat_number_says_what_would_be_right(vat: str, words: str) -> None:
    with pytest.raises(BadIdentifier) as refused:
        check_vat(vat)
    assert words in str(refused.value)


def test_a_locode_and_a_telephone_number_have_one_form() -> None:
    assert check_locode("cn sha") == "CNSHA"
    assert check_phone(" +86 21 5555-0100 ") == "+86 21 5555-0100"
    for check, wrong in (
        (check_locode, "CNS"),
        (check_locode, "C1SHA"),
        (check_phone, "call me"),
        (check_phone, "12"),
    ):
        with pytest.raises(BadIdentifier):
            check(wrong)


def test_a_profile_names_every_wrong_field_at_once_in_both_languages() -> None:
    with pytest.raises(BadFields) as refused:
        Profile.checked(country="China", gln="1", vat_id="X", locode="?", phone="-", address="x" * 300)
    wrong = {"country", "gln", "vat_id", "locode", "phone", "address"}
    assert set(refused.value.messages("en")) == set(refused.value.messages("zh")) == wrong
    assert "应为" in refused.value.messages("zh")["country"]


@given(st.text(max_size=30))
def test_no_text_breaks_a_check(text: str) -> None:
    for check in (check_gln, check_vat, check_locode, check_phone):
        try:
            assert check(text)
        except BadIdentifier as error:
            assert error.said("zh") and error.said("en")
