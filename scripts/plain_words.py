"""Measure how plainly the texts of the rule set are written; print those that ask for much.

The grade is that of Flesch and Kincaid: years of school in the United States, by the length of
sentences and words. Fewer than eight words say too little for it. Syllables are counted by groups
of vowels, which is right for about nine words in ten.
"""

from __future__ import annotations

import re
import sys
from statistics import median
from typing import TYPE_CHECKING

from mesocare.rules.loader import load_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesocare.core.model import RuleSet

HIGHEST, MIDDLE, LONGEST, FEWEST = 9.0, 5.0, 20, 8
_WORD = re.compile(r"[A-Za-z'’-]+")
_SENTENCE = re.compile(r"[.!?]+(?:\s|$)")
_PART = re.compile(r"[.!?;:]+(?:\s|$)")


def texts(rules: RuleSet) -> Iterator[str]:
    """Yield every text that people read beside a verdict or a sign."""
    for item in rules.items.values():
        yield from filter(None, (item.instead, item.at_first[1] if item.at_first else None))
        for rule in item.rules.values():
            for phase in rule.phases:
                yield from filter(None, (phase.reason, phase.condition))
    for flag in rules.red_flags.values():
        yield from filter(None, (flag.text, flag.action))
    for reaction in rules.reactions.values():
        yield from (reaction.text, reaction.beyond)
    for care in rules.care.values():
        yield from (window.text for window in care.windows.values())
    for course in rules.course.values():
        yield from (each.text for each in (*course.notes, *course.results))
    yield from _around(rules)
    yield rules.notice


def _around(rules: RuleSet) -> Iterator[str]:
    """Yield what is read before a treatment, and of what was injected and who was treated."""
    before = rules.before()
    for preparation in before.leave_out.values():
        yield preparation.text
        yield from (each.ask for each in preparation.washouts.values() if each.ask)
    for points in before.checklist.values():
        yield from (point.text for point in points)
    for detail in rules.details().values():
        yield from filter(None, (detail.note.text if detail.note else None,))
        for by_type in detail.rules.values():
            yield from (
                phase.reason for rule in by_type.values() for phase in rule.phases if phase.reason
            )


def syllables(word: str) -> int:
    """Return about how many syllables a word has."""
    letters = re.sub(r"[^a-z]", "", word.lower())
    if len(letters) <= 3:  # noqa: PLR2004 - the, and, eye
        return 1
    letters = re.sub(r"(?:[^laeiouy]es|ed|[^laeiouy]e)$", "", letters)
    return max(1, len(re.findall(r"[aeiouy]{1,2}", letters.removeprefix("y"))))


def grade(text: str) -> float:
    """Return the grade of Flesch and Kincaid."""
    words = _WORD.findall(text)
    parts = [part for part in _PART.split(text) if part.strip()]
    spoken = sum(map(syllables, words))
    return 0.39 * len(words) / len(parts) + 11.8 * spoken / len(words) - 15.59


def longest(text: str) -> int:
    """Return how many words the longest sentence has."""
    return max(len(_WORD.findall(sentence)) for sentence in _SENTENCE.split(text))


def measured(rules: RuleSet) -> list[tuple[float, int, str]]:
    """Return the grade and the longest sentence of every text, the plainest first."""
    found = {text for text in texts(rules) if len(_WORD.findall(text)) >= FEWEST}
    return sorted((grade(text), longest(text), text) for text in found)


def main() -> None:
    """Print the figures, and what lies above them."""
    found = measured(load_rules())
    grades = [each for each, _, _ in found]
    print(f"{len(found)} texts; median {median(grades):.1f}, highest {grades[-1]:.1f}")  # noqa: T201
    above = [each for each in found if each[0] > HIGHEST or each[1] > LONGEST]
    for number, words, text in above:
        print(f"{number:4.1f} {words:3} {text}")  # noqa: T201
    sys.exit(bool(above))


if __name__ == "__main__":
    main()
