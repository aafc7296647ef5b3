"""National numbers of persons and firms, recognised by their form and their check digits.

A number is looked for where its country is asked for. What has a check digit must be right by it, although a reader's
one wrong letter then hides it: without the check any nine digits would be somebody's number. The checks are `stdnum`'s;
the few that it lacks stand in `checks`. What has no check has a form that little else has.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from stdnum.ar import cuit
from stdnum.at import vnr
from stdnum.au import abn, acn, tfn
from stdnum.be import nn
from stdnum.bg import egn
from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.ch import ssn as ahv
from stdnum.cl import rut
from stdnum.cn import ric
from stdnum.cz import rc
from stdnum.de import idnr as steuer_id
from stdnum.de import vat
from stdnum.dk import cpr
from stdnum.ee import ik
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs, utr
from stdnum.gr import amka
from stdnum.hr import oib
from stdnum.ie import pps
from stdnum.il import idnr as teudat_zehut
from stdnum.in_ import aadhaar, epic, gstin, pan
from stdnum.it import codicefiscale, iva
from stdnum.jp import in_ as my_number
from stdnum.kr import brn
from stdnum.lt import asmens
from stdnum.mx import curp
from stdnum.my import nric
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.pl import nip, pesel
from stdnum.pt import cc
from stdnum.ro import cnp
from stdnum.se import orgnr, personnummer
from stdnum.sg import uen
from stdnum.th import pin
from stdnum.tr import tckimlik
from stdnum.us import itin, ptin, rtn
from stdnum.za import idnr as za_id
from stdnum.za import tin as za_tin

from services.perception.core import checks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

Span = tuple[int, int]

CLASSES: Final = {"9": r"\d", "A": "[A-Z]", "X": "[A-Z0-9]"}
"""What stands for what in a shape; everything else in it stands for itself."""


class Number(NamedTuple):
    """One kind of number: how it is written, and whether what is written so is one."""

    written: re.Pattern[str]
    valid: Callable[[str], bool]


def _shape(shape: str, valid: Callable[[str], bool]) -> Number:
    """Characters by `CLASSES`, with or without a sign between any two of them, as cards and forms group them."""
    spaced = "[ ./-]?".join(CLASSES.get(character, re.escape(character)) for character in shape)
    return _form(spaced, valid)


def _form(pattern: str, valid: Callable[[str], bool] = bool) -> Number:
    return Number(re.compile(rf"(?<![A-Za-z0-9])(?:{pattern})(?![A-Za-z0-9])"), valid)


NUMBERS: Final[Mapping[str, tuple[Number, ...]]] = MappingProxyType(
    {
        "AR": (_shape("99999999999", cuit.is_valid),),
        "AT": (_shape("9999999999", vnr.is_valid),),
        "AU": (
            _shape("99999999999", abn.is_valid),
            _shape("999999999", lambda text: acn.is_valid(text) or tfn.is_valid(text)),
            _shape("9999999999", checks.is_medicare),
        ),
        "BE": (_shape("99999999999", nn.is_valid),),
        "BG": (_shape("9999999999", egn.is_valid),),
        "BR": (_shape("99999999999", cpf.is_valid),),
        "CA": (_shape("999999999", sin.is_valid),),
        "CH": (_shape("7569999999999", ahv.is_valid),),
        "CL": (_shape("9999999X", rut.is_valid), _shape("99999999X", rut.is_valid)),
        "CN": (_shape("99999999999999999X", ric.is_valid),),
        "CZ": (_shape("9999999999", rc.is_valid),),
        "DE": (
            _shape("99999999999", steuer_id.is_valid),
            _shape("DE999999999", vat.is_valid),
            _form(r"(?:0[1-9]|1[0-6])\d{11}"),
            _form(r"\d{3}/\d{3}/\d{5}"),
            _form(r"HR[AB] *\d{1,6}"),
            _form(r"T\d{8}"),
            _form(r"[CFGHJ-NPRTV-Z][CFGHJ-NPRTV-Z0-9]{7}\d", checks.is_icao),
            _shape("99999999A999", checks.is_rentenversicherung),
            _form(r"[A-Z]\d{9}", checks.is_krankenversicherung),
        ),
        "DK": (_shape("9999999999", cpr.is_valid),),
        "EE": (_shape("99999999999", ik.is_valid),),
        "ES": (_shape("99999999A", dni.is_valid), _shape("A9999999A", nie.is_valid)),
        "FI": (_form(r"\d{6}[-+A-FU-Y]\d{3}[0-9A-Z]", hetu.is_valid),),
        "FR": (_shape("999999X99999999", nir.is_valid),),
        "GB": (
            _shape("9999999999", lambda text: nhs.is_valid(text) or utr.is_valid(text)),
            _form(r"(?!BG|GB|NK|KN|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]"),
            _form(
                r"(?=[A-Z]+9*\d)[A-Z9]{5}\d(?:[05][1-9]|[16][0-2])(?:0[1-9]|[12]\d|3[01])\d[A-Z9]{2}[A-Z0-9][A-Z]{2}"
            ),
        ),
        "GR": (_shape("99999999999", amka.is_valid),),
        "HR": (_shape("99999999999", oib.is_valid),),
        "IE": (_shape("9999999A", pps.is_valid), _shape("9999999AA", pps.is_valid)),
        "IL": (_shape("999999999", teudat_zehut.is_valid),),
        "IN": (
            _shape("999999999999", aadhaar.is_valid),
            _shape("AAAAA9999A", pan.is_valid),
            _form(r"[A-Z]{3}\d{7}", epic.is_valid),
            _shape("99AAAAA9999AXXX", gstin.is_valid),
        ),
        "IT": (_shape("AAAAAAXXAXXAXXXA", codicefiscale.is_valid), _shape("99999999999", iva.is_valid)),
        "JP": (_shape("999999999999", my_number.is_valid),),
        "KR": (
            # Numbers given since October 2020 have no check digit: their date and century tell.
            _form(r"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])-?[1-8]\d{6}"),
            _shape("9999999999", brn.is_valid),
        ),
        "LT": (_shape("99999999999", asmens.is_valid),),
        "MX": (_shape("AAAA999999AAAAAAX9", curp.is_valid),),
        "MY": (_shape("999999999999", nric.is_valid),),
        "NG": (_shape("99999999999", checks.is_verhoeff),),
        "NL": (_shape("999999999", bsn.is_valid),),
        "NO": (_shape("99999999999", fodselsnummer.is_valid),),
        "PH": (_form(r"\d{4}-\d{7}-\d"),),
        "PL": (_shape("99999999999", pesel.is_valid), _shape("9999999999", nip.is_valid)),
        "PT": (_shape("999999999XX9", cc.is_valid),),
        "RO": (_shape("9999999999999", cnp.is_valid),),
        "SE": (_form(r"(?:\d{2})?\d{6}[-+ ]?\d{4}", lambda text: personnummer.is_valid(text) or orgnr.is_valid(text)),),
        "SG": (_form(r"[STFGM]\d{7}[A-Z]"), _form(r"\d{8,9}[A-Z]|[RST]\d{2}[A-Z]{2}\d{4}[A-Z]", uen.is_valid)),
        "SK": (_shape("9999999999", rc.is_valid),),
        "TH": (_shape("9999999999999", pin.is_valid),),
        "TR": (_shape("99999999999", tckimlik.is_valid),),
        "US": (
            _shape("999999999", lambda text: itin.is_valid(text) or rtn.is_valid(text)),
            _form(r"9\d\d[ -]93[ -]\d{4}"),
            _form(r"P\d{8}", ptin.is_valid),
            _form(r"[12]\d{9}", checks.is_npi),
            _form(r"[A-HJ-MPR-UX][A-Z9]\d{7}", checks.is_dea),
            _shape("9AX9AX9AA99", checks.is_mbi),
        ),
        "ZA": (
            _shape("9999999999999", za_id.is_valid),
            _shape("9999999999", za_tin.is_valid),
            _form(r"(?:19|20)\d{2}/\d{6}/\d{2}"),
        ),
    }
)
"""What is recognised, by the country's two letters. A number is judged as it was written, its signs included."""


def numbers(text: str, countries: Sequence[str]) -> Iterator[Span]:
    """Where `text` holds numbers of `countries`; what a country has none of here, it gives none of.

    >>> list(numbers("PESEL 44051401359", ("PL",)))
    [(6, 17)]
    """
    for country in countries:
        for number in NUMBERS.get(country, ()):
            for match in number.written.finditer(text):
                if number.valid(match[0]):
                    yield match.span()
