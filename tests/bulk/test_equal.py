"""A table says of every patient what the engine says of one."""

from __future__ import annotations

import csv
import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from mesocare.bulk.decider import Decider
from mesocare.bulk.stream.engine import run
from mesocare.core.model import Treatment
from mesocare.core.timespan import Days, Hours, Interval
from mesocare.core.verdict import engine
from mesocare.errors import MesocareError
from mesocare.parsing import dates
from mesocare.rules.loader import load_rules
from tests.support.bulk import MOMENTS, ZONES, job, treatments
from tests.support.searches import shared_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mesocare.core.model import Group, Item, RuleSet
    from tests.support.searches import Searched

# 200,000 rows in all; each treatment comes up often enough to go every way there is.
ROWS = 200_000 // len(MOMENTS) + 1
DISTINCT = 700

Key = tuple[str, str, str]


def single(rules: RuleSet, at: datetime, key: Key, judged_at: datetime | None = None) -> list[str]:
    """Return what the engine says after one treatment, or the one word why it says nothing."""
    treated, type_, zone = key
    try:
        interval = dates.parse_treated(treated, at=at, zone=ZoneInfo(zone))
    except MesocareError as error:
        return [error.message]
    return [
        engine.answer(
            rules.groups[id_], [Treatment(type_, interval)], rules, judged_at or at
        ).verdict.value
        for id_ in rules.headline_groups
    ]


@pytest.mark.parametrize("at", shared_out(MOMENTS), ids=str)
def test_bulk_equals_single(
    rules: RuleSet, tmp_path: Path, at: datetime, searched: Searched
) -> None:
    """Random rows in 12 zones, most where a verdict or a clock changes, get the same verdicts."""
    distinct = list(treatments(rules, at, DISTINCT, seed=at.month))
    random_ = random.Random(at.day)
    rows = [random_.choice(distinct) for _ in range(ROWS)]
    source, target, rejects = (tmp_path / name for name in ("in.csv", "out.csv", "rejects.csv"))
    with source.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["patient_id", "treated", "type", "tz"])
        writer.writerows([n, *row] for n, row in enumerate(rows))
    tally = run(job(rules, source, target, at=at, rejects=str(rejects)), lambda _: None)
    expected = {key: single(rules, at, key) for key in distinct}
    with target.open(newline="") as file:
        found = {int(row["patient_id"]): row for row in csv.DictReader(file)}
    with rejects.open(newline="") as file:
        refused = {int(row["line"]) - 2: row["reason"] for row in csv.DictReader(file)}
    assert tally.read == ROWS == len(found) + len(refused)
    for n, key in enumerate(rows):
        if len(expected[key]) == 1:
            assert refused[n].startswith(expected[key][0]), key
        else:
            assert [found[n][id_] for id_ in rules.headline_groups] == expected[key], key
    assert len({tuple(each) for each in expected.values()}) > 6
    searched(ROWS, "rows by streaming and one by one")


@pytest.mark.parametrize("clinic", [False, True], ids=["built-in", "clinic"])
@pytest.mark.parametrize("at", MOMENTS[:3], ids=str)
def test_a_long_table_equals_single(
    rules: RuleSet, tmp_path: Path, at: datetime, clinic: bool
) -> None:
    """Of groups and of items that they share, with a clinic's own rules too: every cell."""
    if clinic:
        rules = load_rules(Path(__file__).parents[2] / "examples" / "rose-clinic.yaml")
    asked: tuple[Item | Group, ...] = (
        *rules.groups.values(),
        *list(rules.items.values())[::4],
    )
    rows = list(treatments(rules, at, 60, seed=at.day))
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    with source.open("w", newline="") as file:
        csv.writer(file).writerows(
            [["patient_id", "treated", "type", "tz"], *([0, *r] for r in rows)]
        )
    given = job(rules, source, target, at=at, activities=asked, long=True, rejects=os.devnull)
    tally = run(given, lambda _: None)
    with target.open(newline="") as file:
        found = [list(row.values()) for row in csv.DictReader(file)]
    expected = [each for key in rows for each in single_long(rules, asked, at, key)]
    assert found == expected
    assert len(expected) == tally.written > 40 * len(asked)
    assert clinic == any(row[-1] for row in found)


