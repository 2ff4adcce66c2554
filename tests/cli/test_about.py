"""What was injected, who was treated and the next session, as they are on record."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from mesocare.store import database, person, salvage, seal
from mesocare.store.person import Session
from tests.support.process import Program
from tests.support.records import treatment

if TYPE_CHECKING:
    from pathlib import Path

TREATED, AT = "2024-05-01T14:30", "2024-05-02T15:00"
ON = "2024-05-20T10:00"


def done(program: Program, *arguments: str, given: bytes = b"") -> str:
    """Run a command that has to work; return what it says."""
    ended = program.run(*arguments, given=given)
    assert (ended.code, ended.err) == (0, ""), ended
    return ended.out


def refused(program: Program, *arguments: str, given: bytes = b"") -> str:
    """Run a command that has to be refused, and change nothing; return why."""
    before = program.run("export").out
    ended = program.run(*arguments, given=given)
    assert (ended.code, ended.out) == (2, ""), ended
    assert "Traceback" not in ended.err
    assert program.run("export").out == before
    return ended.err


def flat(text: str) -> str:
    """Return a text in one line."""
    return " ".join(text.split())


@pytest.fixture
def kept(own: Program) -> Program:
    """Return a program with a treatment on record, on Berlin's clock."""
    done(own, "treated", TREATED, "--with", "vampire facial")
    return own


def verdict(program: Program, words: str, *options: str) -> Any:
    """Return the verdict on something, twelve days after the treatment."""
    ask = ("can-i", words, "--at", "2024-05-13T14:30", "--json", *options)
    return program.run(*ask).json()["answer"]["verdict"]


# What was injected.


def test_what_was_injected_is_kept_with_its_treatment(kept: Program) -> None:
    """By its id, whatever it was called; every answer is the stricter for it."""
    [row] = json.loads(done(kept, "treatments", "--json"))["treatments"]
    assert row["with"] == ["prp"]
    assert "with prp" in done(kept, "treatments")
    assert verdict(kept, "ibuprofen") == "avoid"
    done(kept, "edit", row["id"], "--with", "")
    assert json.loads(done(kept, "treatments", "--json"))["treatments"][0]["with"] == []
    assert verdict(kept, "ibuprofen") != "avoid"


def test_each_treatment_has_its_own(kept: Program) -> None:
    """What was injected once says nothing of another treatment."""
    done(kept, "treated", "2024-05-02T09:00", "--type", "scalp", "--with", "dutasteride")
    found = kept.run("today", "--at", AT, "--json").json()["treatments"]
    assert [(each["type"], each["with"]) for each in found] == [
        ("face", ["prp"]), ("scalp", ["dutasteride"]),
    ]  # fmt: skip


def test_a_detail_keeps_a_treatment_in_view(own: Program) -> None:
    """An older treatment counts as long as what was injected restricts something."""
    done(own, "treated", "2024-05-01T14:30", "--type", "scalp", "--with", "exosome")
    done(own, "treated", "2024-05-20T14:30", "--type", "face")
    found = own.run("can-i", "hair dye", "--at", "2024-05-25T12:00", "--json").json()
    assert [each["type"] for each in found["treatments"]] == ["scalp", "face"]
    assert found["answer"]["verdict"] == "avoid"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("treated", "2024-05-03", "--with", "porp"), "Did you mean: prp"),
        (("treated", "2024-05-03", "--with", "pregnant"), "is unknown"),
        (("treated", "2024-05-03", "--with", "prp", "--type", "brightening"), "does not go with"),
        (("treated", "2024-05-03", "--with", "needle-free;fat-dissolver"), "exclude each other"),
        (("edit", "ID", "--with", "nothing known"), "is unknown"),
        (("edit", "ID", "--type", "brightening"), "does not go with a brightening"),
    ],
)
def test_what_cannot_have_been_injected(
    kept: Program, options: tuple[str, ...], words: str
) -> None:
    """It is refused with what is possible; nothing is kept."""
    [row] = json.loads(done(kept, "treatments", "--json"))["treatments"]
    assert words in flat(refused(kept, *(part.replace("ID", row["id"]) for part in options)))


