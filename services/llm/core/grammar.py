"""The grammar of questions: a parsing expression grammar over the word classes of `classes`.

How to read it: `"a|b c"` is the word a, or the words b c, in any case; a bare name is a rule or a class; `/` tries in
order and the first that fits counts; `!x` and `&x` look ahead. Parsing takes time proportional to the length of the
text (packrat), whatever the text is, and no rule reaches itself, so that depth is bounded too.

A question is one of `PATTERNS`, tried in that order; a pattern must fit to the end of the text. What none fits is not
understood, on purpose. A `fragment` is what can go on from an earlier question, and is read by itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from parsimonious.expressions import Regex
from parsimonious.grammar import Grammar

from services.llm.core.classes import CLASSES, FUNCTION_CLASSES
from services.llm.core.lexicon import EXCLUSIVES, entries
from services.llm.core.patterns import PATTERNS

if TYPE_CHECKING:
    from collections.abc import Iterable

RULES: Final = r"""
question          = (lead* told+ request) / (lead* request)
told              = (ask / (reader &wh_word)) lead*
lead              = courtesy / scope / pause
end               = (courtesy / scope / pause)* !any

# ---- Places: the whole picture, a part of it, by another thing.

scope             = (scope_preposition scope_article? scene) / whereabouts
scope_preposition = "in|on|of|within|from|inside|throughout|at|across"
scope_article     = "the|this|that|these|my|your|our|the whole|the entire|the given|the attached"
place             = "and"? (corner_place / extreme / related)
corner_place      = corner !(&"of" !scope) !(!end !doing noun_word)
extreme           = (superlative viewpoint) / (&"furthest to|farthest to|furthest away|farthest away" superlative)
related           = !scope !manner !idiom (between / (relation (said_capitals / core)))
between           = "in between|between" core ("and" core)?
rest              = scope / place / filler / adverb / pause

# ---- Things: lettering, fields of a page, objects; what places and describes them.

things            = np (joint np)*
joined            = unplaced (joint unplaced)+
unplaced          = core (bearing / having / described)*
joint             = ("," "and|or"?) / "and|or|and also|as well as"
np                = core link*
plain             = core place*
core              = lettering / field / indefinite / plate / object / pronoun
link              = bearing / scope / place / located / activity / having / described

bearing           = bears (quoted / bare)
located           = relative? located_at &related
activity          = relative? doing (!relation !scope object)?
having            = "with|without|wearing|that has|who has|who have|that have|which has" !pronoun object
described         = relative (property / participle)
relative          = "who is|who are|that is|that are|which is|which are"
doing             = !doing_noun ~r'[^\W\d_]+ing(?: |\Z)'i

lettering         = determiner* (quoted_literal / quoted_sign / bare_literal / text)
quoted_literal    = literal_noun? quoted !sign
quoted_sign       = quoted sign
sign              = !literal_noun noun
bare_literal      = ("word|words|letters|phrase" bare)
                  / ("letter|letters|word|name|text" capitals)
                  / ("number|digit" figures)
text              = (property / superlative)* text_noun !noun_word
said_name         = bare_name &occurring
said_capitals     = shouted (shouted / figures)* !noun_word
shouted           = !acronym ~r'(?-i:[A-Z]{2}[A-Z0-9&.\'\-]*)(?: |\Z)'
quoted            = ~r'"[^"]+"(?: |\Z)'
bare              = (!bare_end word)+
bare_end          = scope / related / occurring / writing / courtesy / filler / conjunction / copula / preposition
capitals          = ~r'(?-i:[A-Z0-9][A-Z0-9&.\'\-]*)(?: |\Z)'
figures           = ~r'[0-9][0-9.,\-/]*(?: |\Z)'

field             = determiner* (keyed_whole / valued / keyed / modified) owner?
valued            = property* (issuer_noun &field_noun)? field_noun !noun_word
modified          = modifier{1,2} field_noun !noun_word
modifier          = !field_noun noun_word &((!field_noun noun_word)* !"cost" field_noun)
keyed_whole       = key_phrase !noun_word
keyed             = !physical_number ((key_before* key_head !noun_word) / (key_word{1,3} key_tail !noun_word))
key_before        = !key_head noun_word &((!key_head noun_word)* key_head)
key_word          = !key_tail noun_word &((!key_tail noun_word)* key_tail)
owner             = "of|for" (scope / issuer / object / pronoun)
issuer            = determiner* issuer_noun !noun_word

