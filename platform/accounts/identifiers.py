"""Identifiers of organizations and places beside the credit code: GLN, EU VAT numbers, UN/LOCODE, countries, phones.

Each check returns the identifier in its one form, or raises BadIdentifier whose sentence says what would be right.
"""

from __future__ import annotations

import re

from haoyun.platform.accounts.errors import BadIdentifier
from haoyun.rfid_ingest.epc.links import check_digit

_GLN_DIGITS = 13
_LOCODE = re.compile(r"[A-Z]{2}[A-Z2-9]{3}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_PHONE = re.compile(r"\+?[0-9][0-9 -]{3,28}[0-9]")
# Forms of VAT numbers after the country's letters (European Commission, VIES, question 11), each with an example.
_VAT = {
    "AT": (r"U\d{8}", "ATU12345678"),
    "BE": (r"[01]\d{9}", "BE0123456789"),
    "BG": (r"\d{9,10}", "BG123456789"),
    "CY": (r"\d{8}[A-Z]", "CY12345678X"),
    "CZ": (r"\d{8,10}", "CZ12345678"),
    "DE": (r"\d{9}", "DE123456789"),
    "DK": (r"\d{8}", "DK12345678"),
    "EE": (r"\d{9}", "EE123456789"),
    "EL": (r"\d{9}", "EL123456789"),
    "ES": (r"[A-Z0-9]\d{7}[A-Z0-9]", "ESX1234567X"),
    "FI": (r"\d{8}", "FI12345678"),
    "FR": (r"[A-HJ-NP-Z0-9]{2}\d{9}", "FRXX123456789"),
    "HR": (r"\d{11}", "HR12345678901"),
    "HU": (r"\d{8}", "HU12345678"),
    "IE": (r"\d[A-Z0-9+*]\d{5}[A-Z]{1,2}", "IE1234567WA"),
    "IT": (r"\d{11}", "IT12345678901"),
    "LT": (r"\d{9}|\d{12}", "LT123456789"),
    "LU": (r"\d{8}", "LU12345678"),
    "LV": (r"\d{11}", "LV12345678901"),
    "MT": (r"\d{8}", "MT12345678"),
    "NL": (r"[A-Z0-9+*]{12}", "NL123456789B01"),
    "PL": (r"\d{10}", "PL1234567890"),
    "PT": (r"\d{9}", "PT123456789"),
    "RO": (r"\d{2,10}", "RO1234567890"),
    "SE": (r"\d{12}", "SE123456789012"),
    "SI": (r"\d{8}", "SI12345678"),
    "SK": (r"\d{10}", "SK1234567890"),
    "XI": (r"\d{9}|\d{12}|(GD|HA)\d{3}", "XI123456789"),
}


def check_gln(text: str) -> str:
    """A GLN of 13 digits with its GS1 check digit; the sentence names the wrong character."""
    gln = re.sub(r"[\s-]", "", text)
    for place, character in enumerate(gln, start=1):
        if not ("0" <= character <= "9"):
            raise BadIdentifier("gln_character", place=place, character=character)
    if len(gln) != _GLN_DIGITS:
        raise BadIdentifier("gln_digits", length=len(gln))
    expected = str(check_digit(gln[:-1]))
    if gln[-1] != expected:
        raise BadIdentifier("gln_check", character=gln[-1], expected=expected)
    return gln


def check_vat(text: str) -> str:
    """A VAT number in the form of its country of the European Union (or XI, Northern Ireland)."""
    vat = re.sub(r"[\s.-]", "", text).upper()
    country = "EL" if vat[:2] == "GR" else vat[:2]
    if country not in _VAT:
        raise BadIdentifier("vat_country", value=vat[:2])
    form, example = _VAT[country]
    if not re.fullmatch(form, vat[2:]):
        raise BadIdentifier("vat_form", country=country, example=example)
    return country + vat[2:]


def check_locode(text: str) -> str:
    """A UN/LOCODE (UN/ECE Recommendation 16): country and place, with or without the space between them."""
    code = text.replace(" ", "").upper()
    if not _LOCODE.fullmatch(code):
        raise BadIdentifier("unlocode")
    return code


def check_country(text: str) -> str:
    """Two letters in the form of ISO 3166-1."""
    code = text.strip().upper()
    if not _COUNTRY.fullmatch(code):
        raise BadIdentifier("country")
    return code


def check_phone(text: str) -> str:
    """A telephone number as people write it."""
    phone = text.strip()
    if not _PHONE.fullmatch(phone) or not 5 <= sum(c.isdigit() for c in phone) <= 20:
        raise BadIdentifier("phone")
    return phone
