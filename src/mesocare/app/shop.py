"""What is said of each product of a shop's list, as the cells of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.app.product import Judge

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, tzinfo

    from mesocare.app.product import ProductAnswer
    from mesocare.core.question import Question


def answers(
    question: Question, open_findings: Sequence[str] = ()
) -> Callable[[str, str | None], tuple[str, ...]]:
    """Return what says of a list of ingredients, and a kind of product, what its row is given.

    Args:
        question: The instant, the treatments and the rules.
        open_findings: The ids of what the clinic has to see first, as a diary says.
    """
    judge = Judge(question, open_findings)
    return lambda label, kind: cells(judge.product(label, kind), question.zone)


def cells(found: ProductAnswer, zone: tzinfo) -> tuple[str, ...]:
    """Return what is said of a product, in the order of `bulk.products.ADDED`."""
    decides, reading = found.decides, found.reading
    return (
        found.verdict.value,
        _iso(found.limited_from, zone),
        _iso(found.allowed_from, zone),
        "" if decides is None else decides.found.printed.text,
        "" if decides is None else decides.group.id,
        found.decisive.activity,
        f"{len(reading.unknown)} of {len(reading.found)}",
        "; ".join(found.doubts),
    )


def _iso(instant: datetime | None, zone: tzinfo) -> str:
    return "" if instant is None else instant.astimezone(zone).isoformat(timespec="seconds")
