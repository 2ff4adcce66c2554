"""What was understood of texts, for reading: one a line, and what it came to."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mesocare.render.phrasing import instant_words
from mesocare.render.text.page import Page
from mesocare.text import lower_first, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.app.words import Understood
    from mesocare.core.question import Question


def words_text(found: Sequence[Understood], question: Question) -> str:
    """Return each text and what was understood of it, and how many were."""
    page = Page(no_color=question.no_color)
    for each in found:
        page.line((printable(each.text), "bold"), hang=2)
        page.line(_meant(each, question), indent=2, hang=2)
    counts = Counter(each.understood for each in found)
    page.gap()
    page.line(f"{counts[True]} of {len(found)} understood.")
    return page.text()


def _meant(each: Understood, question: Question) -> str:
    if each.earliest is not None and each.latest is not None:
        from_, to = (
            instant_words(end, question.zone, question.at) for end in (each.earliest, each.latest)
        )
        return from_ if from_ == to else f"{from_} to {to}"
    rules = question.rules
    labels = [
        lower_first(
            (
                rules.items.get(id_)
                or rules.groups.get(id_)
                or rules.red_flags.get(id_)
                or rules.reactions[id_]
            ).label
        )
        for id_ in each.ids
    ]
    meant = "; ".join(labels) if labels else "not understood"
    absent = "not there: " if each.absent else ""
    urgency = f" ({each.urgency.replace('_', ' ')})" if each.urgency and not each.absent else ""
    how = "" if each.reading in {"exact", "unknown"} else f" [{each.reading}]"
    return f"{absent}{meant}{urgency}{how}"
