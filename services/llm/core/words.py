"""From typed text to the form that the grammar reads: words with one space between them, quotations kept verbatim."""

from __future__ import annotations

import re
import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CONTRACTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {f"{word}'s": f"{word} is" for word in ("what", "where", "who", "how", "when", "which", "there", "that", "it")}
    | {f"{word}s": f"{word} is" for word in ("what", "where", "how")}
    | {f"{word}'re": f"{word} are" for word in ("what", "where", "who", "how", "there", "they")}
    | {f"{word}n't": f"{word} not" for word in ("is", "are", "was", "were", "do", "does", "did", "could", "would")}
    | {f"{word}'s": f"{word} is" for word in ("colour", "color", "size", "shape", "material", "brand", "one")}
    | {"can't": "can not", "i'd": "i would", "i'm": "i am", "let's": "let us", "here's": "here is", "pls": "please"}
)
"""Shortened words, spelled out."""

_STRAIGHT: Final = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»″「」『』〝〞", '"'),
        **dict.fromkeys("‘’‚‛′´`‹›", "'"),  # noqa: RUF001
        **dict.fromkeys("‐‑‒", "-"),  # noqa: RUF001
        **dict.fromkeys("–—―:;", ","),  # noqa: RUF001
        **dict.fromkeys("?!…¿¡。", "."),
        **dict.fromkeys("()[]{}", " "),
    }
)
"""Punctuation with one meaning gets one form: `"` quotes, `,` pauses, `.` ends."""

_SINGLE_QUOTED: Final = re.compile(r"(?<!\w)'([^'\"]+(?:'\w[^'\"]*)*)'(?!\w)")
_WHOLLY_QUOTED: Final = re.compile(r'"([^" ]+ [^"]+)"[. ]*')
_TOKEN: Final = re.compile(r'"([^"]*)"|([^\W_](?:[^\s",]*[^\W_])?)|([,.])|\S')
_FEW_WORDS: Final = 2
"""So few words in capitals may be lettering and no question."""

_DECORATION: Final = frozenset({"So", "Sk", "Mn", "Me", "Cf", "Co", "Cs"})
"""Unicode categories that carry no word: emoji, their modifiers, marks without a letter, format characters."""


def canonical(text: str) -> str:
    """The text as the grammar reads it.

    Words keep their case, contractions are spelled out, quotations stand in straight double quotes with their content
    untouched, pauses are `,` and ends are `.`, each a word of its own. A character that is none of these stays, so
    that no rule fits; emoji are left out. Empty when nothing is left.

    >>> canonical(" What's on the `No Entry` sign?")
    'what is on the "No Entry" sign .'
    """
    straight = _SINGLE_QUOTED.sub(r'"\1"', unicodedata.normalize("NFKC", text).translate(_STRAIGHT)).strip()
    whole = _WHOLLY_QUOTED.fullmatch(straight)
    tokens = (_token(match) for match in _TOKEN.finditer(whole[1] if whole is not None else straight))
    words = [token for token in tokens if token]
    return " ".join(map(_lowered, words) if _is_shouted(words) else words)


def _is_shouted(words: Sequence[str]) -> bool:
    """Whether all is in capitals, so that a capital marks nothing."""
    unquoted = " ".join(word for word in words if not word.startswith('"'))
    return unquoted.isupper() and len(unquoted.split()) > _FEW_WORDS


def _lowered(word: str) -> str:
    return word if word.startswith('"') else word.lower()


def _token(match: re.Match[str]) -> str:
    quoted, word, mark = match.groups()
    if quoted is not None:
        content = " ".join(quoted.split())
        return f'"{content}"' if content else ""
    if word is not None:
        return _CONTRACTIONS.get(word.lower(), word)
    if mark is None and (match[0] in "\"'" or unicodedata.category(match[0]) in _DECORATION):
        return ""
    return match[0]
