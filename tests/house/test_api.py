"""The Python API: what it promises by name, and what importing it costs."""

from __future__ import annotations

import doctest
import inspect
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import mesocare

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "python.md"
AT = datetime(2024, 5, 3, 8, tzinfo=UTC)
# A promise: a name or a parameter is added, never renamed or taken away within a version.
SIGNATURES = {
    "answer": "(activity, treatments, rules, at, open_findings=())",
    "assess": "(treatments, rules, at, open_findings=())",
    "check_rows": "(rows, rules, *, at, zone, activities=(), times='auto', order=None)",
    "load_rules": "(path=None)",
    "treatment": "(type_, when, *, at, zone, rules=None, injected=(), about=())",
    "triage": "(entries, treatments, rules, at, zone=None)",
}
FIELDS = {
    "Answer": (
        "activity", "label", "group", "verdict", "verdict_if_earliest", "condition", "reason",
        "instead", "limited_from", "allowed_from", "next_change", "steps", "governed_by", "rule",
        "items", "evidence", "held_by",
    ),
    "Assessment": (
        "at", "treatments", "answers", "care", "normal", "red_flags", "results", "upcoming",
        "contacts", "notice", "rules",
    ),
    "CheckedRow": ("row", "verdicts", "error"),
    "Entry": ("id", "sign", "words", "score", "temperature", "note", "at"),
    "Treatment": ("type", "when", "overrides"),
    "Triage": ("findings", "missing"),
}  # fmt: skip
VERDICTS = ["allowed", "limited", "ask", "avoid"]


def _bare(name: str) -> str:
    """Return a signature without its annotations."""
    signature = inspect.signature(getattr(mesocare, name))
    plain = [
        each.replace(annotation=inspect.Parameter.empty) for each in signature.parameters.values()
    ]
    return str(inspect.Signature(plain))


def test_names_are_pinned() -> None:
    """The public names are these, in order."""
    others = {"MesocareError", "RuleSet", "Verdict"}
    assert sorted({*SIGNATURES, *FIELDS, *others}, key=str) == sorted(mesocare.__all__, key=str)
    assert set(mesocare.__all__) <= set(dir(mesocare))


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures_are_pinned(name: str) -> None:
    """Parameters keep their names, their order and their defaults."""
    assert _bare(name) == SIGNATURES[name]


@pytest.mark.parametrize("name", FIELDS)
def test_fields_are_pinned(name: str) -> None:
    """A value keeps its fields in their order; new ones come last."""
    fields = getattr(mesocare, name)._fields
    assert fields[: len(FIELDS[name])] == FIELDS[name]


def test_verdicts_are_pinned() -> None:
    """The verdicts, mildest first."""
    assert [each.value for each in mesocare.Verdict] == VERDICTS