plate             = determiner* adjective* plate_name ("of" object)?
plate_name        = plate_noun !noun_word
object            = (article* (!measure number_word)? (partitive / elliptic / described_noun)) / (determiner+ verbal)
partitive         = !side_word quality+ "of the|of these|of those|of all the|of all" described_noun
side_word         = "top|bottom|left|right|front|back|rear|middle|centre|center|upper|lower"
described_noun    = adjective* (sided / noun)
article           = !one determiner
elliptic          = quality* one from_side?
one               = "one|ones" !noun_ahead
verbal            = quality* verbal_noun
quality           = ordinal / superlative / comparative / property
adjective         = !compound (ordinal / superlative_ahead / comparative_ahead / possessive / measure_ahead
                  / property_ahead / participle_ahead)
compound          = compound_whole / (compound_start noun_word)
superlative_ahead = superlative &noun_ahead
comparative_ahead = comparative &noun_ahead
property_ahead    = property &noun_ahead
participle_ahead  = participle &noun_ahead
measure_ahead     = measure &noun_ahead
measure           = (figures unit) / ~r'[0-9][0-9.,]*-?[a-z]{1,6}(?: |\Z)'i
participle        = !done_noun ~r'[^\W\d_]{2,}[^\W\d_e]ed(?: |\Z)'i
noun_ahead        = property* (compound / compound_noun / noun_word / adjective_noun)
possessive        = ~r"[^\W_][^\s\",.]*'s(?: |\Z)"
sided             = noun from_side
noun              = (((compound / compound_noun / noun_word) noun_next*) / adjective_noun) noun_of?
noun_next         = !end !graded !extreme !shade (compound_noun / (!doing !participle noun_word))
graded            = comparison "than"
shade             = &"light|dark" property
noun_of           = "of" !scope !pronoun "a|an|the"? property* noun_word (!doing noun_word)*
noun_word         = !function !possessive !number_sign word
number_sign       = "number" figures
word              = ~r'[^\W_][^\s",]*(?: |\Z)'

# ---- Counting.

count_times       = how_often (often_things / (auxiliary? (observer sensing)? (said / said_name / things)))
                    (occurring / rest)*
often_things      = "are|were" !shouted !("are|were"? bare_name "and|or") things
count_things      = how_many "of"? (joined / things) (borne_by / held_by / owned_by / bearing_which / acting
                  / possessing / located / state_value / link / rest / occurring)*
borne_by          = auxiliary determiner? scene bear_verb
owned_by          = (auxiliary !whole definite_thing bear_verb) / ("has|have" !whole definite_thing "got"?)
held_by           = auxiliary !whole definite_thing "contain|hold"
acting            = acting_verb object
possessing        = "have|has" !pronoun object
acting_verb       = "wear|wears|hold|holds"
occurring         = appearing / repeating
count_asserted    = existence (bound / &number_word) things rest*

# ---- Comparing.

compare_number    = "what|which" existence? quantity existence? "of" pause? contest rest* end
compare_which     = (which_graded rest* contest rest* end)
                  / ("between|of|out of|from"? contest pause? which_graded rest* end)
                  / ("which|who|what" "of" contest copula which_rank rest* end)
which_graded      = (wh_two pause?)? wh_choice (copula / auxiliary / seeming)? which_rank
which_rank        = adverb? "the"? comparison "one|ones|of the two|of them|of these"?
wh_two            = "of the two|of these two|out of the two|from the two"
wh_choice         = "which|who|what" ("one|of the two|of these|of them|of the two things" / noun)?
comparison        = (costing / comparative / more_of / than_most) viewpoint?
costing           = "costs more|costs less|weighs more|weighs less|cost more|cost less"
more_of           = ~r'(?:more|less) [^\W\d_]+(?: |\Z)'i !"than"
than_most         = ~r'[^\W\d_]{2,}(?<!oth)er(?: |\Z)'i
contest           = !(bare_name "or|and" bare_name) ((plain versus np) / (np versus np))
bare_name         = ~r'(?-i:[A-Z][a-z]+)(?: |\Z)'+
versus            = ","? "or|and|than|with|to|as|from|compare to|compare with|compared to|differ from|or is it|vs"
compare_than      = (polar level copula? adverb? comparison "than" np rest* end)
                  / ("does|do" level seeming comparison "than" np rest* end)
                  / (polar level "or" level comparison rest* end)
                  / (polar level copula? equality np rest* end)
