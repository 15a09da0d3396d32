"""RFC 6238: its own test vectors (SHA-1, cut to six digits), and the drift that is allowed."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.platform.accounts.totp import address, code_at, matching_step, new_secret, step_of

SECRET = base64.b32encode(b"12345678901234567890").decode()
# RFC 6238, appendix B: (seconds since 1970, the code of eight digits).
VECTORS = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_the_codes_of_the_standard(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert code_at(SECRET, step_of(at)) == code[-6:]
    assert matching_step(SECRET, f" {code[-6:-3]} {code[-3:]} ", at) == step_of(at)


@given(st.integers(-5, 5))
def test_a_clock_may_be_half_a_minute_off_and_no_more(steps: int) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    code = code_at(SECRET, step_of(at) + steps)
    fits = matching_step(SECRET, code, at)
    assert (fits == step_of(at) + steps) if abs(steps) <= 1 else (fits is None)


@given(st.text(max_size=12))
def test_no_text_breaks_the_comparison(text: str) -> None:
    found = matching_step(SECRET, text, datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=1))
    assert found is None or len("".join(text.split())) == 6


def test_the_address_carries_secret_account_and_issuer() -> None:
    secret = new_secret()
    assert len(base64.b32decode(secret)) == 20
    found = address(secret, "li@example.com", "Haoyun")
    assert found == (
        f"otpauth://totp/Haoyun:li%40example.com?secret={secret}&issuer=Haoyun&digits=6&period=30"
    )
