"""Values travel: between processes, and by copy; and a time that names no zone goes nowhere."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import pytest

import mesocare

if TYPE_CHECKING:
    from collections.abc import Callable

    from mesocare.core.model import RuleSet

AT = datetime(2024, 5, 2, 8, tzinfo=UTC)


def made(rules: RuleSet) -> dict[str, Any]:
    """Return one value of each public kind."""
    treatment = mesocare.treatment("face", "2024-05-01T14:30", at=AT, zone="Europe/London")
    entry = mesocare.Entry("1", "infection", "pus", None, None, None, AT)
    return {
        "treatment": treatment,
        "entry": entry,
        "answer": mesocare.answer(rules.groups["makeup"], [treatment], rules, AT),
        "assessment": mesocare.assess([treatment], rules, AT),
        "triage": mesocare.triage([entry], [treatment], rules, AT),
        "rules": rules,
    }


@pytest.mark.parametrize(
    "travel",
    [lambda value: pickle.loads(pickle.dumps(value)), copy.deepcopy, copy.copy],
    ids=["pickle", "deepcopy", "copy"],
)
@pytest.mark.parametrize("kind", ["treatment", "entry", "answer", "assessment", "triage", "rules"])
def test_values_travel(kind: str, travel: Callable[[Any], Any], rules: RuleSet) -> None:
    """What arrives is equal to what left."""
    value = made(rules)[kind]
    assert travel(value) == value


def test_to_another_process(rules: RuleSet) -> None:
    """A pool of processes answers what one does."""
    treatment = made(rules)["treatment"]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        found = pool.submit(mesocare.assess, [treatment], rules, AT).result(60)
    assert found == mesocare.assess([treatment], rules, AT)


def test_a_naive_instant_is_refused(rules: RuleSet) -> None:
    """Everywhere, before anything is answered."""
    values = made(rules)
    naive = datetime(2024, 5, 2, 8)
    row = {"patient_id": "1", "treated": "2024-05-01", "type": "face"}
    calls: list[Callable[[], object]] = [
        lambda: mesocare.treatment("face", "2024-05-01", at=naive, zone="UTC"),
        lambda: mesocare.answer(rules.items["sauna"], [values["treatment"]], rules, naive),
        lambda: mesocare.assess([values["treatment"]], rules, naive),
        lambda: mesocare.triage([values["entry"]], [values["treatment"]], rules, naive),
        lambda: mesocare.check_rows([row], rules, at=naive, zone="UTC"),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="names no zone"):
            call()
