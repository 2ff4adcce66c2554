"""Words people use for what they feel -> red flags and reactions of the rule set.

The two halves are asymmetric. For a red flag partial evidence is enough, and of several readings
the worst wins; an ordinary sign is read only where every word is accounted for; that a sign is not
there, only from a whole form such as `no fever`. What remains, and names a vital function, is
urgent all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mesocare.parsing.names import exact_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.core.model import RuleSet
    from mesocare.core.signs import Urgency

# The flag of a text that names a vital function and is not understood otherwise.
VITAL = "vital-sign-unclear"


class SignReading(NamedTuple):
    """What was understood of a text about a sign.

    Attributes:
        ids: Red flags and reactions, the most urgent first; empty where nothing was understood.
        reading: How: `exact`, `form`, `slip`, `absent`, `vital` or `unknown`.
        absent: Whether the text says that they are not there.
    """

    ids: tuple[str, ...]
    reading: str
    absent: bool = False

    @property
    def understood(self) -> bool:
        """Whether the text led to a sign, and not only to its urgency."""
        return bool(self.ids) and self.ids != (VITAL,)


def exact_sign(text: str, rules: RuleSet) -> str | None:
    """Return the red flag or reaction of which a text is a name, to the letter."""
    return rules.sign_names.get(exact_key(text))


def read_sign(text: str, rules: RuleSet, score: int | None = None) -> SignReading:
    """Return what a text says of a sign.

    Args:
        text: The words, without a figure.
        rules: The rule set.
        score: How strong it is said to be; what people call by a strong word may be mild by it.
    """
    exact = exact_sign(text, rules)
    if exact is not None:
        return SignReading((exact,), "exact")
    from mesocare.parsing.sign_words import reader_of

    reader = reader_of(rules)
    found = reader.read(text, rules)
    return found if score is None or found.absent else reader.milder(found, score)


def most_urgent(ids: Sequence[str], rules: RuleSet) -> Urgency | None:
    """Return the urgency of the worst red flag among signs; `None` where there is none."""
    flags = [rules.red_flags[id_].urgency for id_ in ids if id_ in rules.red_flags]
    return max(flags, key=lambda urgency: urgency.severity, default=None)