def test_importing_is_light() -> None:
    """Neither the package nor an engine's answer needs typer, rich or yaml."""
    code = (
        "import sys, mesocare; mesocare.Verdict, mesocare.assess, mesocare.triage;"
        "print(sorted({'typer', 'rich', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_examples_of_the_docstring_hold() -> None:
    """What the package's own docstring shows is what happens."""
    failed, tried = doctest.testmod(mesocare, optionflags=doctest.ELLIPSIS)
    assert (failed, tried > 5) == (0, True)


def test_examples_of_the_reference_hold() -> None:
    """What the reference shows is what happens."""
    failed, tried = doctest.testfile(
        str(REFERENCE), module_relative=False, optionflags=doctest.ELLIPSIS
    )
    assert (failed, tried > 10) == (0, True)


def test_the_reference_names_everything() -> None:
    """Every public name is in the reference."""
    text = REFERENCE.read_text(encoding="utf-8")
    assert [name for name in mesocare.__all__ if f"`{name}" not in text] == []


def test_rows_are_checked_in_order_and_none_ends_the_others(rules: RuleSet) -> None:
    """A row that cannot be judged has its error; what else was in it is carried along."""
    rows = [
        {"patient_id": "1", "treated": "2024-05-01T09:00", "type": "face", "room": "2"},
        {"patient_id": "2", "treated": "01/05/2024", "type": "face"},
        {"patient_id": "3", "treated": "2024-05-01", "type": "neck"},
        {"patient_id": "4", "treated": "", "type": "face"},
        {"patient_id": "5", "treated": "2024-05-01", "type": "scalp", "tz": "Asia/Tokio"},
        {"patient_id": "6", "treated": "2024-05-01", "type": "scalp", "tz": "Asia/Tokyo"},
    ]
    found = list(mesocare.check_rows(rows, rules, at=AT, zone="UTC", activities=["gym", "make up"]))
    assert [each.row for each in found] == rows
    assert [each.error is None for each in found] == [True, False, False, False, False, True]
    assert list(found[0].verdicts) == ["intense-workout", "makeup"]
    for each in (found[0], found[-1]):
        treated = mesocare.treatment(
            each.row["type"], each.row["treated"], at=AT, zone=each.row.get("tz", "UTC")
        )
        for id_, verdict in each.verdicts.items():
            subject = rules.groups.get(id_) or rules.items[id_]
            assert verdict is mesocare.answer(subject, [treated], rules, AT).verdict


def test_rows_are_read_one_by_one(rules: RuleSet) -> None:
    """An endless table can be checked; no more is read than was asked for."""
    read: list[int] = []

    def endless() -> object:
        for number in range(1_000_000_000):
            read.append(number)
            yield {"patient_id": str(number), "treated": "2024-05-01", "type": "face"}

    found = mesocare.check_rows(endless(), rules, at=AT, zone="UTC")  # type: ignore[arg-type]
    assert next(found).verdicts["makeup"] in VERDICTS
    assert read == [0]


@pytest.mark.parametrize(("zone", "words"), [("Mars/Base", ["gym"]), ("UTC", ["moonwalk"])])
def test_what_is_asked_is_checked_first(zone: str, words: list[str], rules: RuleSet) -> None:
    """An unknown zone or activity is no row's fault."""
    with pytest.raises(mesocare.MesocareError):
        mesocare.check_rows([], rules, at=AT, zone=zone, activities=words)


def test_a_treatment_with_details(rules: RuleSet) -> None:
    """What was injected and who was treated is told in words, and makes answers stricter."""
    told = mesocare.treatment(
        "face", "2024-04-25", at=AT, zone="UTC", rules=rules, injected=["PRP"], about=["keloids"]
    )
    assert [each.id for each in told.details] == ["prp", "keloid"]
    plain = mesocare.treatment("face", "2024-04-25", at=AT, zone="UTC", rules=rules)
    found = [mesocare.answer(rules.items["nsaid"], [each], rules, AT) for each in (plain, told)]
    assert found[0].verdict.severity < found[1].verdict.severity
    with pytest.raises(ValueError, match="need the rules"):
        mesocare.treatment("face", "2024-04-25", at=AT, zone="UTC", about=["keloids"])
    with pytest.raises(mesocare.MesocareError, match="is unknown"):
        mesocare.treatment("face", "2024-04-25", at=AT, zone="UTC", rules=rules, injected=["qqq"])


def test_what_is_always_injected_is_not_forgotten(rules: RuleSet) -> None:
    """A treatment made without what its type brings along is refused, not answered milder."""
    face = rules.types["face"]._replace(injected=("prp",))
    strict = rules._replace(types={**rules.types, "face": face})
    bare = mesocare.treatment("face", "2024-04-25", at=AT, zone="UTC")
    for ask in (
        lambda each: mesocare.answer(rules.items["nsaid"], [each], strict, AT),
        lambda each: mesocare.assess([each], strict, AT),
    ):
        with pytest.raises(ValueError, match="always injected"):
            ask(bare)
        ask(mesocare.treatment("face", "2024-04-25", at=AT, zone="UTC", rules=strict))
