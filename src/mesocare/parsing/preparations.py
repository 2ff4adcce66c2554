"""Words for what to leave out before a treatment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.core.model import Group
from mesocare.errors import ActivityError
from mesocare.parsing.activities import named, understand
from mesocare.parsing.names import exact_key, names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.core.model import Preparation, RuleSet


def find_preparations(words: Sequence[str], rules: RuleSet) -> list[Preparation]:
    """Return what words name of what is left out before a treatment.

    A name of its own goes before that of an activity; a group stands for all of its activities.

    Raises:
        ActivityError: They name nothing, or something that no source asks to leave out.
    """
    known = rules.before().leave_out
    key = exact_key(" ".join(words))
    exact = [each for each in known.values() if key in names(each.id, each.label, each.aliases)]
    if exact:
        return exact
    found = [named(id_, rules) for id_ in understand(words, rules).ids]
    items = {
        id_ for each in found for id_ in (each.items if isinstance(each, Group) else (each.id,))
    }
    meant = [each for each in known.values() if items & set(each.activities)]
    if not meant:
        labels = ", ".join(each.label for each in found)
        message = f"no source asks to leave this out before a treatment: {labels}"
        listed = ", ".join(known)
        raise ActivityError(message, f"Asked about are: {listed}. Or ask your clinic.")
    return meant
