"""The rule planner: a question in English to a typed plan, the same every time, and never a guess.

What a plan holds, beside what the contract says:

* A target's attributes are what must hold of it, such as "red" or "wearing a hat". What is *asked* is the plan's
  `aspect`, and is no attribute: "what colour is the car?", "is the car red?" and "is it red or blue?" all ask for the
  COLOR of a car, and what answers them is its colour. So it is with SIZE and SHAPE.
* Only pixels tell those three. Any other condition (STATE) must be held against the picture as it was put: the
  condition stands **last** among t1's attributes, as in "open" for "is the door open?"; two that exclude one another
  stand there for "is the door open or closed?", and none for "what state is the door in?". A light's colour is a
  condition too. Materials are: "is the table wooden?" is a STATE, "what is the table made of?" an ATTRIBUTE.
* ATTRIBUTE and COMPARE without an aspect ask for what the contract has no word for, such as age, weight or "taller".
* COMPARE compares t1 with the first target of the other side; the less of the aspect where `least` is set. For "the
  same colour" there is a SAME_COLOR relation besides.
* A yes or no about a relation, "is the cup left of the plate?", is EXISTS with that relation.
* "The second cup from the left", "the largest dog" and "the top shelf" have a rank and no attribute for it; so has "the
  cup on the left", being one, while "a cup on the left" and "the cups on the left" have an attribute "left". Words
  that no order stands for, such as "tallest", are attributes.
* "How many dogs" and "are there two dogs?" ask for a number (COUNT), so that the answer is a figure and not a yes to
  something else.

Lettering has `is_text`. Its noun is the field by its name in `FIELD_NOUNS` ("total" also for "grand total"), a key as
it was asked (even its plural, since pages print it so), "text" where any is meant, and empty where it is given word
for word. What carries it is a target of its own, and so is a page: "the date on the receipt" is a date ON a receipt,
and "who issued this bill?" asks for the company ON a bill. Plates are things with text ON them. READ without a target
means all lettering; DESCRIBE without one, the whole picture.

Positions that bring a thing under its place go without saying: "men standing beside the van" are men NEXT_TO a van.

"What is the total and the date?" asks for two values, and is a READ with two targets. Any other two questions in one
are not understood, and neither are questions with a small word of another language (`languages`).

A question with a slip of the finger is planned as it was meant, where it can have meant one thing only (`spelling`).

In a conversation, "it" is what the turn before was about: a target with `earlier` set, and the noun and the attributes
that it had. "And the dog?" asks of the dog what was asked before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.common.plans import Engine, Plan, Task
from services.llm.core import pointing, spelling
from services.llm.core.continuing import continued
from services.llm.core.languages import is_foreign
from services.llm.core.meaning import meaning
from services.llm.core.reading import fragment, read
from services.llm.core.words import canonical

if TYPE_CHECKING:
    from services.llm.core.conversation import Conversation
    from services.llm.core.parts import Request

ENGINE: Final = Engine("rules", "5")
"""Raise the version with every change to grammar, lexicon or sentences that can change an outcome."""


def plan(question: str, conversation: Conversation = ()) -> Plan:
    """The plan for a question. Task UNKNOWN and no targets where it is not understood; raises nothing.

    Args:
        question: As asked.
        conversation: The turns before it, oldest first.
    """
    text = canonical(question)
    made = _meant(text, conversation)
    return Plan(Task.UNKNOWN, ENGINE) if is_foreign(text, made) else made


def _meant(text: str, conversation: Conversation) -> Plan:
    made = _plan(text, conversation)
    if made.task is not Task.UNKNOWN:
        return made
    for meant in spelling.wordings(text):
        plans = (_plan(wording, conversation) for wording in meant)
        understood = {each for each in plans if each.task is not Task.UNKNOWN}
        if understood:
            return understood.pop() if len(understood) == 1 else made
    return made


def _plan(text: str, conversation: Conversation) -> Plan:
    before = pointing.last_understood(conversation)
    request = read(text)
    if before is None or pointing.means_no_thing(text, request):
        return _planned(request)
    named = pointing.antecedents(before)
    for wording in pointing.wordings(text, pair=before.task is Task.COMPARE and len(named) > 1):
        pointed = pointing.resolved(_planned(read(wording), named[0].noun), named)
        if pointed.task is not Task.UNKNOWN:
            return pointed
    alone = _planned(request)
    parts = fragment(pointing.spelled(text)) if alone.task is Task.UNKNOWN else None
    if parts is None:
        return alone
    meant = continued(before, parts, named[0].noun)
    return pointing.resolved(meant.plan(ENGINE), named) if meant is not None else alone


def _planned(request: Request | None, noun: str = "") -> Plan:
    return Plan(Task.UNKNOWN, ENGINE) if request is None else meaning(request, noun).plan(ENGINE)