# Who was treated.


def test_who_was_treated_is_kept(kept: Program) -> None:
    """Added, shown, taken off; every answer from the record takes account of it."""
    assert "Nothing is on record" in done(kept, "about")
    assert "dark-skin: Brown or black skin" in done(kept, "about", "dark skin", "on warfarin")
    assert json.loads(done(kept, "about", "--json")) == {
        "schema": "mesocare.about/1",
        "factors": [
            {"id": "dark-skin", "label": "Brown or black skin"},
            {"id": "anticoagulant", "label": "On a blood thinner"},
        ],
    }
    found = kept.run("can-i", "waxing", "--at", "2024-05-14T15:00", "--json").json()
    assert found["treatments"][0]["about"] == ["dark-skin", "anticoagulant"]
    assert "dark-skin" not in done(kept, "about", "--remove", "brown skin")
    assert "anticoagulant" in done(kept, "about")
    assert "Nothing is on record" in done(kept, "about", "--clear")


def test_words_that_belong_together(own: Program) -> None:
    """Two words without quotes are one factor, where each alone is none."""
    assert "cold-sores" in done(own, "about", "cold", "sores")


def test_given_for_a_call_it_is_nobody_on_record(kept: Program) -> None:
    """A treatment given for one call is not of the person on record."""
    done(kept, "about", "pregnant")
    ask = ("can-i", "retinol", "--treated", TREATED, "--at", AT, "--json")
    assert kept.run(*ask).json()["treatments"][0]["about"] == []


def test_it_raises_a_red_flag(kept: Program) -> None:
    """A bruise that stays is for the doctor that day, for somebody on a blood thinner."""
    done(kept, "about", "blood thinner")
    assert kept.run("feel", "growing bruise", "--at", AT).code == 3
    assert kept.run("triage", "--at", AT, "--json").json()["urgency"] == "same_day"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("about", "tall"), "Known: pregnant"),
        (("about", "prp"), "is unknown"),
        (("about", "--remove", "pregnant"), "not on record; there is: nothing"),
        (("about", "pregnant", "--clear"), "--clear takes all of it off"),
    ],
)
def test_factors_that_cannot_be_used(own: Program, options: tuple[str, ...], words: str) -> None:
    """Refused, with what is possible."""
    assert words in flat(refused(own, *options))


def test_factors_of_other_rules(own: Program) -> None:
    """What the rules do not know is refused by every answer, can be seen and taken off."""
    done(own, "treated", TREATED)
    done(own, "about", "keloid")
    with closing(sqlite3.connect(own.record / "mesocare.db")) as connection:
        row = ("about", '["of-old"]', "2024-05-01T00:00:00+00:00")
        connection.execute(
            "INSERT OR REPLACE INTO person VALUES (?, ?, ?, ?)", (*row, seal.sealed("person", row))
        )
        connection.commit()
    said = own.run("can-i", "makeup", "--at", AT)
    assert (said.code, "mesocare about --remove" in said.err) == (2, True)
    assert "of-old: unknown to these rules" in done(own, "about")
    done(own, "about", "--remove", "of-old")
    assert own.run("can-i", "makeup", "--at", AT).code == 1


def test_substances_of_other_rules(own: Program) -> None:
    """A treatment with what the rules do not know is refused, and says how to change it."""
    done(own, "treated", TREATED)
    with closing(sqlite3.connect(own.record / "mesocare.db")) as connection:
        [[id_]] = connection.execute("SELECT id FROM treatment").fetchall()
        row = (id_, '["of-old"]')
        connection.execute(
            "INSERT OR REPLACE INTO injected VALUES (?, ?, ?)", (*row, seal.sealed("injected", row))
        )
        connection.commit()
    said = own.run("today", "--at", AT)
    assert said.code == 2
    assert f"mesocare edit {id_[:8]} --with" in flat(said.err)


# Private.


