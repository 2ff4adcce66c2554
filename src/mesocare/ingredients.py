"""Ingredient lists from Python: what stands on a label, and what of it is known.

>>> import mesocare
>>> from mesocare import ingredients
>>> label = ingredients.parse("Aqua, 1,2-Hexanediol, Parfum (Fragrance), Salicylic Acid 2%")
>>> [each.name for each in label.items]
['Aqua', '1,2-Hexanediol', 'Parfum', 'Salicylic Acid']
>>> label.items[3].percent
2.0
>>> reading = ingredients.recognise("Aqua, Retinol, Blubberin", mesocare.load_rules())
>>> [entry.group for found in reading.found for entry in found.entries]
['base', 'retinoid']
>>> [each.text for each in reading.unknown]
['Blubberin']
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet
    from mesocare.parsing.labels.inci import Label
    from mesocare.parsing.labels.ingredients import Reading

__all__ = ["parse", "recognise"]


def parse(text: str) -> Label:
    """Return the lists of ingredients on a label, name by name, as printed.

    It needs no rules and never fails: what is no list has no names.
    """
    from mesocare.parsing.labels.inci import parse_label

    return parse_label(text)


def recognise(text: str, rules: RuleSet) -> Reading:
    """Return what a rule set knows of the names on a label, and which it does not know."""
    from mesocare.parsing.labels.inci import parse_label
    from mesocare.parsing.labels.ingredients import Reader

    return Reader(rules.products()).read(parse_label(text))
