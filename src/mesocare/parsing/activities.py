"""Words people type -> the item or group they mean.

Exact matches only, after dropping filler words and plural endings: a near miss is refused with the
closest names, because guessing an activity wrong is a wrong answer. Words that turn a question
around (`not`, `stop`, `without`) are never dropped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mesocare.errors import ActivityError
from mesocare.text import closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mesocare.core.model import Group, Item, RuleSet
    from mesocare.core.signs import Reaction, RedFlag

LONGEST_QUESTION = 80

_WORD = re.compile(r"[^\W_]+")
_FILLERS = frozenset(
    (
        "a again already am an and any apply at be been can could do for get go going have having"
        " i im in is it me my now of ok on please put putting safe should some soon start take"
        " taking the then this to today tonight try use using wear wearing with yet"
    ).split()
)
# Shorter words end in `s` by nature: gas, bus.
_SHORTEST_PLURAL = 4


def search_key(text: str) -> str:
    """Return what is compared: lower-case words in the singular, fillers dropped.

    If nothing but fillers is left, they are kept, so that no name is ever empty.
    """
    words = _WORD.findall(text.casefold().replace("'", ""))
    telling = [word for word in words if word not in _FILLERS] or words
    return " ".join(_singular(word) for word in telling)


def _singular(word: str) -> str:
    """Return an approximate singular; both sides of a comparison go through it."""
    if len(word) > _SHORTEST_PLURAL and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > _SHORTEST_PLURAL and word.endswith(("shes", "ches", "sses", "xes", "zes")):
        return word[:-2]
    if (
        len(word) >= _SHORTEST_PLURAL
        and word.endswith("s")
        and not word.endswith(("ss", "us", "is"))
    ):
        return word[:-1]
    return word


def names(id_: str, label: str, aliases: Iterable[str]) -> set[str]:
    """Return the search keys by which an item or a group is found."""
    return {search_key(each) for each in (id_, label, *aliases)} - {""}


def find(words: Sequence[str], rules: RuleSet) -> Item | Group:
    """Return what the words name.

    Raises:
        ActivityError: No item or group goes by that name; the hint lists the closest ones.
    """
    text = " ".join(" ".join(words).split())
    if len(text) > LONGEST_QUESTION:
        message = f"an activity in at most {LONGEST_QUESTION} characters, please: got {len(text)}"
        raise ActivityError(message, _try("makeup"))
    wanted = search_key(text)
    id_ = rules.names.get(wanted)
    if id_ is None and (sign := find_sign(text, rules)):
        raise ActivityError(f"{text!r} is a sign, not an activity", _about_sign(sign, rules))
    if id_ is None:
        message = f"no rule is written for {text!r}, so there is no answer to give"
        raise ActivityError(message, _closest(wanted, rules))
    return rules.items.get(id_) or rules.groups[id_]


def _about_sign(sign: str, rules: RuleSet) -> str:
    """Return what to do about a sign: whom to call if it is a red flag, where to look if not."""
    flag = rules.red_flags.get(sign)
    if flag is None:
        return "Type: mesocare today, which says what is normal now and whom to call."
    return f"{flag.text} {rules.contacts[flag.urgency.value]}."


def _closest(wanted: str, rules: RuleSet) -> str:
    """Return a hint that names what the words may have meant."""
    spelled: dict[str, str] = {}
    named: list[Item | Group] = [*rules.items.values(), *rules.groups.values()]
    for each in named:
        for name in (each.id.replace("-", " "), *each.aliases):
            spelled.setdefault(search_key(name), name.casefold())
    words = set(wanted.split())
    close = closest(wanted, spelled, 4, 0.7)
    close += [key for key in spelled if words & set(key.split()) and key not in close]
    if not close:
        return _try("makeup") + " `mesocare today` lists every group."
    shown = [spelled[key] for key in close[:5]]
    return f"Did you mean: {', '.join(shown)}? {_try(shown[0])}"


def _try(name: str) -> str:
    return f"Type for example: mesocare can-i {name}."


def find_sign(words: str, rules: RuleSet) -> str | None:
    """Return the reaction or red flag that words name; `None` where the rule set knows none.

    A red flag wins over a reaction of the same name.
    """
    wanted = search_key(words)
    signs: list[RedFlag | Reaction] = [*rules.red_flags.values(), *rules.reactions.values()]
    for each in signs:
        if wanted in names(each.id, each.label, each.aliases):
            return each.id
    return None


def near_signs(words: str, rules: RuleSet) -> dict[str, str]:
    """Return what unknown words may have meant: the name of a sign, and the sign's id.

    Names whose words are all among them come first, in whatever order, red flags before reactions;
    then names that are spelled nearly alike.
    """
    wanted = search_key(words)
    signs: list[RedFlag | Reaction] = [*rules.red_flags.values(), *rules.reactions.values()]
    spelled: dict[str, tuple[str, str]] = {}
    for each in signs:
        for name in (each.id.replace("-", " "), *each.aliases):
            spelled.setdefault(search_key(name), (name, each.id))
    given = set(wanted.split())
    close = [key for key in spelled if set(key.split()) <= given]
    close += closest(wanted, spelled, 3, 0.75)
    found: dict[str, str] = {}
    for name, id_ in (spelled[key] for key in close):
        if id_ not in found.values():
            found[name] = id_
    return found
