"""`mesocare rules list`, `show` and `table` on details and on what comes before."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

from mesocare.bulk.publish import detail_phases, phases
from mesocare.core.model import Verdict
from mesocare.errors import ActivityError
from mesocare.parsing.written import find_written
from tests.support.protocols import APPROVED, write

if TYPE_CHECKING:
    from pathlib import Path

    from mesocare.core.model import RuleSet
    from tests.support.process import Program

OURS: dict[str, Any] = {
    "substances": {
        "prp": {
            "rules": {
                "nsaid": {
                    "all": {
                        "phases": [{"until": "21 d", "verdict": "avoid", "reason": "We wait."}],
                        "reason": "Three weeks.",
                    }
                }
            }
        }
    },
    "before": {
        "alcohol": {"washouts": {"all": {"span": "24 h", **APPROVED}}},
        "gum": {"label": "Chewing gum", "text": "None.", "washouts": {"face": {"span": "12 h"}}},
    },
}


def text_of(program: Program, *arguments: str) -> str:
    """Return what a command prints, in one line."""
    ran = program.run(*arguments)
    assert ran.code == 0, ran.err
    return " ".join(ran.out.split())


@pytest.mark.parametrize(
    ("words", "id_", "others"),
    [
        ("prp", "prp", ["microneedling"]),
        ("platelet rich plasma", "prp", []),
        ("alcohol", "alcohol", ["before alcohol"]),
        ("beer", "alcohol", []),
        ("before alcohol", "alcohol", []),
        ("anticoagulant", "anticoagulant", ["blood-thinners", "before prescribed-medicines"]),
        ("warfarin", "blood-thinners", ["about anticoagulant", "before prescribed-medicines"]),
        ("isotretinoin", "isotretinoin", ["blood-thinners", "before isotretinoin"]),
        ("about isotretinoin", "isotretinoin", []),
        ("microneedling", "microneedling", ["with microneedling"]),
        ("with needling", "microneedling", []),
        ("salmon dna", "filler", ["with polynucleotide"]),
        ("make-up", "make-up", ["makeup"]),
        ("makeup", "makeup", []),
        ("acne tablets", "isotretinoin", []),
        ("black tea", "hot-drinks", ["before caffeine"]),
        ("sauna", "sauna", []),
    ],
)
def test_what_leads(words: str, id_: str, others: list[str], rules: RuleSet) -> None:
    """An item's own id, then another's, then words; the rest is told, as it can be typed."""
    found = find_written(words.split(), rules)
    assert found.first.id == id_
    assert list(found.others) == others
    for each in others:
        assert find_written(each.split(), rules).first is not found.first


@pytest.mark.parametrize("words", ["with sauna", "before nothing", "juggling", "before", "with"])
def test_what_names_nothing(words: str, rules: RuleSet) -> None:
    """It is refused as before; a word for the kind alone names nothing."""
    if words == "with sauna":
        assert find_written(words.split(), rules).first.id == "sauna"
        return
    with pytest.raises(ActivityError):
        find_written(words.split(), rules)


@pytest.mark.parametrize("width", ["40", "80", "120"])
def test_all_that_is_written_of_a_substance(program: Program, width: str) -> None:
    """Words, types, note, rules with phases and claims, flags, grades; no line is too long."""
    ran = program.run("rules", "show", "prp", env={"COLUMNS": width})
    text = " ".join(ran.out.split())
    assert text.startswith("PRP (plasma of your own blood) prp, --with Words platelet rich plasma")
    assert "Types face and scalp" in text
    assert "Note It is made of your own blood." in text
    assert "(E522)" in text
    assert "Aspirin or ibuprofen nobody prescribed, after scalp and face" in text
    assert "after 14 days: what the other rules say." in text
    assert "Why so The page gives no time (E044)" in text
    assert "Red flags doubtful-needles, same day:" in text
    assert "B E032 " in text
    assert max(map(len, ran.out.splitlines())) <= int(width)


def test_a_factor_without_rules(program: Program) -> None:
    """Its note and its flag alone; a word that nothing is to be said of is left out."""
    text = text_of(program, "rules", "show", "about", "anticoagulant")
    assert text.startswith("On a blood thinner anticoagulant, --about")
    assert "Go on with it as prescribed." in text
    assert "lasting-bruise, same day:" in text
    assert "after face" not in text
    assert "Excludes" not in text
    assert "Excludes needle-free" in text_of(program, "rules", "show", "toxin")
    assert "Red flags" not in text_of(program, "rules", "show", "ha-booster")
    assert "Note" not in text_of(program, "rules", "show", "keloid")
    assert "emergency: " in text_of(program, "rules", "show", "immunosuppressed")


def test_all_that_is_written_of_a_preparation(program: Program) -> None:
    """What it is, from when on for whom, why so, the claims; asked about, in its own words."""
    text = text_of(program, "rules", "show", "before", "alcohol")
    assert text.startswith("Alcohol alcohol, before a treatment Items alcohol How No alcohol.")
    assert "Before face and brightening x avoid from 48 h before B001, B002" in text
    assert "Why so Two days is the longest figure" in text
    assert "B B002 Borciani London (washout, 48 h)" in text
    asked = text_of(program, "rules", "show", "steroid-tablets")
    assert "Before scalp ? ask Some clinics wait ten days to three weeks; ask your" in asked
    assert "x avoid on the day" in text_of(program, "rules", "show", "shaving", "the", "area")


def test_an_item_says_what_is_beside_it(program: Program) -> None:
    """Which details make it stricter, what it is before a treatment, what else has its name."""
    text = text_of(program, "rules", "show", "alcohol")
    assert "Stricter with prp. Before a treatment: alcohol (face 48 h, scalp 48 h, bri" in text
    assert text.endswith("More by that name: mesocare rules show before alcohol")
    sunbed = text_of(program, "rules", "show", "sunbed")
    assert "Stricter with microneedling, ha-booster, polynucleotide; about dark-skin." in sunbed
    assert "More by" not in sunbed
    walking = text_of(program, "rules", "show", "light-activity")
    assert "Stricter" not in walking
    assert "Before" not in walking


def test_whose_it_is(program: Program, tmp_path: Path) -> None:
    """A rule of the clinic's says so, with what it replaced; so does a wait."""
    rules = ("--rules", str(write(tmp_path, OURS)))
    text = text_of(program, "rules", "show", "prp", *rules)
    assert "Protocol Rose Clinic's protocol, reviewed 2026-11-01: Three weeks. Built in: av" in text
    text = text_of(program, "rules", "show", "before", "alcohol", *rules)
    assert "milder than what is built in, approved by Dr A.: Our figures. Built in: avoid" in text
    assert "Built in Two days is the longest figure" in text
    gum = text_of(program, "rules", "show", "gum", *rules)
    assert "Nothing is built in." in gum
    assert "Built in" not in gum
    listed = text_of(program, "rules", "list", *rules)
    assert "own blood): 4 items stricter, 1 flag, 1 by the protocol" in listed
    assert "alcohol face 24 h (built in 48 h, milder), scalp 24 h" in listed
    assert "gum face 12 h (nothing built in), scalp -, brightening -" in listed
    assert "In brackets: what Rose Clinic's protocol replaced." in listed