level             = core (!graded !sameness place)*
equality          = ~r'as [^\W\d_]+ as(?: |\Z)'i
compare_more      = existence quantity np "than|as" existence? np
compare_same      = ((polar / auxiliary) np "and|or" np ("of|have" / pause)? sameness rest* end)
                  / (polar level copula? "of"? sameness "as" np end)
                  / (polar definite_thing sameness rest* end)
sameness          = "the same" dimension?
compare_plain     = difference ("the"? dimension "of")? contest

# ---- Reading.

read_total        = total_question rest*
read_phone        = phone_question rest*
read_maker        = ("who" making np rest* end)
                  / ("what|which" maker_noun making np rest* end)
                  / ("who" copula "the"? maker_noun ("of" np)? rest* end)
read_seller       = (seller_question rest* end)
                  / ("what|which" issuer_noun (paper / seller_rest / showing / rest)+ end)
                  / ("where|who" copula paper (dealing "from|by"? / "from|by") rest* end)
                  / ("where" auxiliary paper "come from" rest* end)
                  / ("what|which" copula "the|this" issuer_noun "called|named" end)
                  / (wh_lead? "the|this"? issuer_own "name|called" rest* end)
                  / (wh_lead? "the"? "name" "of" "the|this" issuer_noun rest* end)
                  / (wh_lead "the|this"? issuer_noun rest* end)
                  / ("who" auxiliary? dealing paper rest* end)
seller_rest       = copula / auxiliary / pronoun / (determiner* (deal_noun / scene)) / dealing / "from|by|come"
paper             = determiner* adjective* paper_name
paper_name        = paper_noun !noun_word
read_person       = "who" copula "the|this|my|our" person_key !noun_word rest* end
read_street       = "what|which" way_noun (copula / pronoun / auxiliary / way_tail / rest)*
way_tail          = "on|in|standing|looking at|called|name"
read_when         = when_question (paper / seller_rest / writing / rest)+
read_way          = way_question rest*
read_hours        = ((hours_question / "when") (copula / auxiliary) keeper "still|already"? opening rest* end)
                  / (hours_question keeper (copula / auxiliary)? opening rest* end)
keeper            = "it|they|this" / (determiner* (issuer_noun / scene))
opening           = "open|close|shut|opening|closing|opened|closed|shutting|open up|close up|open to|open until"
                  / "open till"
read_whereabouts  = ("where" copula "this|my|our" issuer_noun "located|situated|based"? !scope end)
                  / ("where" copula issuer "based|to be found" end)
                  / ("where" auxiliary observer "find|reach|visit" issuer end)
read_term         = "when|what time" (copula / auxiliary) np term rest*
read_price        = ("how much" (((copula / auxiliary) np?) / definite_thing)? "cost|costs|is|are"? rest* end)
                  / ("what" auxiliary np "cost" rest* end)
read_said         = ("what|which|whatever" lettering_name? "the|that"? auxiliary? carrier_said rest* end)
                  / ("what|which" lettering_name? "the"? auxiliary? page saying rest* end)
                  / ("the text that" carrier_said rest* end)
lettering_name    = lettering_noun / text
whole             = page / (pronoun !noun_word)
page              = ("it|this|that|these|those|they" !noun_word) / (determiner* scene !noun_word) / "there|here"
carrier_said      = !whole !pictured plain (saying / "show|display|bear")
pictured          = determiner* adjective* pictorial_noun
read_field        = (wh_lead asked_field about* end)
                  / (!"your" field (scope / place)* end)
                  / (asked_alone scope* end)
asked_alone       = keyed_loosely / valued_loosely
wh_lead           = (wh_asking / teller) "the value of|the name of"?
wh_asking         = ("what|which|whose|how much" copula?) / "what about|how about|and what about|and"
asked_field       = !"your" (field / (determiner* (keyed_loosely / valued_loosely) owner?))
keyed_loosely     = key_loosely* loose_key_head !noun_word
key_loosely       = !loose_key_head noun_word &((!loose_key_head noun_word)* loose_key_head)
valued_loosely    = loose_field_noun !noun_word
about             = carried / rest / writing / showing / saying / dealing / ("on|of|from|for"? pronoun)
carried           = (copula core)
                  / (auxiliary observer sensing)
                  / (auxiliary !whole core (saying / bear_verb))
                  / (auxiliary page bear_verb)
                  / ("from" core)
                  / copula
