"""Words people type -> the items or groups they mean, or a refusal that says what to type.

An exact name is found first. Otherwise every word has to be accounted for: by a name, in any order,
or by a list of words that are harmless beside that kind of thing. What could be meant otherwise is
refused: a guessed activity is a wrong answer. A text that reads as a red flag is answered with whom
to call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mesocare.errors import ActivityError
from mesocare.parsing.names import exact_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.core.model import Group, Item, RuleSet
    from mesocare.parsing.activity_words import ActivityReader

LONGEST_QUESTION = 120


class ActivityReading(NamedTuple):
    """What was understood of a text about activities.

    Attributes:
        ids: The items and groups asked about, in the order asked.
        reading: How: `exact`, `form`, `several`, `slip` or `route`.
    """

    ids: tuple[str, ...]
    reading: str


def find(words: Sequence[str], rules: RuleSet) -> Item | Group:
    """Return the one thing that words name, for files and scripts: no slip is guessed at.

    Raises:
        ActivityError: They name none, or several; the hint says what to type.
    """
    found = understand(words, rules)
    if found.reading == "slip":
        message = f"no rule is written for {' '.join(words)!r}, so there is no answer to give"
        from mesocare.text import lower_first

        meant = named(found.ids[0], rules)
        raise ActivityError(message, f"Did you mean: {lower_first(meant.label)}? {_try(meant.id)}")
    if len(found.ids) > 1:
        message = f"{' '.join(words)!r} names several activities: {', '.join(found.ids)}"
        raise ActivityError(message, "Name one of them.")
    return named(found.ids[0], rules)


def named(id_: str, rules: RuleSet) -> Item | Group:
    """Return the item or group of an id."""
    return rules.items.get(id_) or rules.groups[id_]


def group_of(words: Sequence[str], rules: RuleSet) -> str:
    """Return the id of the group that words name, or of that of an item that they name.

    Raises:
        ActivityError: They name nothing.
    """
    found = find(words, rules)
    return found.id if found.id in rules.groups else rules.items[found.id].group


def understand(words: Sequence[str], rules: RuleSet) -> ActivityReading:
    """Return everything that words name.

    Raises:
        ActivityError: No item or group goes by that name; the hint says what to type.
    """
    text = " ".join(" ".join(words).split())
    if len(text) > LONGEST_QUESTION:
        message = f"an activity in at most {LONGEST_QUESTION} characters, please: got {len(text)}"
        raise ActivityError(message, _try("makeup"))
    exact = rules.names.get(exact_key(text))
    if exact is not None:
        return ActivityReading((exact,), "exact")
    from mesocare.parsing.activity_words import reader_of

    reader = reader_of(rules)
    asked = reader.bases(text)
    found = None
    if not reader.decoyed(asked):
        inner = reader.exact(exact_key(text).split(), rules.names)
        found = ActivityReading((inner,), "form") if inner else reader.read(asked)
    if found is not None:
        return found
    raise _refusal(text, asked, reader, rules)


def _refusal(text: str, asked: list[str], reader: ActivityReader, rules: RuleSet) -> ActivityError:
    """Return the error for a text that names no activity; a red flag in it comes first."""
    from mesocare.core.signs import Urgency
    from mesocare.parsing.signs import VITAL, most_urgent, read_sign

    sign = read_sign(text, rules)
    ids = () if sign.absent or sign.ids == (VITAL,) else sign.ids
    urgency = most_urgent(ids, rules)
    is_sign = ActivityError(f"{text!r} is a sign, not an activity", _about_sign(ids, rules))
    if urgency not in {None, Urgency.CONTACT_CLINIC}:
        return is_sign
    message = f"no rule is written for {text!r}, so there is no answer to give"
    told, unclear = reader.told(asked)
    if reader.negated(asked):
        hint = f"{told} mesocare says when something may be done, not whether to leave it out."
        return ActivityError(message, f"{hint.strip()} Type: mesocare today")
    if told:
        return ActivityError(message, f"{told} {_try('retinol serum')}" if unclear else told)
    return is_sign if ids else ActivityError(message, _close(asked, reader))


def _about_sign(ids: Sequence[str], rules: RuleSet) -> str:
    """Return what to do about a sign: whom to call if it is a red flag, where to look if not."""
    if ids and ids[0] in rules.red_flags:
        return calls(ids[0], rules)
    return "Type: mesocare today, which says what is normal now and whom to call."


def _close(asked: list[str], reader: ActivityReader) -> str:
    """Return a hint that names what the words may have meant."""
    close = [] if reader.decoyed(asked) else reader.suggested(asked)
    if not close:
        return _try("makeup") + " `mesocare today` lists every group."
    return f"Did you mean: {', '.join(close)}? {_try(close[0])}"


def calls(flag: str, rules: RuleSet) -> str:
    """Return whom to call for a red flag, what it is and what to do first."""
    found = rules.red_flags[flag]
    told = " ".join(filter(None, (found.text, found.action)))
    return f"{rules.contacts[found.urgency.value]}. {told}"


def _try(name: str) -> str:
    return f"Type for example: mesocare can-i {name}."
