"""Searches of any size: a little of each in every run, the rest of it in the long one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    # What a search looked at: how many, and of what.
    Searched = Callable[[int, str], None]


def shared_out(cases: Iterable[Any], quick: int = 1) -> list[Any]:
    """Return the cases of a search, of which all but the first few belong to the long run."""
    return [
        case if number < quick else pytest.param(case, marks=pytest.mark.long)
        for number, case in enumerate(cases)
    ]