read_own_field    = wh_lead? (issuer_possessor / possessor) asked_field about*
issuer_possessor  = determiner* issuer_own
possessor         = determiner* property* possessor_name
possessor_name    = noun_word* possessive
read_several      = wh_lead asked_field (asked_too asked_field)+ rest* end
asked_too         = (pause* "and|and also|as well as" pause* wh_lead?) / (pause+ wh_lead?)
read_written      = "what|which|whatever" text? (copula / auxiliary / observer / "there")* writing about*
read_lettering    = wh_lead? lettering_asked about*
lettering_asked   = !"your" (lettering_named / text_owned / plate)
text_owned        = determiner* text owner?
lettering_named   = determiner* (property / ordinal)* lettering_noun !noun_word owner?
read_on_carrier   = placed_question on_carrier rest*
on_carrier        = relation carrier
carrier           = determiner* adjective* carrier_name
carrier_name      = carrier_before* carrier_noun noun_of?
carrier_before    = !carrier_noun noun_word &((!carrier_noun noun_word)* carrier_noun)
read_command      = (reader end)
                  / (reader (whatever / (determiner* scene) / everything) (about / read_tail)* end)
                  / (reader np (about / read_tail)* end)
whatever          = ("whatever|what|any" text_noun copula?) / ("whatever|what" copula)
read_tail         = "aloud|out loud|out|verbatim|you can find|you can read|that|it says"

# ---- Attributes and states.

attribute_of      = wh_lead? "the"? dimension "of|on" np rest*
attribute_what    = "in|of"? "what|which" dimension ("of" object)? (copula / auxiliary)? "on"? np?
                    (attributing / writing / rest)*
attributing       = "have|has|show|shows|in|come in"
attribute_last    = "and"? definite_thing copula ("what|which" dimension / how_dimension) rest*
attribute_own     = wh_lead possessor dimension rest*
attribute_how     = (how_dimension (copula / "does|do")? !"a|an" !bare_name np (seeming / rest)* end)
                  / ("how much" auxiliary !"a|an" np weighing rest* end)
weighing          = "weigh"
attribute_made    = ("what|of what" copula? plain copula? made_of rest* end)
                  / ("what material|which material" copula plain made_of? rest* end)
made_of           = "made of|made from|made out of|made"
attribute_either  = polar definite_thing copula? either rest*
either            = state_value pause? "or" state_value
state_asked       = (("what|whatever" copula definite_thing "doing|up to" rest*) end)
                  / ("in"? "what|which" state_noun copula definite_thing "in"? rest* end)
                  / (wh_lead? "the"? state_noun "of" definite_thing rest* end)
                  / (wh_lead possessor state_noun rest* end)
state_either      = polar definite_thing copula? degree? exclusive_pair rest*
state             = (polar definite_thing copula? degree? (state_value "and"?)+ rest* end)
                  / ("does|do" definite_thing seeming state_value+ rest* end)
                  / ("has|have" definite_thing "been" state_value rest* end)
                  / ("if|whether|that" possessor state_value+ rest* end)
polar             = (copula "not"?) / "if|whether|that"
definite_thing    = &(definite / possessive / capital_name) plain
capital_name      = ~r'(?-i:[A-Z])[^\s",.]*(?: |\Z)'
state_value       = degree? (property / participial / particled / participle / activity / having / switched)
participial       = participle "to|into|with|by|from|up" object
particled         = participle "in|out|up|down|over|away|back|off|on" &(end / "and|or")
degree            = adverb / "made of|made out of|all"
switched          = switch_word &(end / "or")
switch_word       = idiom / "on|off"

# ---- Existence.

existence         = "if|whether|that"? (existing / sensed / shown)
sensed            = auxiliary "not"? observer "able to"? sensing
shown             = "does|do|did"? page bear_verb
exists_there      = existence (joined / things) (rest / writing / showing / link)*
exists_said       = (auxiliary / "if|whether")? (said_whole / plain) saying said rest*
said_whole        = pronoun / (determiner* scene) / "the text|any text|anything|there"
said              = bare_literal / (determiner* literal_noun? quoted) / capital_text / proper_text
proper_text       = !acronym bare_name
capital_text      = capitals+
exists_borne      = "does|do|did|if|whether" !said_whole plain (bear_verb / saying) (field / lettering) (rest
                  / writing / showing)*
exists_owned      = ("does|do|did|if|whether" !said_whole plain bear_verb np rest* end)
                  / ("has|have" !said_whole plain "got"? &determiner np rest* end)
exists_holding    = "does|do|did|if|whether" !said_whole plain "contain|contains|hold|holds|include|includes" np rest*
exists_shown      = polar plain (joint plain)* copula? (scope / showing / "there")+ rest*
exists_overlapping = ("does|do|did|if|whether" plain "overlap|overlaps" "with"? np rest* end)
                  / ("does|do|did|if|whether" plain "and" np "overlap" rest* end)