def single_long(
    rules: RuleSet, asked: Sequence[Item | Group], at: datetime, key: Key
) -> Iterator[list[str]]:
    """Yield what the engine says of each activity, as a long table has it."""
    zone = ZoneInfo(key[2])
    try:
        interval = dates.parse_treated(key[0], at=at, zone=zone)
    except MesocareError:
        return

    def written(instant: datetime | None) -> str:
        return (
            "" if instant is None else instant.astimezone(interval.zone).isoformat("T", "seconds")
        )

    for each in asked:
        said = engine.answer(each, [Treatment(key[1], interval)], rules, at)
        protocol = said.rule.protocol
        times = written(said.limited_from), written(said.allowed_from)
        clinic = protocol.clinic if protocol else ""
        yield ["0", *key, each.id, said.verdict.value, said.condition or "", *times, clinic]


@pytest.mark.parametrize("at", MOMENTS[:4], ids=str)
@pytest.mark.parametrize("span", [Hours(30), Days(2)], ids=str)
def test_steps_are_exact(rules: RuleSet, at: datetime, span: Hours | Days) -> None:
    """Every minute near each break, the steps say what the engine says, now and then alike."""
    groups = [rules.groups[id_] for id_ in rules.headline_groups]
    judged_at = at + timedelta(hours=span.nominal_hours)
    for name in ("Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "America/Santiago"):
        zone = ZoneInfo(name)
        decider = Decider(rules, groups, at, zone, judged_at)
        steps = decider.steps("face")
        recent = [
            each
            for each in steps.breaks
            if judged_at.replace(tzinfo=None) - each < timedelta(days=20)
        ]
        asked = 0
        for each in recent:
            for shift in (-61, -30, -1, 0, 1, 29, 59):
                local = each + timedelta(minutes=shift)
                instant = local.replace(tzinfo=zone).astimezone(UTC)
                cells = steps.cells[_position(steps.breaks, local)]
                if cells is None or instant > at:
                    continue
                asked += 1
                when = Interval(instant, instant, zone)
                said = [
                    engine.answer(group, [Treatment("face", when)], rules, judged_at).verdict.value
                    for group in groups
                ]
                assert list(cells) == said, (name, local)
        assert asked > 20


def _position(breaks: list[datetime], local: datetime) -> int:
    return sum(each <= local for each in breaks)


def test_steps_hold_nothing_where_a_clock_time_came_twice_or_never(rules: RuleSet) -> None:
    """What the clocks showed twice, or skipped, is left to the engine."""
    at = datetime(2024, 11, 20, tzinfo=UTC)
    decider = Decider(rules, [rules.groups["makeup"]], at, ZoneInfo("Europe/Berlin"))
    steps = decider.steps("face")
    for text, known in (
        ("2024-10-27T02:30", False), ("2024-10-27T01:59", True), ("2024-10-27T03:00", True),
        ("2024-03-31T02:30", False), ("2024-03-31T01:59", True), ("2024-03-31T03:00", True),
    ):  # fmt: skip
        cells = steps.cells[_position(steps.breaks, datetime.fromisoformat(text))]
        assert (cells is not None) == known, text


def test_old_treatments_are_settled(rules: RuleSet) -> None:
    """Long after every window has closed, what the engine says depends on the type alone."""
    at = datetime(2024, 5, 2, 15, tzinfo=UTC)
    groups = [rules.groups[id_] for id_ in rules.groups]
    decider = Decider(rules, groups, at, UTC)
    for type_ in rules.types:
        for treated in ("2024-01-20", "2023-05-01T14:30", "1 May 1999", "1950-01-01T10:00Z"):
            for name in ZONES[:4]:
                treatment = decider.treatment(treated, type_, name)
                said = [
                    engine.answer(each, [treatment], rules, at).verdict.value for each in groups
                ]
                assert list(decider.cells(treated, type_, name)) == said


def test_what_is_remembered_is_bounded(rules: RuleSet, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many treatments and zones, memory has its bounds, and no answer changes."""
    monkeypatch.setattr("mesocare.bulk.decider.MOST_REMEMBERED", 8)
    monkeypatch.setattr("mesocare.bulk.decider.MOST_NAMES", 4)
    at = datetime(2024, 5, 2, 15, tzinfo=UTC)
    decider = Decider(rules, [rules.groups["makeup"]], at, UTC)
    days = [f"2024-04-{day:02d}" for day in range(1, 31)]
    first = [decider.cells(day, "face", zone) for day in days for zone in ("", *ZONES[:6])]
    assert len(decider._known) <= 8
    assert len(decider._zones) <= 4
    assert [decider.cells(day, "face", zone) for day in days for zone in ("", *ZONES[:6])] == first
    for _ in range(2):
        with pytest.raises(MesocareError, match="Europe/Lodnon"):
            decider.cells("2024-04-01", "face", "Europe/Lodnon")
