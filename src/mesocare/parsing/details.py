"""Words for what was injected and who was treated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.errors import TreatmentError
from mesocare.parsing.names import exact_key, names, singular
from mesocare.text import closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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
        detail = owners.get(key) or _understood(words, owners, rules)
        if detail is None:
            close = dict.fromkeys(owners[each].id for each in closest(key, owners, 3))
            meant = f"Did you mean: {', '.join(close)}? " if close else ""
            message = f"--{kind} {words!r} is unknown"
            raise TreatmentError(message, f"{meant}Known: {', '.join(known)}.")
        found[detail.id] = detail
    return tuple(found.values())


def _understood(words: str, owners: Mapping[str, Detail], rules: RuleSet) -> Detail | None:
    """Return what words name in another form, with words of a question or with a slip of the key.

    Every word has to be accounted for, so that `not pregnant` names nothing.
    """
    joined = {key.replace(" ", ""): detail for key, detail in owners.items()}
    if detail := joined.get(exact_key(words).replace(" ", "")):
        return detail  # in one word, or in several
    from mesocare.parsing.lexicon import Lexicon

    lexicon = Lexicon(rules.tables())
    question = frozenset(lexicon.activities["question"].split())

    def plain(text: str) -> frozenset[str]:
        return frozenset(map(singular, lexicon.bases(lexicon.words(text))))

    known = {plain(name): detail for name, detail in owners.items()}
    vocabulary = frozenset().union(*known)
    read: set[str] = set()
    for word in plain(words):
        near = [word]
        if word not in vocabulary | question:
            near = lexicon.near(word, " ".join(sorted(vocabulary)), same_start=True)
        if len(near) != 1:
            return None
        read.add(near[0])
    meant = {each.id: each for name, each in known.items() if name <= read <= name | question}
    return next(iter(meant.values())) if len(meant) == 1 else None


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
