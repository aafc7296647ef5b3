from __future__ import annotations

import pytest

from services.common.errors import InvalidField
from services.perception.core import personal


def kinds_in(text: str) -> dict[str, str]:
    """The kinds that are recognised in a text, each with what was recognised."""
    found = personal.personal(text, tuple(personal.RECOGNISERS), ("US", "DE"))
    return {kind: text[start:stop] for kind, (start, stop) in found}


@pytest.mark.parametrize(
    ("text", "kind", "what"),
    [
        ("mail ann.lee+x@example.co.uk now", "email", "ann.lee+x@example.co.uk"),
        ("ann@example,org", "email", "ann@example,org"),
        ("ann @ example.org", "email", "ann @ example.org"),
        ("Tel. +49 30 901820", "phone", "+49 30 901820"),
        ("call (212) 555-2368", "phone", "(212) 555-2368"),
        ("Fon 030/901820", "phone", "030/901820"),
        ("4111 1111 1111 1111", "card", "4111 1111 1111 1111"),
        # One digit misread: grouped as on a card all the same.
        ("4111 1111 1111 1117", "card", "4111 1111 1111 1117"),
        ("378282246310005", "card", "378282246310005"),
        ("DE89 3704 0044 0532 0130 00", "iban", "DE89 3704 0044 0532 0130 00"),
        ("GB29NWBK60161331926819", "iban", "GB29NWBK60161331926819"),
        ("DE89 3704 0044 0532 0130 07", "iban", "DE89 3704 0044 0532 0130 07"),
        ("host 192.168.10.4 up", "ip", "192.168.10.4"),
        ("2001:db8::8a2e:370:7334", "ip", "2001:db8::8a2e:370:7334"),
        ("SSN 078-05-1120", "ssn", "078-05-1120"),
        ("00:1B:44:11:3A:B7", "mac", "00:1B:44:11:3A:B7"),
    ],
)
def test_personal_data_is_known_by_its_form(text: str, kind: str, what: str) -> None:
    assert kinds_in(text)[kind] == what


@pytest.mark.parametrize(
    "text",
    [
        "",
        "EXIT",
        "TOTAL 12.50",
        "Invoice 2024-03-17",
        "14:35:02",
        "follow us @groundwire",
        "version 1.2.3",
        "999.1.1.1",
        "12345",
        "order 4006381333931x",
        "ACME GMBH & CO KG",
    ],
)
def test_other_lettering_is_left_alone(text: str) -> None:
    assert kinds_in(text) == {}


def test_only_what_is_asked_for_is_recognised() -> None:
    assert personal.personal("ann@example.org 192.168.10.4", ("ip",), ()) == (("ip", (16, 28)),)


def test_a_national_number_needs_its_country() -> None:
    assert personal.personal("030/901820", ("phone",), ("US",)) == ()
    assert personal.personal("030/901820", ("phone",), ("DE",)) == (("phone", (0, 10)),)


def test_a_country_must_be_one() -> None:
    assert personal.checked_countries(["DE", "US"]) == ("DE", "US")
    with pytest.raises(InvalidField, match="'Germany' is no country"):
        personal.checked_countries(["Germany"])