def test_the_list(program: Program) -> None:
    """Each detail with how much it makes stricter, and each thing with its time by type."""
    ran = program.run("rules", "list")
    text = " ".join(ran.out.split())
    assert "What was injected with prp PRP (plasma of your own blood): 4 items stricter" in text
    assert "Who was treated about pregnant Pregnant: 1 item stricter" in text
    assert "breastfeeding Breastfeeding: a note alone" in text
    assert "Before a treatment before alcohol face 48 h, scalp 48 h, brightening 48 h" in text
    assert "shaving face that day, scalp -, brightening that day" in text
    assert "steroid-tablets face -, scalp ask, brightening -" in text
    assert "by the protocol" not in text
    assert max(map(len, ran.out.splitlines())) <= 80


def test_the_list_as_json(program: Program, rules: RuleSet) -> None:
    """All of them, beside what was there."""
    plain = program.run("rules", "list", "--json").json()
    assert [each["id"] for each in plain["details"]] == list(rules.details())
    prp = next(each for each in plain["details"] if each["id"] == "prp")
    assert (prp["kind"], prp["items"], prp["flags"]) == ("with", 4, 1)
    assert [each["id"] for each in plain["before"]] == list(rules.before().leave_out)
    face = plain["before"][0]["types"]["face"]
    assert (face["hours_before"], face["then"], face["protocol"]) == (48, "avoid", None)
    assert {"groups", "types", "rules"} < set(plain)


