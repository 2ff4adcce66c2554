"""Words for a kind of treatment, found by its id, its label or what else people call it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.errors import TreatmentError
from mesocare.text import folded

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet


def find_type(words: str, rules: RuleSet, option: str = "") -> str:
    """Return the id of the type that some words name, in whatever case, with or without accents.

    Args:
        words: For example `face`, `Face mesotherapy`, `hair`.
        rules: The rule set, with the named treatments of a protocol.
        option: The option that they were typed with, for the hint.

    Raises:
        TreatmentError: They name no type, or more than one; the hint gives the closest.
    """
    if words in rules.types:
        return words
    # What begins with a sign may be a formula, and is no name.
    wanted = folded(words) if words.strip()[:1].isalnum() else ""
    found = {
        id_
        for id_, each in rules.types.items()
        if wanted and wanted in map(folded, (id_, each.label, *each.aliases))
    }
    # What a protocol calls its own treatment may be a word for the one that it extends.
    own = {id_ for id_ in found if rules.types[id_].extends is not None}
    if len(own or found) != 1:
        raise TreatmentError.unknown_type(words, rules.types, option)
    return (own or found).pop()