def test_it_is_handed_over_only_when_asked_for(kept: Program) -> None:
    """No report and no sheet tells who was treated, in any form, unless somebody asks for it."""
    done(kept, "about", "dark-skin", "isotretinoin")
    words = re.compile("dark-skin|isotretinoin", re.IGNORECASE)
    for command in ("report", "sheet"):
        forms = [(), ("--json",), ("--html", "-") if command == "report" else ("-o", "-")]
        for form in forms:
            ask = (command, "--at", AT, *form)
            quiet = done(kept, *ask)
            assert words.search(quiet) is None, ask
            told = done(kept, *ask, "--with-about")
            assert words.search(told), ask
    # What holds takes account of it all the same.
    plain = json.loads(done(kept, "sheet", "--at", "2024-06-20", "--json"))
    [procedures] = [each for each in plain["leave"] if each["activity"] == "procedures"]
    assert procedures["not_before"] == "ask first"
    assert json.loads(done(kept, "report", "--at", AT, "--json"))["about"] == []


def test_the_export_says_that_it_holds_it(kept: Program) -> None:
    """What moves a record is whole, and says so where it can be heard; it can be left out."""
    done(kept, "about", "keloid")
    assert "It holds who was treated: keloid" in flat(done(kept, "export", "-o", "all.json"))
    said = kept.run("export")
    assert "keloid" in said.out
    assert "It holds who was treated: keloid" in flat(said.err)
    assert "keloid" not in done(kept, "export", "--without-about")


def test_forgetting_wipes_it(kept: Program) -> None:
    """Nothing of it is left."""
    done(kept, "about", "keloid")
    done(kept, "forget", "--all", "--yes")
    assert "Nothing is on record" in done(kept, "about")
    assert not (kept.record / "mesocare.db").exists()


# Out and in again.


def test_round_trip(kept: Program, tmp_path: Path) -> None:
    """What was injected, who was treated and the next session go out and in without loss."""
    done(kept, "about", "keloid", "dark-skin")
    done(kept, "before", "--on", ON, "--at", AT, "--keep", "--type", "scalp")
    done(kept, "export", "-o", str(tmp_path / "all.json"))
    other = Program(tmp_path / "other")
    other.cache = kept.cache
    said = flat(done(other, "import", str(tmp_path / "all.json")))
    assert "Who was treated, by it: keloid, dark-skin." in said
    assert "Next session, by it: scalp, Mon 20 May 2024, 10:00." in said
    assert other.run("export").out == kept.run("export").out
    assert "by it" not in done(other, "import", str(tmp_path / "all.json"))


@pytest.mark.parametrize("first", [0, 1])
def test_the_later_version_stays(own: Program, first: int) -> None:
    """Of two versions of who was treated the later one stays, in whatever order they come."""
    versions = [
        {"value": ["keloid"], "changed": "2024-05-02T10:30:00+02:00"},
        {"value": [], "changed": "2024-05-02T09:00:00+00:00"},
    ]
    for each in (versions[first], versions[1 - first]):
        done(own, "import", "-", given=document(about=each))
    assert "Nothing is on record" in done(own, "about")


def test_an_export_of_an_earlier_version(kept: Program) -> None:
    """It says nothing of these, and takes nothing off."""
    done(kept, "about", "keloid")
    row = treatment(3).as_plain()
    del row["with"]
    done(kept, "import", "-", given=document([row]))
    assert "keloid" in done(kept, "about")


def document(rows: list[Any] | None = None, **more: Any) -> bytes:
    """Return an export."""
    plain = {"schema": "mesocare.export/1", "treatments": rows or [], "diary": [], **more}
    return json.dumps(plain).encode()


