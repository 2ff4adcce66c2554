"""Words for what was injected and who was treated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.errors import TreatmentError
from mesocare.parsing.names import exact_key, names
from mesocare.text import closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mesocare.core.model import Detail, RuleSet


def find_details(said: Iterable[str], kind: str, rules: RuleSet) -> tuple[Detail, ...]:
    """Return what words name, each once.

    Args:
        said: Words, each of one substance or factor, or of several with `;` or `,` between them.
        kind: `with` or `about`.
        rules: The rule set.

    Raises:
        TreatmentError: A word names none; the hint has the closest names.
    """
    said = [part.strip() for each in said for part in each.replace(";", ",").split(",")]
    if not any(said):
        return ()
    known = {each.id: each for each in rules.details().values() if each.kind == kind}
    owners = {
        key: each for each in known.values() for key in names(each.id, each.label, each.aliases)
    }
    found: dict[str, Detail] = {}
    for words in filter(None, said):
        key = exact_key(words)
        if key not in owners:
            close = dict.fromkeys(owners[each].id for each in closest(key, owners, 3))
            meant = f"Did you mean: {', '.join(close)}? " if close else ""
            message = f"--{kind} {words!r} is unknown"
            raise TreatmentError(message, f"{meant}Known: {', '.join(known)}.")
        found[owners[key].id] = owners[key]
    return tuple(found.values())


def unusable(kind: str, ids: Sequence[str], type_: str | None, rules: RuleSet) -> str:
    """Return why ids cannot be taken for those of details, after a type if one is given.

    Empty if they can.
    """
    known = [each.id for each in rules.details().values() if each.kind == kind] if ids else []
    if not set(ids) <= set(known):
        return ", ".join(known)
    try:
        if type_ is not None:
            details_of(type_, find_details(ids, kind, rules), rules)
    except TreatmentError as error:
        return error.message
    return ""


def details_of(type_: str, given: Iterable[Detail], rules: RuleSet) -> tuple[Detail, ...]:
    """Return all that bears on a treatment, each once.

    That is what was given, and what is always injected with a treatment of its type.

    Raises:
        TreatmentError: Two exclude each other, or one does not go with the type.
    """
    always = rules.types[type_].injected
    every = {each.id: each for each in (*find_details(always, "with", rules), *given)}
    for each in every.values():
        if clash := every.keys() & set(each.excludes):
            message = f"--{each.kind} {each.id} and {', '.join(sorted(clash))} exclude each other"
            raise TreatmentError(message, "Give what was done, and leave the other out.")
        if each.types and type_ not in each.types:
            message = f"--{each.kind} {each.id} does not go with a {type_} treatment"
            raise TreatmentError(message, f"It goes with: {', '.join(each.types)}.")
    return tuple(every.values())
