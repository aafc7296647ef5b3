"""The grammar of questions: a parsing expression grammar over the word classes of `classes`.

How to read it: `"a|b c"` is the word a, or the words b c, in any case; a bare name is a rule or a class; `/` tries in
order and the first that fits counts; `!x` and `&x` look ahead. Parsing takes time proportional to the length of the
text (packrat), whatever the text is, and no rule reaches itself, so that depth is bounded too.

A question is one of `PATTERNS`, tried in that order; a pattern must fit to the end of the text. What none fits is not
understood, on purpose.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from parsimonious.expressions import Regex
from parsimonious.grammar import Grammar

from services.common.plans import Task
from services.llm.core.classes import CLASSES, FUNCTION_CLASSES
from services.llm.core.lexicon import entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PATTERNS: Final[Mapping[str, Task]] = MappingProxyType(
    {
        "count_times": Task.COUNT,
        "count_things": Task.COUNT,
        "count_asserted": Task.COUNT,
        "compare_which": Task.COMPARE,
        "compare_than": Task.COMPARE,
        "compare_more": Task.COMPARE,
        "compare_same": Task.COMPARE,
        "compare_plain": Task.COMPARE,
        "read_total": Task.READ,
        "read_phone": Task.READ,
        "read_maker": Task.READ,
        "read_seller": Task.READ,
        "read_when": Task.READ,
        "read_price": Task.READ,
        "read_said": Task.READ,
        "read_field": Task.READ,
        "read_own_field": Task.READ,
        "read_written": Task.READ,
        "read_lettering": Task.READ,
        "read_on_carrier": Task.READ,
        "read_command": Task.READ,
        "attribute_of": Task.ATTRIBUTE,
        "attribute_what": Task.ATTRIBUTE,
        "attribute_own": Task.ATTRIBUTE,
        "attribute_how": Task.ATTRIBUTE,
        "attribute_made": Task.ATTRIBUTE,
        "attribute_either": Task.ATTRIBUTE,
        "exists_there": Task.EXISTS,
        "exists_said": Task.EXISTS,
        "exists_borne": Task.EXISTS,
        "exists_shown": Task.EXISTS,
        "exists_occurring": Task.EXISTS,
        "state": Task.STATE,
        "exists_placed": Task.EXISTS,
        "exists_named": Task.EXISTS,
        "locate_said": Task.LOCATE,
        "locate_where": Task.LOCATE,
        "locate_command": Task.LOCATE,
        "locate_position": Task.LOCATE,
        "locate_which": Task.LOCATE,
        "describe_view": Task.DESCRIBE,
        "describe_who": Task.DESCRIBE,
        "describe_placed": Task.DESCRIBE,
        "describe_thing": Task.DESCRIBE,
        "describe_kind": Task.DESCRIBE,
    }
)
"""Patterns in the order in which they are tried, and the task that each stands for."""

RULES: Final = r"""
question          = (lead* told+ request) / (lead* request)
told              = (ask / (reader &wh_word)) lead*
lead              = courtesy / scope / pause
end               = (courtesy / scope / pause)* !any

# ---- Places: the whole picture, a part of it, by another thing.

scope             = (scope_preposition scope_article? scene) / whereabouts
scope_preposition = "in|on|of|within|from|inside|throughout|at|across"
scope_article     = "the|this|that|these|my|your|our|the whole|the entire|the given|the attached"
place             = "and"? (corner_place / related)
corner_place      = corner !(&"of" !scope)
related           = !scope relation core
rest              = scope / place / filler / pause

# ---- Things: lettering, fields of a page, objects; what places and describes them.

things            = np (joint np)*
joint             = ("," "and|or"?) / "and|or|and also|as well as"
np                = core link*
plain             = core place*
core              = lettering / field / indefinite / object / pronoun
link              = bearing / scope / place / located / activity / having / described

bearing           = bears (quoted / bare)
located           = relative? located_at &related
activity          = relative? doing (!relation !scope object)?
having            = "with|without|wearing|that has|who has|who have|that have|which has" !pronoun object
described         = relative property
relative          = "who is|who are|that is|that are|which is|which are"
doing             = !doing_noun ~r'[^\W\d_]+ing(?: |\Z)'i