CHANGED = "2024-05-02T09:00:00+00:00"
SESSION = {
    "types": ["face"],
    "typed": "x",
    "earliest": CHANGED,
    "latest": CHANGED,
    "zone": "Europe/Berlin",
}


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"about": {"value": ["prp"], "changed": CHANGED}}, "about.value"),
        ({"about": {"value": "keloid", "changed": CHANGED}}, "about.value"),
        ({"about": {"value": [1], "changed": CHANGED}}, "about.value"),
        ({"about": {"value": ["keloid"], "changed": None}}, "about.changed"),
        ({"about": {"value": [], "changed": "2999-01-01T00:00:00+00:00"}}, "about.changed"),
        ({"about": {"value": []}}, "about does not have"),
        ({"about": []}, "about does not have"),
        ({"session": {"value": {}, "changed": CHANGED}}, "session.value does not have"),
        ({"session": {"value": {**SESSION, "types": []}, "changed": CHANGED}}, "value.types"),
        ({"session": {"value": {**SESSION, "types": ["legs"]}, "changed": CHANGED}}, "value.types"),
        ({"session": {"value": {**SESSION, "types": "face"}, "changed": CHANGED}}, "value.types"),
        ({"session": {"value": {**SESSION, "zone": "Mars"}, "changed": CHANGED}}, "value.zone"),
        (
            {"session": {"value": {**SESSION, "latest": "2024-06-01T00:00Z"}, "changed": CHANGED}},
            "value.latest",
        ),
        ({"session": {"value": SESSION, "changed": None}}, "session.changed"),
        ({"rows": [{**treatment().as_plain(), "with": ["keloid"]}]}, "treatments[0].with"),
        ({"rows": [{**treatment().as_plain(), "with": None}]}, "treatments[0].with"),
        (
            {"rows": [{**treatment().as_plain(), "with": ["needle-free", "fat-dissolver"]}]},
            "exclude each other",
        ),
    ],
)
def test_imports_of_the_wrong_kind(own: Program, more: dict[str, Any], place: str) -> None:
    """Each is refused with its place, and nothing is kept."""
    assert place in flat(refused(own, "import", "-", given=document(**more)))


# The next session.


def test_the_next_session_is_kept(kept: Program) -> None:
    """`before` takes it up, `today` and `course` speak of it, until it is taken off or past."""
    said = done(kept, "before", "--on", ON, "--at", AT, "--keep")
    assert "On record as your next session: face, Mon 20 May 2024, 10:00" in said
    assert "Before face mesotherapy, Mon 20 May 2024, 10:00" in done(kept, "before", "--at", AT)
    today = flat(done(kept, "today", "--at", AT))
    assert "Session Mon 20 May, 10:00: leave out 3 things from Mon 6 May, 10:00" in today
    assert "Session Mon 20 May" in done(kept, "today", "--all", "--at", AT)
    course = flat(done(kept, "course", "--at", AT))
    assert "Planned Mon 20 May, 10:00: leave out 3 things" in course
    assert "sooner than usual" not in course
    later = flat(done(kept, "today", "--at", "2024-05-19T12:00"))
    assert "leave out 13 things now, 3 more from Mon 20 May, 00:00 (mesocare before)" in later
    plain = kept.run("today", "--at", AT, "--json").json()["session"]
    assert plain["types"] == ["face"]
    assert plain["appointment_latest"] == "2024-05-20T10:00:00+02:00"
    assert kept.run("course", "--at", AT, "--json").json()["session"] == plain
    after = done(kept, "today", "--at", "2024-05-20T10:00")
    assert "Session" not in after
    done(kept, "before", "--cancel")
    assert "Session" not in done(kept, "today", "--at", AT)
    assert kept.run("before", "--at", AT).code == 2


def test_a_session_that_is_too_soon(kept: Program) -> None:
    """It is said where the course is."""
    done(kept, "before", "--on", "2024-05-08T10:00", "--at", AT, "--keep")
    assert "It is sooner than usual; ask your clinic." in flat(done(kept, "course", "--at", AT))


def test_the_calendar_has_it(kept: Program) -> None:
    """Unless another one is named."""
    done(kept, "before", "--on", ON, "--at", AT, "--keep")
    sessions = [
        [each["begin"] for each in found["events"] if each["kind"] == "session"]
        for found in (
            json.loads(done(kept, "calendar", "--at", AT, "--json", *more))
            for more in ((), ("--session", "2024-05-21T10:00"))
        )
    ]
    assert sessions == [["2024-05-20T10:00:00+02:00"], ["2024-05-21T10:00:00+02:00"]]


