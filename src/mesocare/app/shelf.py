"""A person's own products: when each may come back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mesocare.app.product import Judge
from mesocare.errors import MesocareError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from mesocare.app.product import ProductAnswer
    from mesocare.core.question import Question
    from mesocare.store.products import StoredProduct


class Bottle(NamedTuple):
    """A product of the shelf and what is said of it.

    Attributes:
        stored: The product as it is on record.
        answer: What is said; `None` where its label cannot be read any more.
        problem: Why not.
    """

    stored: StoredProduct
    answer: ProductAnswer | None
    problem: str

    @property
    def opens(self) -> datetime | None:
        """From when on (UTC) it surely is neither `avoid` nor `ask`; `None` for never."""
        return None if self.answer is None else self.answer.limited_from

    @property
    def closed(self) -> bool:
        """Whether it may not be used now, not even with care."""
        return self.answer is None or self.answer.verdict.closed


def shelf(
    products: Iterable[StoredProduct], question: Question, open_findings: Sequence[str] = ()
) -> tuple[Bottle, ...]:
    """Return the products with what is said of each, what may come back first coming first.

    Args:
        products: Those on record.
        question: The instant, the treatments and the rules.
        open_findings: The ids of what the clinic has to see first, as a diary says.
    """
    judge = Judge(question, open_findings)
    bottles = [_bottle(each, judge) for each in products]
    last = question.at
    return tuple(
        sorted(
            bottles,
            key=lambda each: (
                each.closed,
                each.opens is None,
                (each.opens or last) if each.closed else last,
                each.stored.name.casefold(),
            ),
        )
    )


def coming_back(bottles: Iterable[Bottle]) -> tuple[datetime, list[Bottle]] | None:
    """Return when (UTC) the next products may come back, and which; `None` where none is closed."""
    waiting = [(each.opens, each) for each in bottles if each.closed and each.opens is not None]
    if not waiting:
        return None
    first = min(opens for opens, _ in waiting)
    return first, [each for opens, each in waiting if opens == first]


def _bottle(stored: StoredProduct, judge: Judge) -> Bottle:
    try:
        return Bottle(stored, judge.product(stored.label, stored.kind), "")
    except MesocareError as error:
        return Bottle(stored, None, error.message)