lettering         = determiner* (quoted_literal / quoted_sign / bare_literal / text)
quoted_literal    = literal_noun? quoted !sign
quoted_sign       = quoted sign
sign              = !literal_noun noun
bare_literal      = ("word|words|letters|phrase" bare)
                  / ("letter|letters|word|name|text" capitals)
                  / ("number|digit" figures)
text              = property* text_noun
quoted            = ~r'"[^"]+"(?: |\Z)'
bare              = (!bare_end word)+
bare_end          = scope / related / occurring / writing / courtesy / filler / conjunction / copula / preposition
capitals          = ~r'(?-i:[A-Z0-9][A-Z0-9&.\'\-]*)(?: |\Z)'
figures           = ~r'[0-9][0-9.,\-/]*(?: |\Z)'

field             = determiner* (keyed_whole / valued / keyed / modified) owner?
valued            = property* field_noun !noun_word
modified          = modifier{1,2} field_noun !noun_word
modifier          = !field_noun noun_word &((!field_noun noun_word)* !"cost" field_noun)
keyed_whole       = key_phrase !noun_word
keyed             = !physical_number ((key_before* key_head !noun_word) / (key_word{1,3} key_tail !noun_word))
key_before        = !key_head noun_word &((!key_head noun_word)* key_head)
key_word          = !key_tail noun_word &((!key_tail noun_word)* key_tail)
owner             = "of|for" (scope / issuer / object / pronoun)
issuer            = determiner* issuer_noun !noun_word

object            = determiner* number_word? adjective* (sided / noun)
adjective         = ordinal / superlative_ahead / comparative_ahead / possessive / property_ahead
superlative_ahead = superlative &noun_ahead
comparative_ahead = comparative &noun_ahead
property_ahead    = property &noun_ahead
noun_ahead        = property* (compound_noun / noun_word / adjective_noun)
possessive        = ~r"[^\W_][^\s\",.]*'s(?: |\Z)"
sided             = noun from_side
noun              = (compound_noun / (noun_word noun_next*) / adjective_noun) noun_of?
noun_next         = compound_noun / (!doing noun_word)
noun_of           = "of" !scope !pronoun "a|an|the"? property* noun_word (!doing noun_word)*
noun_word         = !function !possessive !number_sign word
number_sign       = "number" figures
word              = ~r'[^\W_][^\s",]*(?: |\Z)'

# ---- Counting.

count_times       = how_often auxiliary? (observer sensing)? (said / things) (occurring / rest)*
count_things      = how_many "of"? things (borne_by / state_value / link / rest / occurring)*
borne_by          = auxiliary determiner? scene bear_verb
count_asserted    = existence (bound / &number_word) things rest*

# ---- Comparing.

compare_which     = wh_choice (copula / auxiliary)? "the"? comparative rest* contest
wh_choice         = "which|who|what" ("one|of the two|of these|of them" / noun)?
contest           = (plain versus np) / (np versus np)
versus            = ","? "or|and|than|with|to|as|from"
compare_than      = polar plain copula? comparative "than" np
compare_more      = existence quantity np "than|as" existence? np
compare_same      = ((polar / auxiliary) np "and|or" np ("of|have" / pause)? sameness rest* end)
                  / (polar plain copula? "of"? sameness "as" np end)
sameness          = "the same" dimension?
compare_plain     = difference contest

# ---- Reading.

read_total        = total_question rest*
read_phone        = phone_question rest*
read_maker        = ("who" making np rest* end)
                  / ("what|which" maker_noun making np rest* end)
                  / ("who" copula "the"? maker_noun ("of" np)? rest* end)
read_seller       = (seller_question rest* end)
                  / ("what|which" issuer_noun (seller_rest / rest)+ end)
                  / ("what|which" copula "the|this" issuer_noun "called|named" end)
                  / (wh_lead? "the|this"? issuer_own "name|called" rest* end)
                  / (wh_lead? "the"? "name" "of" "the|this" issuer_noun rest* end)
                  / (wh_lead "the|this"? issuer_noun rest* end)