def test_a_session_in_text_and_as_json(own: Program) -> None:
    """Kept from JSON too; what is kept knows what is done and who is treated."""
    done(own, "about", "keloid")
    ask = ("before", "--on", ON, "--at", AT, "--with", "prp", "--type", "scalp")
    plain = json.loads(done(own, *ask, "--json", "--keep"))
    assert (plain["with"], plain["about"]) == (["prp"], ["keloid"])
    assert "Prone to thick or raised scars: Tell the clinic." in flat(done(own, *ask))
    assert "[ ] About you: prone to thick or raised scars." in flat(done(own, *ask, "--checklist"))
    assert json.loads(done(own, "before", "--at", AT, "--json"))["types"] == ["scalp"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("before", "--keep"), "not when it will be"),
        (("before", "--on", "2024-04-30", "--at", AT, "--keep"), "is past"),
        (("before", "--on", " ", "--at", AT), "it was not said when"),
        (("before", "--cancel"), "no next session is on record"),
        (("before", "--cancel", "--on", ON), "something else was given"),
        (("before", "--on", ON, "--at", AT, "--with", "porp"), "Did you mean: prp"),
        (("before", "--on", ON, "--at", AT, "--with", "needle-free,fat-dissolver"), "exclude each"),
        (("before", "--on", ON, "--at", AT, "--about", "tall"), "Known: pregnant"),
    ],
)
def test_sessions_that_cannot_be_used(own: Program, options: tuple[str, ...], words: str) -> None:
    """Refused with what to type; nothing is kept."""
    assert words in flat(refused(own, *options))


@pytest.mark.parametrize(
    ("session", "words"),
    [
        (Session(("face",), "x", CHANGED, CHANGED, "No/Where"), "zone"),
        (
            Session(("legs",), "x", "2024-06-01T00:00+00:00", "2024-06-01T00:00+00:00", "UTC"),
            "type",
        ),
    ],
)
def test_a_session_of_another_machine(kept: Program, session: Session, words: str) -> None:
    """A zone or a type that is unknown here is said, with what to do; nothing is left out."""
    with closing(sqlite3.connect(kept.record / "mesocare.db")) as connection:
        person.keep_session(connection, session, CHANGED)
        connection.commit()
    said = kept.run("today", "--at", AT)
    assert said.code == 2
    assert f"the next session on record is {'in a zone' if words == 'zone' else 'of a type'}" in (
        flat(said.err)
    )
    assert "mesocare before --on WHEN --keep" in flat(said.err)


def test_a_session_that_is_past_is_not_taken_up(kept: Program) -> None:
    """`before` says that the one on record is past."""
    done(kept, "before", "--on", ON, "--at", AT, "--keep")
    said = flat(kept.run("before", "--at", "2024-06-01").err)
    assert "the session on record is past" in said


