"""What presidio's pattern recognisers find without a language model is found here too.

The answers are presidio's: presidio-analyzer 2.2.366, its recognisers called one by one, no context words. Every row
scored 0.4 or more there, or passed its check digit. The number is somebody's in no row: they are the examples of the
standards, of stdnum, or made up with a right check digit.
"""

from __future__ import annotations

import pytest

from services.perception.core import personal

KNOWN = (
    # presidio's entity, kind here, country, text
    ("CREDIT_CARD", "card", "US", "4012888888881881"),
    ("CREDIT_CARD", "card", "US", "5555-5555-5555-4444"),
    ("CREDIT_CARD", "card", "US", "3714 4963539 8431"),
    ("CREDIT_CARD", "card", "US", "30569309025904"),
    ("CRYPTO", "crypto", "US", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    ("CRYPTO", "crypto", "US", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"),
    ("CRYPTO", "crypto", "US", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"),
    ("EMAIL_ADDRESS", "email", "US", "info@presidio.site"),
    ("EMAIL_ADDRESS", "email", "US", "ann_lee+x@mail.example.co.uk"),
    ("IBAN_CODE", "iban", "US", "AL47212110090000000235698741"),
    ("IBAN_CODE", "iban", "US", "DE89 3704 0044 0532 0130 00"),
    ("IBAN_CODE", "iban", "US", "NO93 8601 1117 947"),
    ("IBAN_CODE", "iban", "US", "MT84-MALT-0110-0001-2345-MTLC-AST0-01S"),
    ("IP_ADDRESS", "ip", "US", "192.168.0.1"),
    ("IP_ADDRESS", "ip", "US", "684D:1111:222:3333:4444:5555:6:77"),
    ("IP_ADDRESS", "ip", "US", "2001:db8::1"),
    ("MAC_ADDRESS", "mac", "US", "00:1A:2B:3C:4D:5E"),
    ("MAC_ADDRESS", "mac", "US", "00-1A-2B-3C-4D-5E"),
    ("MAC_ADDRESS", "mac", "US", "0012.3456.789A"),
    ("PHONE_NUMBER", "phone", "US", "(425) 882-9090"),
    ("PHONE_NUMBER", "phone", "GB", "020 7930 4832"),
    ("PHONE_NUMBER", "phone", "US", "+44 20 7930 4832"),
    ("PHONE_NUMBER", "phone", "DE", "030 901820"),
    ("URL", "url", "US", "https://www.example.com/a?b=c"),
    ("URL", "url", "US", "www.example.org"),
    ("URL", "url", "US", "microsoft.com"),
    ("URL", "url", "US", "example.co.uk/menu"),
    ("UUID", "uuid", "US", "123e4567-e89b-12d3-a456-426614174000"),
    ("US_SSN", "ssn", "US", "078-05-1123"),
    ("US_ITIN", "national", "US", "911-70-1234"),
    ("ABA_ROUTING_NUMBER", "national", "US", "121000358"),
    ("US_NPI", "national", "US", "1234567893"),
    ("MEDICAL_LICENSE", "national", "US", "BB1388568"),
    ("US_MBI", "national", "US", "1EG4-TE5-MK73"),
    ("UK_NHS", "national", "GB", "401-023-2137"),
    ("UK_NHS", "national", "GB", "943 476 5919"),
    ("UK_NINO", "national", "GB", "AB 12 34 56 C"),
    ("UK_DRIVING_LICENCE", "national", "GB", "MORGA657054SM9IJ"),
    ("AU_ABN", "national", "AU", "51 824 753 556"),
    ("AU_ACN", "national", "AU", "000 000 019"),
    ("AU_TFN", "national", "AU", "876 543 210"),
    ("AU_MEDICARE", "national", "AU", "2123 45670 1"),
    ("CA_SIN", "national", "CA", "130-692-544"),
    ("DE_TAX_ID", "national", "DE", "36574261809"),
    ("DE_TAX_NUMBER", "national", "DE", "181/815/08155"),
    ("DE_TAX_NUMBER", "national", "DE", "0918181508155"),
    ("DE_HANDELSREGISTER", "national", "DE", "HRB 12345"),
    ("DE_ID_CARD", "national", "DE", "L01X00T44"),
    ("DE_ID_CARD", "national", "DE", "T22000124"),
    ("DE_PASSPORT", "national", "DE", "C01X00T41"),
    ("DE_SOCIAL_SECURITY", "national", "DE", "15070649C103"),
    ("DE_HEALTH_INSURANCE", "national", "DE", "A000500015"),
    ("DE_VAT_ID", "national", "DE", "DE136695976"),
    ("ES_NIF", "national", "ES", "54362315K"),
    ("ES_NIE", "national", "ES", "X2482300W"),
    ("FI_PERSONAL_IDENTITY_CODE", "national", "FI", "131052-308T"),
    ("IN_AADHAAR", "national", "IN", "2341 2341 2346"),
    ("IN_PAN", "national", "IN", "ACUPA7085R"),
    ("IN_VOTER", "national", "IN", "WKH1186253"),
    ("IN_GSTIN", "national", "IN", "27AAPFU0939F1ZV"),
    ("IT_FISCAL_CODE", "national", "IT", "RCCMNL83S18D969H"),
    ("IT_VAT_CODE", "national", "IT", "00743110157"),
    ("KR_RRN", "national", "KR", "960121-1122338"),
    ("KR_FRN", "national", "KR", "971013-5019902"),
    ("KR_BRN", "national", "KR", "116-82-00276"),
    ("NG_NIN", "national", "NG", "51234567899"),
    ("PH_UMID", "national", "PH", "1234-1234567-1"),
    ("PL_PESEL", "national", "PL", "44051401359"),
    ("SE_PERSONNUMMER", "national", "SE", "880320-0016"),
    ("SE_ORGANISATIONSNUMMER", "national", "SE", "212000-0142"),
    ("SG_NRIC_FIN", "national", "SG", "S1234567D"),
    ("SG_UEN", "national", "SG", "00192200M"),
    ("TH_TNIN", "national", "TH", "1234545678781"),
    ("TR_NATIONAL_ID", "national", "TR", "17291716060"),
    ("ZA_ID_NUMBER", "national", "ZA", "7503305044089"),
    ("ZA_COMPANY_REGISTRATION", "national", "ZA", "2019/123456/07"),
)

NOT_TOLD_BY_FORM = (
    # The same without a right check digit, or of another country.
    ("national", "PL", "44051401358"),
    ("national", "DE", "44051401359"),
    ("national", "US", "121000359"),
    ("national", "US", "BB1388569"),
    ("national", "US", "1EG4TE5MK73"),
    ("national", "GB", "BG 12 34 56 C"),
    ("national", "GB", "99999657054SM9IJ"),
    ("national", "AU", "1123 45670 1"),
    ("national", "DE", "L01X00T45"),
    ("national", "DE", "15990649C103"),
    ("national", "DE", "A000500016"),
    ("national", "KR", "971313-5019902"),
    ("crypto", "US", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"),
    ("url", "US", "version 2.14.1"),
    ("url", "US", "end.Begin"),
    ("url", "US", "ann@example.org"),
    ("uuid", "US", "123e4567-e89b-12d3-a456-42661417400"),
)


@pytest.mark.parametrize(("entity", "kind", "country", "text"), KNOWN)
def test_what_presidio_finds_is_found(entity: str, kind: str, country: str, text: str) -> None:
    found = personal.personal(f"no {text} x", (kind,), (country,))

    assert any(start <= 3 and stop >= 3 + len(text) for _, (start, stop) in found), entity


@pytest.mark.parametrize(("kind", "country", "text"), NOT_TOLD_BY_FORM)
def test_what_only_looks_like_it_is_left(kind: str, country: str, text: str) -> None:
    assert personal.personal(text, (kind,), (country,)) == ()


def test_a_number_is_looked_for_where_its_country_is_asked_for() -> None:
    assert personal.personal("44051401359", ("national",), ("US", "GB")) == ()
    assert personal.personal("44051401359", ("national",), ("US", "PL")) == (("national", (0, 11)),)