seller_rest       = copula / auxiliary / pronoun / determiner / paper_noun / dealing / "from|by|come"
read_when         = when_question (seller_rest / rest)+
read_price        = ("how much" (copula / auxiliary)? np? "cost|costs|is"? rest* end)
                  / ("what" auxiliary np "cost" rest* end)
read_said         = ("what|which|whatever" lettering_name? "the|that"? auxiliary? carrier_said rest* end)
                  / ("what|which" lettering_name? "the"? auxiliary? whole saying rest* end)
                  / ("the text that" carrier_said rest* end)
lettering_name    = lettering_noun / text
whole             = (pronoun !noun_word) / (determiner* scene !noun_word) / "there|here"
carrier_said      = !whole plain (saying / "show|display|bear")
read_field        = (wh_lead asked_field about* end)
                  / (determiner* (valued / keyed_whole / keyed) (scope / place)* end)
wh_lead           = (wh_asking / teller) "the value of|the name of"?
wh_asking         = ("what|which|how much" copula?) / "what about|how about|and what about|and"
asked_field       = field / (determiner* (keyed_loosely / valued_loosely) owner?)
keyed_loosely     = key_loosely* loose_key_head !noun_word
key_loosely       = !loose_key_head noun_word &((!loose_key_head noun_word)* loose_key_head)
valued_loosely    = loose_field_noun !noun_word
about             = carried / rest / writing / showing / saying / dealing / ("on|of|from|for"? pronoun)
carried           = (copula core)
                  / (auxiliary observer sensing)
                  / (auxiliary !whole core (saying / bear_verb))
                  / (auxiliary whole bear_verb)
                  / ("from" core)
                  / copula
read_own_field    = wh_lead? (issuer_possessor / possessor) asked_field about*
issuer_possessor  = determiner* issuer_own
possessor         = determiner* property* possessor_name
possessor_name    = noun_word* possessive
read_written      = "what|which|whatever" text? (copula / auxiliary / observer / "there")* writing about*
read_lettering    = wh_lead? lettering_asked about*
lettering_asked   = lettering_named / (determiner* text)
lettering_named   = determiner* (property / ordinal)* lettering_noun !noun_word owner?
read_on_carrier   = placed_question on_carrier rest*
on_carrier        = relation carrier
carrier           = determiner* adjective* carrier_name
carrier_name      = carrier_before* carrier_noun
carrier_before    = !carrier_noun noun_word &((!carrier_noun noun_word)* carrier_noun)
read_command      = (reader ((determiner* scene) / everything) (about / read_tail)* end)
                  / (reader np (about / read_tail)* end)
read_tail         = "aloud|out loud|out|verbatim|you can find|you can read|that|it says"

# ---- Attributes and states.

attribute_of      = wh_lead? "the"? dimension "of" np rest*
attribute_what    = "what|which" dimension ("of" object)? (copula / auxiliary)? "on"? np? ("have|has" / rest)*
attribute_own     = wh_lead possessor dimension rest*
attribute_how     = how_dimension copula? np rest*
attribute_made    = ("what|of what" copula? plain copula? made_of rest* end)
                  / ("what material" copula plain made_of? rest* end)
made_of           = "made of|made from|made out of|made"
attribute_either  = polar definite_thing copula? either rest*
either            = state_value pause? "or" state_value
state             = (polar definite_thing copula? (state_value "and"?)+ rest* end)
                  / ("does|do" definite_thing seeming state_value+ rest* end)
polar             = (copula "not"?) / "if|whether|that"
definite_thing    = &(definite / possessive / capital_name) plain
capital_name      = ~r'(?-i:[A-Z])[^\s",.]*(?: |\Z)'
state_value       = degree? (property / activity / having / switched)
degree            = "very|really|fully|completely|still|partly|partially|already|quite|mostly|made of|made out of|all"
switched          = switch_word &(end / "or")
switch_word       = "on|off|on fire|in use|out of order"

# ---- Existence.