def test_show_as_json(program: Program, tmp_path: Path) -> None:
    """What was not asked about is null; an item has what is beside it."""
    plain = program.run("rules", "show", "alcohol", "--json").json()
    assert plain["item"]["details"] == [{"id": "prp", "kind": "with"}]
    assert plain["item"]["before"] == ["alcohol"]
    assert (plain["detail"], plain["preparation"]) == (None, None)
    assert plain["others"] == ["before alcohol"]
    rules = ("--rules", str(write(tmp_path, OURS)))
    plain = program.run("rules", "show", "prp", "--json", *rules).json()
    assert (plain["item"], plain["group"], plain["preparation"]) == (None, None, None)
    detail = plain["detail"]
    assert detail["items"]["nsaid"]["face"]["protocol"]["builtin_hours"] == 336
    assert [each["until"] for each in detail["items"]["nsaid"]["face"]["phases"]] == ["21 d"]
    assert detail["note"]["evidence"] == ["E522"]
    assert detail["flags"]["doubtful-needles"]["urgency"] is None
    cited = {row["id"] for row in plain["evidence"]}
    assert {"E522", "E523", "E040", "E044"} < cited
    assert "E032" not in cited  # the clinic's rule took the place of the one that cites it
    plain = program.run("rules", "show", "before", "alcohol", "--json", *rules).json()
    face = plain["preparation"]["types"]["face"]
    assert (face["hours_before"], face["builtin"]["hours_before"]) == (24, 48)
    assert face["evidence"][1:] == [row for row in face["evidence"] if row.startswith("B")]
    assert (plain["item"], plain["detail"]) == (None, None)
    keloid = program.run("rules", "show", "keloid", "--json").json()["detail"]
    assert (keloid["note"], keloid["items"]) == (None, {})
    toxin = program.run("rules", "show", "toxin", "--json").json()["detail"]
    assert toxin["flags"]["drooping-lid"]["urgency"] == "same_day"
    makeup = program.run("rules", "show", "makeup", "--json").json()
    assert (makeup["group"]["id"], makeup["item"]["id"]) == ("makeup", "foundation")


def test_the_phases_of_details(program: Program, rules: RuleSet) -> None:
    """A table of its own, so that no row of the other means something else than before."""
    rows = list(csv.DictReader(StringIO(program.run("rules", "table", "--details").out)))
    assert list(rows[0])[:4] == ["kind", "detail", "treatment_type", "activity"]
    (nsaid,) = [
        each
        for each in rows
        if (each["detail"], each["activity"], each["treatment_type"]) == ("prp", "nsaid", "face")
    ]
    assert (nsaid["until_count"], nsaid["until_unit"], nsaid["verdict"]) == ("14", "d", "avoid")
    assert all(each["reason"] for each in rows)
    there = {(each.id, item) for each in rules.details().values() for item in each.rules}
    assert {(each["detail"], each["activity"]) for each in rows} == there
    assert {"kind", "detail"}.isdisjoint(phases(rules).columns)
    dark = [
        row
        for row in detail_phases(rules).rows
        if row[:4] == ("about", "dark-skin", "face", "sunbed")
    ]
    own = rules.items["sunbed"].rules["brightening"].phases
    assert [Verdict(str(row[9])) for row in dark] == [each.verdict for each in own]


@pytest.mark.parametrize(
    "more",
    [("--at", "2024-05-03T09:00"), ("--tz", "UTC"), ("--activities", "sauna"), ("--format", "sql")],
)
def test_what_details_do_not_go_with(program: Program, more: tuple[str, str]) -> None:
    """Their phases have no instant, and no script."""
    ran = program.run("rules", "table", "--details", *more)
    assert ran.code == 2
    assert "--details is about phases, not about verdicts" in ran.err