exists_occurring  = (polar / auxiliary) "not"? ((writings "be"? (occurring / writing)) / (things "be"? appearing)) rest*
writings          = (lettering / field / said_capitals) (joint (lettering / field / said_capitals))*
exists_placed     = polar (said_capitals / core) ("and" core)* copula? (!relation located_at)? place+ rest*
exists_being      = polar (indefinite / (&"a|an|any|some|one" plain)) "not"? state_value+ rest*
exists_any        = "any|see any|got any|spot any" things (rest / showing / writing)*
exists_named      = (("is" "this|that|it" &determiner) / ("are" "these|those|they")) object rest*

# ---- Position.

locate_said       = whereabouts_question said_there+ said rest*
said_there        = copula / auxiliary / pronoun / observer / writing / saying / sensing / "there"
locate_where      = whereabouts_question (scope / place)? (copula
                  / auxiliary / "should|might|may")? (observer (sensing / leaving))? things locate_rest*
locate_rest       = occurring / writing / rest / activity
locate_command    = pointer "out"? "where"? copula? things (rest / writing / copula)*
locate_position   = (wh_lead / pointer)? "the"? position_noun "of" things rest*
locate_surface    = (relation "which|what" noun copula definite_thing rest* end)
                  / ("which|what" noun copula definite_thing relation end)
locate_last       = "and"? definite_thing copula "where" rest*
locate_which      = ("which|which one" copula definite_thing rest* end) / which_chosen
which_chosen      = "which|which of the" core (copula / "that")? chosen_by+ rest*
chosen_by         = state_value / place / bearing_which / the_most
the_most          = "the"? ((ordinal? superlative) / (ordinal? from_side))
bearing_which     = saying (quoted / capital_text)

# ---- Description.

describe_view     = (view_question (scope / filler / pause / pronoun / manner / "about")* end)
                  / (view_of rest* end)
                  / (describing about_view+ end)
                  / ("describe" end)
                  / ("what" auxiliary determiner? scene (bear_verb / "look like|represent") rest* end)
                  / ("what" copula? "there"? (scope / showing / filler)+ end)
                  / ("what|which|list|name" "all|the|all the"? all_things rest* end)
about_view        = rest / pronoun / (determiner* scene) / manner / view_question
                  / "everything|what you see|what you can see|all|what is|there"
describing        = describer / ("how" auxiliary observer describer) / summary
summary           = summing? "a|an|the|some" (property / (!summary_noun noun_word))* summary_noun "of|about|for"
summing           = "give|write|provide|make|offer" "me|us"?
all_things        = "objects|things|items|everything"
describe_who      = "who" copula located_at? rest+
describe_placed   = placed_question "the"? place+ rest*
describe_thing    = (describing np manner* rest* end)
                  / ("what|who" copula generic_thing rest* end)
                  / ("what|how" auxiliary np "look like|look" rest* end)
                  / ("what" auxiliary &pictured np (bear_verb / "represent") rest* end)
generic_thing     = determiner* property* generic_noun place*
describe_kind     = "what|which" object (copula / (auxiliary observer sensing)) rest+

# ---- Questions that go on from an earlier one; no request is one by itself.

fragment          = (((follow_up / lead)+ (np / places)) / (&definite np)) rest* end
follow_up         = "and what about|and how about|what about|how about|and|or|but"
places            = place+

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
    pairs = " / ".join(_pair(sorted(states)) for states in EXCLUSIVES)
    requests = " / ".join(f"({pattern} end)" for pattern in PATTERNS)
    functions = {word for name in FUNCTION_CLASSES for word in entries(CLASSES[name])}
    classes = {name: _class(name, entries(words)) for name, words in CLASSES.items()}
    rules = _RAW_OR_WORDS.sub(_words_as_rule, f"{RULES}\nexclusive_pair = {pairs}\nrequest = {requests}")
    return Grammar(rules, function=_class("function", functions), **classes)


def _pair(states: Iterable[str]) -> str:
    """The rule for two states of which only one can be."""
    state = f'"{"|".join(states)}"'
    return f'({state} pause? "or" (copula pronoun)? adverb? {state})'


def _class(name: str, phrases: Iterable[str]) -> Regex:
    return Regex(_matcher(phrases), name=name, ignore_case=True, ascii=True)


GRAMMAR: Final = _compiled()
"""Ready to parse what `words.canonical` returns."""