existence         = "if|whether|that"? (existing / sensed / shown)
sensed            = auxiliary "not"? observer "able to"? sensing
shown             = "does|do|did"? ((determiner? scene) / pronoun) bear_verb
exists_there      = existence things (rest / writing / showing / link)*
exists_said       = (auxiliary / "if|whether")? (said_whole / plain) saying said rest*
said_whole        = pronoun / (determiner* scene) / "the text|any text|anything|there"
said              = bare_literal / (determiner* literal_noun? quoted) / capital_text
capital_text      = capitals+
exists_borne      = "does|do|did|if|whether" !said_whole plain (bear_verb / saying) (field / lettering) (rest
                 / writing / showing)*
exists_shown      = polar plain (joint plain)* copula? (scope / showing / "there")+ rest*
exists_occurring  = (polar / auxiliary) "not"? things "be"? (occurring / writing) rest*
exists_placed     = polar core copula? located_at? place+ rest*
exists_named      = (("is" "this|that|it" &determiner) / ("are" "these|those|they")) object rest*

# ---- Position.

locate_said       = whereabouts_question said_there+ said rest*
said_there        = copula / auxiliary / pronoun / observer / writing / saying / sensing / "there"
locate_where      = whereabouts_question (scope / place)? (copula
                 / auxiliary)? (observer sensing)? things locate_rest*
locate_rest       = occurring / writing / rest / activity
locate_command    = pointer "out"? "where"? copula? things (rest / writing / copula)*
locate_position   = (wh_lead / pointer)? "the"? position_noun "of" things rest*
locate_which      = "which|which of the" core (copula / "that")? chosen_by+ rest*
chosen_by         = state_value / place / bearing_which / ("the"? superlative) / ("the"? comparative)
bearing_which     = saying (quoted / capital_text)

# ---- Description.

describe_view     = (view_question (scope / filler / pause / pronoun / "in detail|briefly|about")* end)
                  / (view_of rest* end)
                  / (describer about_view+ end)
                  / ("what" auxiliary determiner? scene (bear_verb / "look like|represent") rest* end)
                  / ("what" copula? "there"? (scope / showing / filler)+ end)
                  / ("what|which|list|name" "all|the|all the"? all_things rest* end)
about_view        = rest / pronoun / (determiner* scene)
                  / "everything|what you see|all|what is|in detail|briefly|there"
all_things        = "objects|things|items|everything"
describe_who      = "who" copula located_at? rest+
describe_placed   = placed_question "the"? place+ rest*
describe_thing    = (describer np rest* end) / ("what" copula generic_thing rest* end)
generic_thing     = determiner* property* generic_noun place*
describe_kind     = "what|which" object (copula / (auxiliary observer sensing)) rest+

pause             = ~r'[,.](?: |\Z)'
any               = ~r'.'s
"""

_WORD_END: Final = r"(?: |\Z)"
_RAW_OR_WORDS: Final = re.compile(r"""#.*|~r'(?:\\.|[^'\\\n])*'|~r"(?:\\.|[^"\\\n])*"|"([^"\n]+)\"""")


def _matcher(phrases: Iterable[str]) -> str:
    """A regular expression for any of the phrases, as whole words, the longest first."""
    longest_first = sorted(set(phrases), key=lambda phrase: (-len(phrase), phrase))
    return f"(?:{'|'.join(map(re.escape, longest_first))}){_WORD_END}"


def _words_as_rule(match: re.Match[str]) -> str:
    if match[1] is None:
        return match[0]
    phrases = match[1].split("|")
    return f'~r"{_matcher(phrases)}"ia'


def _compiled() -> Grammar:
    requests = " / ".join(f"({pattern} end)" for pattern in PATTERNS)
    functions = {word for name in FUNCTION_CLASSES for word in entries(CLASSES[name])}
    classes = {name: _class(name, entries(words)) for name, words in CLASSES.items()}
    rules = _RAW_OR_WORDS.sub(_words_as_rule, RULES)
    return Grammar(f"{rules}\nrequest = {requests}", function=_class("function", functions), **classes)


def _class(name: str, phrases: Iterable[str]) -> Regex:
    return Regex(_matcher(phrases), name=name, ignore_case=True, ascii=True)


GRAMMAR: Final = _compiled()
"""Ready to parse what `words.canonical` returns."""