# Damage.


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM injected",
        "DELETE FROM person WHERE id = 'about'",
        "DELETE FROM person",
        "UPDATE injected SET substances = '[]'",
        "UPDATE person SET value = '[]' WHERE id = 'about'",
        "UPDATE person SET id = 'other' WHERE id = 'session'",
    ],
)
def test_what_got_lost_is_missed(kept: Program, damage: str) -> None:
    """Without it an answer could be milder; so nothing is answered before somebody has looked."""
    done(kept, "about", "keloid")
    with closing(sqlite3.connect(kept.record / "mesocare.db")) as connection:
        connection.execute(damage)
        connection.commit()
    said = kept.run("today", "--at", AT)
    assert said.code == 2
    assert "the record was damaged: 1 treatment" in said.err
    done(kept, "treatments", "--confirm")
    assert kept.run("today", "--at", AT).code == 0
    rows = json.loads(done(kept, "treatments", "--json"))["treatments"]
    assert len(rows) == 1
    if "injected" not in damage:
        assert rows[0]["with"] == ["prp"]
    if "person" not in damage:
        assert "keloid" in done(kept, "about")


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("injected", {"treatment": "a" * 32, "substances": "{}"}),
        ("injected", {"treatment": "", "substances": "[]"}),
        ("injected", {"treatment": "a" * 32, "substances": "[1]"}),
        ("person", {"id": "about", "value": "null", "changed": None}),
        ("person", {"id": "other", "value": "[]", "changed": None}),
        ("person", {"id": "about", "value": "[]", "changed": "never"}),
        ("person", {"id": "session", "value": "[]", "changed": None}),
        ("person", {"id": "session", "value": '{"types": []}', "changed": None}),
        (
            "person",
            {
                "id": "session",
                "value": json.dumps({**SESSION, "latest": "2020-01-01T00:00:00+00:00"}),
                "changed": CHANGED,
            },
        ),
    ],
)
def test_rows_that_are_not_carried_over(table: str, row: dict[str, object]) -> None:
    """A row that nothing could be built on is left in the original."""
    assert salvage._plausible(table, row, "") is None


def test_rows_that_are_carried_over() -> None:
    """A sound row of each kind is."""
    for table, row in (
        ("injected", {"treatment": "a" * 32, "substances": '["prp"]'}),
        ("person", {"id": "about", "value": '["keloid"]', "changed": CHANGED}),
        ("person", {"id": "session", "value": json.dumps(SESSION), "changed": CHANGED}),
        ("person", {"id": "session", "value": "null", "changed": None}),
    ):
        assert salvage._plausible(table, row, "") is not None


def test_changes_within_a_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change is always later than the one before, whatever the clock says."""
    from datetime import UTC, datetime

    monkeypatch.setenv("MESOCARE_HOME", str(tmp_path / "record"))
    now = datetime(2024, 5, 1, tzinfo=UTC)
    with database.writing() as connection:
        for factors in (("keloid",), ("pregnant",)):
            before = person.on_record(connection)
            person.keep_about(connection, factors, person.later(before, person.ABOUT, now))
        changed = person.on_record(connection).changed[person.ABOUT]
    assert changed == "2024-05-01T00:00:00.000001+00:00"


def test_what_to_type_next_names_only_what_was_typed(kept: Program) -> None:
    """What is on record is there for the next call too; what was given for this one is not."""
    done(kept, "about", "pregnant")
    ask = ("can-i", "retinol", "--at", AT)
    assert "--with" not in kept.run(*ask).out
    assert "--about" not in kept.run(*ask).out
    told = flat(kept.run(*ask, "--with", "botox").out)
    assert "mesocare explain retinoids --with" in told
    assert "--with toxin" in told
    assert "--about" not in told


def test_what_is_said_fits_a_narrow_screen(own: Program) -> None:
    """Also what a command says that it did."""
    env = {"COLUMNS": "40"}
    for arguments in (
        ("treated", TREATED, "--with", "skin booster", "--clinic", "Rose Clinic"),
        ("about", "pregnant", "on warfarin"),
        ("products", "add", "Night serum of many names", "Aqua, Glycerin, Retinol, Parfum"),
        ("products", "--at", AT),
        ("before", "--on", ON, "--at", AT, "--keep"),
        ("before", "--cancel"),
        ("products", "remove", "Night serum of many names", "--yes"),
    ):
        ended = own.run(*arguments, env=env)
        assert ended.code == 0, ended
        assert max(map(len, ended.out.splitlines())) <= 40, ended.out


def test_a_product_without_a_date_says_why(kept: Program) -> None:
    """Where no date can be given, whoever was treated is told what holds it."""
    done(kept, "about", "pregnant")
    done(kept, "products", "add", "Night serum", "Aqua, Glycerin, Retinol")
    out = flat(done(kept, "products", "--at", AT))
    assert "with no date: your practitioner decides" in out
    assert "About Pregnant: ask. In pregnancy ask your doctor or midwife" in out
