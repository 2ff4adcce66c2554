"""The commands of the record as their users run them, and the answers that come from it."""

from __future__ import annotations

import json
import os
import re
import resource
import sqlite3
import stat
import subprocess
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from mesocare.store import seal
from tests.support.process import Program, script
from tests.support.records import treatment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.process import Argument, Finished, Screen

ALLOWED, AVOID, REFUSED, LIMITED = 0, 1, 2, 3
TREATED = "2024-05-01T14:30"
AT = ("--at", "2024-05-02T15:00")
FIELDS = (
    "id type area typed earliest latest zone clinic phone note overrides changed removed with"
).split()


def done(program: Program, *arguments: Argument, **more: Any) -> str:
    """Run a command that has to work; return what it says."""
    ended = program.run(*arguments, **more)
    assert (ended.code, ended.err) == (0, "")
    return ended.out


def treated(program: Program, when: str = TREATED, *options: str) -> str:
    """Put a treatment on record; return its id."""
    said = done(program, "treated", when, *options)
    found = re.search(r"On record: ([0-9a-f]{8}) ", said)
    assert found
    return found[1]


def listed(program: Program) -> list[dict[str, Any]]:
    """Return the treatments on record."""
    found = json.loads(done(program, "treatments", "--json"))
    assert found.pop("schema") == "mesocare.treatments/1"
    rows: list[dict[str, Any]] = found.pop("treatments")
    assert found == {"warning": None}
    return rows


def exported(program: Program) -> Any:
    """Return the whole record."""
    return json.loads(done(program, "export"))


def rows(program: Program) -> list[Any]:
    """Return what the record's file holds, read without the program."""
    path = program.record / "mesocare.db"
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT * FROM treatment ORDER BY id").fetchall()


def refused(
    program: Program,
    *arguments: Argument,
    says: tuple[str, ...] = (),
    env: Mapping[str, Argument | None] | None = None,
    given: bytes = b"",
) -> str:
    """Check that something is refused with a message and a hint, and that nothing is lost."""
    before = rows(program)
    plain = program.run(*arguments, env=env, given=given)
    machine = program.run(*arguments, env={**(env or {}), "MESOCARE_JSON": "1"}, given=given)
    assert rows(program) == before
    assert (plain.code, plain.out) == (REFUSED, ""), plain.err
    assert "Traceback" not in plain.err
    assert plain.err.startswith("mesocare: ")
    assert "\x1b" not in plain.err
    lines = plain.err.splitlines()
    assert len(lines) >= 2, "a message and a line on what to do"
    for expected in says:
        assert expected in plain.err
    assert machine.code == REFUSED
    if "-o" not in arguments:  # what could not be delivered is not said twice
        found = machine.json()
        assert found["schema"] == "mesocare.error/1"
        lines = machine.err.splitlines()
        assert (f"mesocare: {found['error']}", found["hint"]) == (lines[0], lines[-1])
    return plain.err


def clocked(program: Program, now: str) -> Program:
    """Return the same program, for which it is another time."""
    other = Program(program.root, script(program.root / "clocked", FROZEN.format(now)))
    other.cache = program.cache
    return other


FROZEN = (
    "from datetime import datetime; from mesocare.cli import clock; "
    "clock.now = lambda: datetime.fromisoformat({!r})"
)


# Recording and listing.


def test_recording(own: Program) -> None:
    """What was typed, the interval understood and everything else said is kept."""
    assert not own.record.exists()
    said = done(
        own, "treated", "1 May 2024", "--type", "scalp", "--clinic", "Rose Clinic",
        "--phone", "+49 30 123", "--note", "Ünïcode  文字",
    )  # fmt: skip
    assert "Wed 1 May 2024" in said
    (row,) = listed(own)
    assert list(row) == FIELDS
    assert re.fullmatch("[0-9a-f]{32}", row.pop("id"))
    assert datetime.fromisoformat(row.pop("changed")).tzinfo is not None
    assert row == {
        "type": "scalp",
        "area": "scalp",
        "typed": "1 May 2024",
        "earliest": "2024-04-30T22:00:00+00:00",
        "latest": "2024-05-01T22:00:00+00:00",
        "zone": "Europe/Berlin",
        "clinic": "Rose Clinic",
        "phone": "+49 30 123",
        "note": "Ünïcode 文字",
        "overrides": {},
        "removed": None,
        "with": [],
    }
    text = done(own, "treatments")
    for expected in ("scalp", "Wed 1 May 2024", "Rose Clinic", "+49 30 123", "Ünïcode 文字"):
        assert expected in text


def test_recording_with_a_zone(own: Program) -> None:
    """The zone is kept with the treatment, from the option or from the environment."""
    treated(own, TREATED, "--tz", "Asia/Ho_Chi_Minh")
    done(own, "treated", TREATED, env={"MESOCARE_TZ": "America/New_York"})
    found = {each["zone"]: each["earliest"] for each in listed(own)}
    assert found == {
        "Asia/Ho_Chi_Minh": "2024-05-01T07:30:00+00:00",
        "America/New_York": "2024-05-01T18:30:00+00:00",
    }
    assert "14:30" in done(own, "treatments")


def test_the_file_is_private(own: Program) -> None:
    """The program makes a directory and a file that only its owner can read."""
    done(own, "treated", TREATED)
    assert stat.S_IMODE(own.record.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in own.record.iterdir()} == {0o600}
    done(own, "treated", TREATED, env={"MESOCARE_HOME": None})
    (usual,) = own.home.rglob("mesocare.db")
    assert stat.S_IMODE(usual.parent.stat().st_mode) == 0o700


def test_nothing_on_record(own: Program) -> None:
    """Without a record, commands that read say so and make nothing."""
    assert "mesocare treated" in done(own, "treatments")
    assert listed(own) == []
    assert exported(own)["treatments"] == []
    refused(own, "can-i", "makeup", says=("none is on record", "mesocare treated", "--treated"))
    refused(own, "today", says=("none is on record",))
    assert not own.record.exists()


def test_duplicates(own: Program) -> None:
    """A second treatment of one area at one instant is refused with what to type."""
    treated(own)
    says = ("already on record", "mesocare treatments", "mesocare edit")
    refused(own, "treated", TREATED, says=says)
    refused(own, "treated", "2024-05-01T12:30Z", "--type", "brightening", says=says)
    treated(own, TREATED, "--area", "neck")
    other = treated(own, "2024-05-03T14:30")
    refused(own, "edit", other, "--when", TREATED, says=says)
    assert len(listed(own)) == 3


BAD_TIMES = ("01/05/2024", "2024-02-30", "tomorrow", "2024-03-31 02:30", "soon", "")


@pytest.mark.parametrize("when", BAD_TIMES)
def test_times_that_cannot_be_recorded(when: str, own: Program) -> None:
    """Ambiguous, impossible and future times are refused when recording and when editing."""
    refused(own, "treated", when)
    assert not own.record.exists()
    known = treated(own)
    refused(own, "edit", known, "--when", when)


@pytest.mark.parametrize(
    "text",
    ["\x1b[31mred", "a\x07b", "bidi \u202e trick", "zero\u200bwidth", "n" * 501, b"\xff\xfe"],
    ids=["escape", "bell", "bidi", "zero-width", "long", "not-utf-8"],
)
@pytest.mark.parametrize("option", ["note", "clinic", "phone", "area"])
def test_texts_that_cannot_be_kept(option: str, text: Argument, own: Program) -> None:
    """Control characters and endless texts are refused, by name of the option."""
    refused(own, "treated", TREATED, f"--{option}", text, says=(f"--{option}",))
    assert not own.record.exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--type", "neck"), ("'neck'", "face, scalp, brightening", "--type")),
        (("--tz", "Middle/Earth"), ("'Middle/Earth'",)),
        (("--frobnicate",), ("--frobnicate", "mesocare treated --help")),
        (("--overrides", "missing.yaml"), ("missing.yaml",)),
    ],
    ids=["type", "zone", "option", "file"],
)
def test_options_that_cannot_be_used(
    options: tuple[str, ...], says: tuple[str, ...], own: Program
) -> None:
    """Unknown types, zones, options and files are refused, and nothing is recorded."""
    refused(own, "treated", TREATED, *options, says=says)
    assert not own.record.exists()


# Changing and removing.


def test_editing(own: Program) -> None:
    """Only what is given changes; the id stays."""
    known = treated(own, TREATED, "--note", "first", "--clinic", "Rose Clinic")
    (before,) = listed(own)
    assert known in done(own, "edit", known[:4].upper(), "--note", "second", "--type", "scalp")
    (after,) = listed(own)
    assert after == {**before, "note": "second", "type": "scalp", "changed": after["changed"]}
    done(own, "edit", known, "--when", "2024-05-03", "--note", "")
    (last,) = listed(own)
    assert (last["typed"], last["note"], last["id"]) == ("2024-05-03", None, before["id"])
    assert last["earliest"] == "2024-05-02T22:00:00+00:00"


def test_an_area_is_named_where_the_type_does_not_say_it(own: Program) -> None:
    """A treatment of the face in the face needs no second word."""
    known = treated(own, TREATED)
    assert "(face" not in done(own, "treatments")
    done(own, "edit", known, "--area", "neck")
    assert "(neck)" in done(own, "treatments")


def test_editing_an_area_away(own: Program) -> None:
    """An empty area means the usual one of the type that the treatment then has."""
    known = treated(own, TREATED, "--area", "neck")
    done(own, "edit", known, "--area", "")
    assert listed(own)[0]["area"] == "face"
    done(own, "edit", known, "--area", "", "--type", "scalp")
    assert listed(own)[0]["area"] == "scalp"


def test_editing_away(own: Program) -> None:
    """An empty text takes off whatever need not be there, overrides too."""
    known = treated(
        own, TREATED, "--clinic", "Rose", "--phone", "1", "--note", "x",
        "--overrides", overriding(own, "makeup: {until: 96 h}\n"),
    )  # fmt: skip
    for name in ("clinic", "phone", "note"):
        done(own, "edit", known, f"--{name}", "")
        assert listed(own)[0][name] is None
    assert listed(own)[0]["overrides"] != {}
    done(own, "edit", known, "--overrides", "")
    assert listed(own)[0]["overrides"] == {}
    for name in ("when", "type", "tz"):
        refused(own, "edit", known, f"--{name}", "")


@pytest.mark.parametrize(
    ("typed", "earliest", "latest"),
    [
        ("2024-05-01T14:30", "2024-05-01T07:30:00", "2024-05-01T07:30:00"),
        ("1 May 2024", "2024-04-30T17:00:00", "2024-05-01T17:00:00"),
        ("2024-05-01T14:30+02:00", "2024-05-01T12:30:00", "2024-05-01T12:30:00"),
    ],
)
def test_editing_the_zone(typed: str, earliest: str, latest: str, own: Program) -> None:
    """The zone alone: what was typed is read in it; with a time, both are as given."""
    known = treated(own, typed)
    done(own, "edit", known, "--tz", "Asia/Bangkok")
    (row,) = listed(own)
    assert (row["zone"], row["typed"]) == ("Asia/Bangkok", typed)
    assert (row["earliest"], row["latest"]) == (f"{earliest}+00:00", f"{latest}+00:00")
    done(own, "edit", known, "--when", "2024-05-02T10:00")
    (row,) = listed(own)
    assert (row["zone"], row["earliest"]) == ("Asia/Bangkok", "2024-05-02T03:00:00+00:00")


@pytest.mark.parametrize("typed", ["yesterday", "yesterday 15:00", "3 days ago", "5 hours ago"])
def test_editing_the_zone_of_a_relative_time(typed: str, own: Program) -> None:
    """What counted from when it was typed cannot be read anew; the time has to be given."""
    known = treated(own, typed)
    refused(own, "edit", known, "--tz", "Asia/Bangkok", says=(repr(typed), "--when"))
    done(own, "edit", known, "--tz", "Asia/Bangkok", "--when", "2024-05-01")
    assert listed(own)[0]["zone"] == "Asia/Bangkok"


def test_editing_the_zone_into_a_gap(own: Program) -> None:
    """A clock time that the other zone skipped is refused as ever."""
    known = treated(own, "2024-03-10T02:30")
    refused(own, "edit", known, "--tz", "America/New_York", says=("never was",))


def test_one_day_recorded_twice(own: Program) -> None:
    """The same day without a clock time is one treatment, however late on it each was typed."""
    done(clocked(own, "2024-05-01T12:00:00+00:00"), "treated", "today")
    later = clocked(own, "2024-05-01T12:00:01+00:00")
    says = ("already on record", "mesocare treatments", "mesocare edit")
    refused(later, "treated", "today", says=says)
    refused(own, "treated", "2024-05-01", says=says)
    other = treated(own, "2024-04-30")
    refused(own, "edit", other, "--when", "2024-05-01", says=says)
    for options in (("2024-05-01T00:00",), ("2024-05-01T11:00",), ("2024-05-01", "--area", "neck")):
        treated(own, *options)
    assert len(listed(own)) == 5


def test_typed_in_several_lines(own: Program) -> None:
    """What was typed is kept in one line, so that an export of it can be imported."""
    known = treated(own, "1 May\n2024")
    assert listed(own)[0]["typed"] == "1 May 2024"
    text = done(own, "export").encode()
    done(own, "edit", known, "--when", " 2024-05-02\t10:00 ")
    assert listed(own)[0]["typed"] == "2024-05-02 10:00"
    assert "1 on record already" in done(own, "import", "-", given=text)


def test_changing_where_nothing_is(own: Program) -> None:
    """Without a record there is nothing to change, and none is made."""
    for command in (("edit", "abcd", "--note", "x"), ("remove", "abcd", "--yes"), ("undo",)):
        refused(own, *command, says=("mesocare treated",))
    assert not own.record.exists()


def test_a_type_that_the_rules_lack(own: Program) -> None:
    """A treatment of a type that this rule set lacks can be listed and changed, not judged."""
    known = treated(own)
    with closing(sqlite3.connect(own.record / "mesocare.db")) as connection:
        connection.execute("UPDATE treatment SET type = 'neck', zone = 'Middle/Earth'")
        seal.teach(connection)  # as a later version with other types and zones would write it
        columns = ", ".join(seal.COLUMNS["treatment"])
        connection.execute(f"UPDATE treatment SET seal = sealed('treatment', {columns})")
        connection.commit()
    refused(own, "can-i", "makeup", says=("'neck'", f"mesocare edit {known} --type"))
    assert "neck" in done(own, "treatments")
    done(own, "edit", known, "--note", "x")
    loose = overriding(own, "foundation: {until: 96 h}\n")
    refused(own, "edit", known, "--overrides", loose, says=("'neck'", "face, scalp, brightening"))
    done(own, "remove", known, "--yes")
    done(own, "undo")
    assert exported(own)["treatments"][0]["note"] == "x"
    done(own, "edit", known, "--type", "face")
    refused(own, "can-i", "makeup", says=("'Middle/Earth'", f"mesocare edit {known} --tz"))
    done(own, "edit", known, "--tz", "Europe/Berlin")
    assert own.run("can-i", "makeup", *AT).code == AVOID


def test_ids_that_name_no_treatment(own: Program) -> None:
    """An id that is unknown, too short or empty is refused, with the ids on record."""
    known = treated(own)
    unknown = f"{int(known[0], 16) ^ 1:x}{known[1:]}"
    for command in (("edit", "--note", "x"), ("remove", "--yes")):
        for wrong in (unknown, known[:3], "", "..", "'; DROP TABLE treatment; --"):
            name, *options = command
            refused(own, name, wrong, *options, says=(known, "mesocare treatments"))
    refused(own, "edit", known, says=("nothing to change", f"mesocare edit {known}"))


def test_ids_that_name_several(own: Program) -> None:
    """A beginning that several treatments share is refused with what they are."""
    rows = [treatment(number, id=f"abcd{number}" + "0" * 27).as_plain() for number in range(2)]
    done(own, "import", "-", given=document(rows))
    says = ("several", "abcd0000", "abcd1000", "mesocare treatments")
    refused(own, "remove", "abcd", "--yes", says=says)
    assert "abcd1" in done(own, "remove", "abcd1", "--yes")


def test_removing_and_undoing(own: Program) -> None:
    """What is removed counts no more, and comes back whole, the last one first."""
    first, second = treated(own), treated(own, "2024-05-03T14:30", "--note", "kept")
    before = listed(own)
    for known in (second, first):
        said = done(own, "remove", known, "--yes")
        assert known in said
        assert "mesocare undo" in said
    assert listed(own) == []
    refused(own, "today", says=("none is on record",))
    refused(own, "remove", first, "--yes", says=(first,))
    for known in (first, second):
        assert known in done(own, "undo")
    assert [{**each, "changed": ""} for each in listed(own)] == [
        {**each, "changed": ""} for each in before
    ]
    refused(own, "undo", says=("nothing",))


def test_removing_asks_elsewhere_for_yes(own: Program) -> None:
    """In a script nobody is asked: --yes is needed."""
    known = treated(own)
    for command in (("remove", known), ("forget", "--all")):
        refused(own, *command, says=("--yes",), given=b"y\n")
    ended = own.redirected("<&-", "remove", known)
    assert (ended.code, "--yes" in ended.err, "Traceback" in ended.err) == (REFUSED, True, False)
    refused(own, "forget", "--yes", says=("mesocare forget --all",))
    assert len(listed(own)) == 1


@pytest.mark.parametrize(
    ("types", "code"),
    [("y\n", 0), ("n\n", 2), ("\n", 2), ("what\ny\n", 0), ("\x04", 2)],
)
def test_removing_asks_on_a_terminal(types: str, code: int, own: Program) -> None:
    """On a terminal it asks, shows what would go, and only a yes removes it."""
    known = treated(own, TREATED, "--note", "shown")
    screen = own.on_terminal("remove", known, types=types)
    assert known in screen.text
    assert "shown" in screen.text
    assert "[y/N]" in screen.text
    assert "Traceback" not in screen.text
    assert screen.code == code
    assert len(listed(own)) == (code != 0)


def test_interrupting_the_question(own: Program) -> None:
    """Ctrl-C at the question is 130, and nothing is changed."""
    known = treated(own)
    stop = """import builtins
        def stop(_): raise KeyboardInterrupt
        builtins.input = stop"""
    other = Program(own.root, script(own.root / "interrupted", stop))
    other.cache = own.cache
    screen = other.on_terminal("remove", known)
    assert (screen.code, "Traceback" in screen.text) == (130, False)
    assert len(listed(own)) == 1


def test_forgetting_asks_on_a_terminal(own: Program) -> None:
    """Wiping everything asks first, and says that nothing brings it back."""
    treated(own)
    kept: Screen = own.on_terminal("forget", "--all", types="n\n")
    assert kept.code == REFUSED
    assert "Nothing brings it back" in kept.text
    assert len(listed(own)) == 1
    assert own.on_terminal("forget", "--all", types="y\n").code == 0
    assert listed(own) == []


def test_forgetting(own: Program) -> None:
    """Nothing of the record is left below the program's directories."""
    secret = "a note that nobody else may read"
    known = treated(own, TREATED, "--note", secret)
    done(own, "remove", known, "--yes")
    treated(own, TREATED, "--note", secret)
    assert "Forgotten" in done(own, "forget", "--all", "--yes")
    assert not own.record.exists() or list(own.record.iterdir()) == []
    files = [each for each in own.root.rglob("*") if each.is_file()]
    assert not [each for each in files if secret.encode() in each.read_bytes()]
    assert listed(own) == []
    done(own, "forget", "--all", "--yes")
    treated(own)


# Answers from the record.


def test_alone(own: Program) -> None:
    """The program alone shows today if something is on record, otherwise how to begin."""
    assert "mesocare today --treated yesterday" in done(own)
    assert not own.record.exists()
    known = treated(own, "today")
    assert done(own).splitlines()[0] == done(own, "today").splitlines()[0]
    done(own, "remove", known, "--yes")
    assert "mesocare today --treated yesterday" in done(own)


def same_answer(ended: Finished) -> tuple[int, Any]:
    """Return what has to be equal, however the treatment is known."""
    return ended.code, ended.json()


@pytest.mark.parametrize(
    "question",
    [("today",), ("can-i", "makeup"), ("when", "hair", "dye"), ("explain", "sauna")],
    ids=" ".join,
)
def test_answers_are_those_of_the_command_line(question: tuple[str, ...], own: Program) -> None:
    """The record gives the answers that --treated gives."""
    treated(own, "2024-05-01", "--type", "scalp")
    given = own.run(*question, "--treated", "2024-05-01", "--type", "scalp", *AT, "--json")
    assert same_answer(own.run(*question, *AT, "--json")) == same_answer(given)


def test_all_that_are_healing(own: Program) -> None:
    """Every treatment inside its recovery window counts, and the strictest decides."""
    treated(own, "2024-04-25T10:00", "--type", "scalp")
    treated(own, "2024-05-01T14:30")
    treated(own, "2023-01-01T10:00", "--type", "brightening")
    found = own.run("today", *AT, "--json").json()
    assert [each["type"] for each in found["treatments"]] == ["scalp", "face"]
    for words, type_ in (("makeup", "face"), ("hair-colour", "scalp")):
        ended = own.run("can-i", words, *AT, "--json")
        assert ended.code == AVOID
        assert ended.json()["answer"]["governed_by"]["type"] == type_


def test_the_command_line_sets_the_record_aside(own: Program) -> None:
    """With --treated, or MESOCARE_TREATED, nothing on record counts."""
    treated(own, "2024-05-02T10:00")
    assert own.run("can-i", "makeup", *AT).code == AVOID
    assert own.run("can-i", "makeup", "--treated", "2024-04-01", *AT).code == ALLOWED
    env = {"MESOCARE_TREATED": "2024-04-01"}
    assert own.run("can-i", "makeup", *AT, env=env).code == ALLOWED
    refused(own, "can-i", "makeup", "--type", "scalp", *AT, says=("--type scalp", "--treated"))


def test_what_lies_after_the_instant(own: Program) -> None:
    """Treatments after --at do not count; where all of them are, none is on record."""
    treated(own, "2024-04-01T10:00")
    treated(own, "2024-05-03T10:00")
    found = own.run("can-i", "makeup", *AT, "--json")
    assert found.code == ALLOWED
    assert [each["day"] for each in found.json()["treatments"]] == [31]
    refused(own, "can-i", "makeup", "--at", "2024-03-01", says=("none is on record",))


def test_only_old_ones(own: Program) -> None:
    """Where all are healed, the latest one is spoken of, whatever order they came in."""
    for when in ("2022-01-01T10:00", "2023-06-01T10:00", "2021-01-01T10:00"):
        treated(own, when)
    found = own.run("can-i", "makeup", "--at", "2024-06-01T10:00", "--json")
    assert found.code == ALLOWED
    (only,) = found.json()["treatments"]
    assert only["treated_latest"].startswith("2023-06-01T10:00")


def test_a_day_recorded_on_that_day(own: Program) -> None:
    """A day without a clock time, recorded on that day, never lets a later answer come early."""
    noon = "2024-05-01T12:00:00+00:00"
    done(clocked(own, noon), "treated", "today")
    (row,) = listed(own)
    assert row["typed"] == "today"
    assert row["earliest"] == "2024-04-30T22:00:00+00:00"
    assert row["latest"] >= noon
    ends = datetime.fromisoformat(row["latest"]) + timedelta(hours=48)
    for moment, code in ((ends - timedelta(seconds=1), AVOID), (ends, ALLOWED)):
        assert own.run("can-i", "foundation", "--at", moment.isoformat()).code == code
    early = own.run("can-i", "foundation", "--at", "2024-05-03T09:00", "--json")
    assert early.code == AVOID
    assert early.json()["answer"]["certain"] is False


def test_a_day_asked_about_within_it(own: Program) -> None:
    """Within a treatment's day, the latest time it can have been is the instant asked about."""
    treated(own, "2024-05-01")
    found = own.run("can-i", "makeup", "--at", "2024-05-01T09:00", "--json")
    (only,) = found.json()["treatments"]
    assert only["treated_latest"] == "2024-05-01T09:00:00+02:00"
    assert only["elapsed_hours_min"] == 0


def test_another_zone_later(own: Program) -> None:
    """A treatment keeps the zone it was recorded in, wherever it is asked about."""
    treated(own, "2024-05-01T14:30", "--tz", "Asia/Ho_Chi_Minh")
    found = own.run("when", "makeup", *AT, "--tz", "America/New_York", "--json").json()
    moment = datetime.fromisoformat(found["answer"]["allowed_from"])
    assert moment == datetime.fromisoformat("2024-05-03T14:30:00+07:00")


# What the clinic said otherwise.


def overriding(program: Program, text: str) -> str:
    """Return a file of overrides."""
    path = program.place / "overrides.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_tightening_needs_no_reason(own: Program) -> None:
    """An override that is stricter decides without a reason; a group's word means its headline."""
    treated(own, TREATED, "--overrides", overriding(own, "makeup: {until: 96 h}\n"))
    assert list(listed(own)[0]["overrides"]) == ["foundation"]
    for hours, code in ((95, AVOID), (96, ALLOWED)):
        at = (datetime.fromisoformat(TREATED) + timedelta(hours=hours)).isoformat()
        ended = own.run("can-i", "foundation", "--at", at)
        assert ended.code == code
        assert "clinic" in ended.out
        assert "96 h" in ended.out


@pytest.mark.parametrize("until", ["24 h", "1 h", "47 h", "1 d"])
def test_loosening_needs_a_reason(until: str, own: Program) -> None:
    """An override that opens earlier than the rule set is refused without its reason."""
    loose = overriding(own, f"foundation: {{until: {until}}}\n")
    says = ("overrides.yaml", "foundation", "`reason`", "makeup: {until: 72 h")
    refused(own, "treated", TREATED, "--overrides", loose, says=says)
    known = treated(own)
    refused(own, "edit", known, "--overrides", loose, says=says)
    loose = overriding(own, f"foundation: {{until: {until}, reason: ' '}}\n")
    refused(own, "edit", known, "--overrides", loose)


def test_loosening_with_a_reason(own: Program) -> None:
    """With a reason it decides, and every answer it decides shows the reason."""
    loose = "foundation: {until: 12 h, reason: Dr. Rose used no needles}\n"
    known = treated(own)
    done(own, "edit", known, "--overrides", overriding(own, loose))
    for command in ("can-i", "when", "explain"):
        ended = own.run(command, "foundation", *AT)
        assert ended.code == ALLOWED
        assert "Dr. Rose used no needles" in " ".join(ended.out.split())
    answer = own.run("can-i", "foundation", *AT, "--json").json()["answer"]
    assert answer["verdict"] == "allowed"
    assert "Dr. Rose used no needles" in answer["reason"]
    assert "foundation" in done(own, "treatments")
    assert own.run("can-i", "sauna", *AT).code == AVOID


def test_an_override_of_one_treatment_only(own: Program) -> None:
    """It holds for its own treatment; another one keeps the rule set's rules."""
    loose = overriding(own, "foundation: {until: 12 h, reason: Said so}\n")
    treated(own, TREATED, "--overrides", loose)
    treated(own, TREATED, "--area", "neck")
    assert own.run("can-i", "foundation", *AT).code == AVOID


BAD_OVERRIDES = {
    "unknown activity": ("origami: {until: 72 h}\n", ("origami",)),
    "near miss": ("makup: {until: 72 h}\n", ("makup", "makeup")),
    "no duration": ("makeup: {reason: Said so}\n", ("until",)),
    "bad duration": ("makeup: {until: soon}\n", ("soon",)),
    "no time at all": ("makeup: {until: 0 h, reason: Said so}\n", ("0 h",)),
    "unknown key": ("makeup: {until: 72 h, because: x}\n", ("because",)),
    "duplicate key": ("makeup: {until: 72 h}\nmakeup: {until: 96 h}\n", ("makeup",)),
    "two words for one item": (
        "makeup: {until: 96 h}\nfoundation: {until: 1 h, reason: x}\n",
        ("foundation",),
    ),
    "no mapping": ("- makeup\n", ()),
    "no YAML": ("makeup: {until: 72 h\n", ()),
    "a tag": ("makeup: !!python/object/apply:os.system [id]\n", ()),
    "control characters": ('makeup: {until: 72 h, reason: "\\e[31mred"}\n', ()),
    "deep": ("[" * 5000, ()),
    "aliases": ("a: &a {until: 72 h}\n" + "".join(f"b{n}: *a\n" for n in range(3)), ()),
}


@pytest.mark.parametrize(("text", "says"), BAD_OVERRIDES.values(), ids=BAD_OVERRIDES)
def test_overrides_that_cannot_be_used(text: str, says: tuple[str, ...], own: Program) -> None:
    """A file of overrides that is not right is refused whole, with what one looks like."""
    file = overriding(own, text)
    message = refused(own, "treated", TREATED, "--overrides", file, says=says)
    assert "overrides.yaml" in message
    assert "makeup: {until: 72 h" in message
    assert not own.record.exists()


def test_overrides_that_are_no_text(own: Program) -> None:
    """A directory, a binary file and an endless one are refused."""
    (own.place / "binary.yaml").write_bytes(bytes(range(256)))
    with (own.place / "huge.yaml").open("wb") as file:
        file.truncate(1 << 30)
    for name in ("binary.yaml", "huge.yaml", "."):
        refused(own, "treated", TREATED, "--overrides", name)
    assert not own.record.exists()


def test_another_type_with_the_same_overrides(own: Program) -> None:
    """Changing the type does not let an override loosen a rule without its reason."""
    tight = overriding(own, "sauna: {until: 14 d}\n")  # 7 days after scalp, 30 after brightening
    known = treated(own, TREATED, "--type", "scalp", "--overrides", tight)
    says = ("sauna", "brightening", "`reason`", "--overrides")
    refused(own, "edit", known, "--type", "brightening", says=says)
    refused(own, "edit", known, "--type", "brightening", "--overrides", tight, says=("sauna",))
    reason = overriding(own, "sauna: {until: 14 d, reason: Said so}\n")
    done(own, "edit", known, "--type", "brightening", "--overrides", reason)
    done(own, "edit", known, "--type", "scalp", "--overrides", "")
    done(own, "edit", known, "--type", "brightening")


@pytest.mark.parametrize("width", [40, 80, 120])
def test_what_was_put_on_record_fits_its_width(width: int, own: Program) -> None:
    """Clinic and number are said back, in lines that the screen holds."""
    own_words = ("--clinic", "Rose Clinic in the Old Town", "--phone", "+44 20 7946 0000")
    ended = own.run("treated", TREATED, *own_words, env={"COLUMNS": str(width)})
    assert ended.code == 0
    assert max(map(len, ended.out.splitlines())) <= width
    said = " ".join(ended.out.split())
    assert "Rose Clinic in the Old Town; +44 20 7946 0000" in said
    assert said.endswith("Now type: mesocare today")


@pytest.mark.parametrize("width", [40, 80, 120])
def test_what_the_clinic_said_is_shown(width: int, own: Program) -> None:
    """Every view that rests on an override says so, with its reason, and fits its width."""
    text = (
        "foundation: {until: 12 h, reason: Dr. Rose used no needles}\n"
        "lipstick: {until: 5 d, reason: Dr. Rose saw a scab}\n"
    )
    treated(own, TREATED, "--overrides", overriding(own, text))
    needles, scab = "(12 h): Dr. Rose used no needles", "(5 d): Dr. Rose saw a scab"
    env = {"COLUMNS": str(width)}
    for command, reasons in (
        (("can-i", "foundation"), (needles,)), (("when", "foundation"), (needles,)),
        (("explain", "foundation"), (needles,)), (("can-i", "makeup"), (needles, scab)),
        (("when", "makeup"), (needles, scab)), (("today",), (needles, scab)),
        (("today", "--all"), (needles, scab)),
    ):  # fmt: skip
        said = own.run(*command, *AT, env=env).out
        assert max(map(len, said.splitlines())) <= width
        for reason in reasons:
            assert f"clinic's own instruction {reason}" in " ".join(said.split()), command


# Out and in again.


def document(rows: list[Any], **changes: Any) -> bytes:
    """Return an export."""
    plain = {"schema": "mesocare.export/1", "treatments": rows, "diary": [], **changes}
    return json.dumps(plain).encode()


def test_round_trip(own: Program, tmp_path: Path) -> None:
    """A record goes out and in without loss, removed treatments too; twice is as good as once."""
    said = overriding(own, "makeup: {until: 12 h, reason: Ünïcode 文字}\n")
    treated(own, "2024-05-01", "--note", "Ünïcode 文字", "--overrides", said)
    gone = treated(own, "2024-05-03T14:30", "--type", "scalp", "--clinic", 'The "Rose"')
    done(own, "remove", gone, "--yes")
    path = own.place / "record.json"
    assert str(path) in done(own, "export", "-o", str(path))
    assert path.read_text(encoding="utf-8") == done(own, "export")
    other = Program(tmp_path / "other")
    other.cache = own.cache
    assert "2 new" in done(other, "import", str(path))
    assert done(other, "export") == done(own, "export")
    assert "0 new" in done(other, "import", "-", given=path.read_bytes())
    assert done(other, "export") == done(own, "export")
    assert gone in done(other, "undo")
    assert sorted(each.name for each in own.place.iterdir()) == ["overrides.yaml", "record.json"]


def test_an_export_is_private(own: Program) -> None:
    """An export holds what the record holds, and is as private."""
    treated(own)
    done(own, "export", "-o", "record.json")
    assert stat.S_IMODE((own.place / "record.json").stat().st_mode) == 0o600


EARLY, LATE = "2024-05-02T08:00:00+00:00", "2024-05-02T09:00:00+00:00"


@pytest.mark.parametrize(
    "versions",
    [
        ([EARLY], [LATE]),
        ([LATE], [EARLY]),
        ([EARLY, LATE],),
        ([LATE, EARLY],),
        (["2024-05-02T10:30:00+02:00"], [LATE]),
        ([LATE], ["2024-05-02T10:30:00+02:00"]),
    ],
    ids=["later", "earlier", "both", "both backwards", "offset first", "offset last"],
)
def test_the_later_version_stays(versions: tuple[list[str], ...], own: Program) -> None:
    """Of two versions of a treatment, the one changed later stays, in whatever order they come."""
    for changes in versions:
        rows = [treatment(0, changed=each, note=each).as_plain() for each in changes]
        done(own, "import", "-", given=document(rows))
    assert [each["note"] for each in listed(own)] == [LATE]


@pytest.mark.parametrize("first", ["a", "b"])
def test_a_treatment_that_took_anothers_place(first: str, own: Program) -> None:
    """A treatment removed elsewhere and recorded anew is merged, whatever the ids are."""
    second = "b" if first == "a" else "a"
    done(own, "import", "-", given=document([treatment(0, id=first * 32).as_plain()]))
    rows = [
        treatment(0, id=first * 32, removed=LATE, changed=LATE),
        treatment(0, id=second * 32, changed=LATE),
    ]
    rows.sort(key=lambda each: each.id)
    done(own, "import", "-", given=document([each.as_plain() for each in rows]))
    assert [each["id"] for each in listed(own)] == [second * 32]


def test_a_duplicate_in_an_import(own: Program) -> None:
    """A treatment for a time and area on record already is refused, and so is all with it."""
    treated(own)
    same = listed(own)[0]
    rows = [treatment(5).as_plain(), {**same, "id": "f" * 32}]
    refused(own, "import", "-", given=document(rows), says=("already on record",))


PLAIN = treatment().as_plain()
OVERRIDES: dict[str, Any] = {
    "a number": {"foundation": 5},
    "no duration": {"foundation": {"reason": "x"}},
    "bad duration": {"foundation": {"until": "soon", "reason": "x"}},
    "wrong type": {"foundation": {"until": 72, "reason": "x"}},
    "loosened without reason": {"foundation": {"until": "1 h"}},
    "escape": {"foundation": {"until": "72 h", "reason": "\x1b[31m"}},
    "deep": json.loads('{"a":' * 400 + "{}" + "}" * 400),
}
IMPORTS: dict[str, bytes] = {
    "empty": b"",
    "no JSON": b"treatments: []",
    "cut off": document([PLAIN])[:-20],
    "binary": bytes(range(256)),
    "UTF-16": document([PLAIN]).decode().encode("utf-16"),
    "a list": b"[]",
    "a number": b"5",
    "a huge number": b"9" * 5000,
    "null": b"null",
    "another schema": document([PLAIN], schema="mesocare.export/2"),
    "an answer": b'{"schema": "mesocare.today/1"}',
    "no schema": b'{"treatments": []}',
    "schema of a wrong type": document([], schema=["mesocare.export/1"]),
    "no treatments": b'{"schema": "mesocare.export/1", "diary": []}',
    "treatments of a wrong type": document([], treatments={"a": 1}),
    "diary of a wrong type": document([PLAIN], diary={}),
    "diary of nonsense": document([PLAIN], diary=[5]),
    "a treatment of a wrong type": document([PLAIN, "face"]),
    "a missing field": document([{k: v for k, v in PLAIN.items() if k != "zone"}]),
    "an unknown field": document([{**PLAIN, "extra": 1}]),
    "times without an offset": document(
        [PLAIN | dict.fromkeys(("earliest", "latest"), "2024-05-01T14:30")]
    ),
    "deep": b"[" * 100_000 + b"]" * 100_000,
    "deep object": b'{"schema": ' * 50_000,
    **{
        f"{name} is {value!r:.30}": document([PLAIN | {name: value}])
        for name, value in (
            ("id", 5), ("id", ""), ("id", "\x1b[31m"), ("type", None), ("type", "neck\x1b[31m"),
            ("area", None), ("note", ["x"]), ("note", "\x1b[31m"), ("note", "\ud800"),
            ("note", "a\nb"), ("earliest", "soon"), ("earliest", "2024-05-01T14:30"),
            ("earliest", "2025-05-01T14:30:00+00:00"), ("latest", 5), ("latest", "2024-05-01"),
            ("earliest", "0001-01-01T00:00:00+00:00"), ("latest", "9999-12-31T23:59:59+00:00"),
            ("changed", "yesterday"), ("changed", ""), ("removed", "never"), ("removed", True),
            ("zone", ""), ("zone", "Middle/Earth"), ("zone", "../../etc/passwd"),
            ("overrides", None), ("overrides", "{}"), ("overrides", []), ("typed", None),
            ("changed", "2024-05-01T14:30"),
        )
    },
    **{
        f"overrides: {name}": document([{**PLAIN, "overrides": value}])
        for name, value in OVERRIDES.items()
    },
}  # fmt: skip


@pytest.mark.parametrize("given", IMPORTS.values(), ids=IMPORTS)
def test_imports_of_the_wrong_kind(given: bytes, own: Program) -> None:
    """What is no sound export is refused whole; the record stays as it is and can be used."""
    treated(own, "2024-05-02T10:00")  # not the time of those imported
    ended = own.run("import", "-", given=given)
    after = own.run("today", *AT)
    assert (after.code, after.err) == (0, ""), "the record can still be used"
    assert "\x1b" not in done(own, "treatments")
    assert ended.code == REFUSED, ended.err or ended.out
    assert "already on record" not in ended.err
    assert "Traceback" not in ended.err
    assert "\x1b" not in ended.err
    assert len(ended.err.splitlines()) >= 2
    assert len(ended.err) < 2000
    assert len(exported(own)["treatments"]) == 1


def entry(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Return an entry of the diary as an export has it."""
    plain = {"sign": "redness", "words": "redness", "score": 3, "temperature": None, "note": None}
    return {"id": f"{number:032x}", **plain, "at": "2024-05-02T08:00:00+00:00", **changes}


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ""}, {"id": "x" * 65}, {"id": "-rf"}, {"id": "a b"}, {"words": ""},
        {"words": "a\nb"}, {"words": "w" * 501}, {"words": "\ud800"}, {"note": "\x1b[31m"},
        {"sign": "\x07"}, {"score": 11}, {"score": -1}, {"score": True}, {"score": 3.0},
        {"score": "3"}, {"temperature": 29.9}, {"temperature": 45.1}, {"temperature": True},
        {"temperature": float("nan")}, {"temperature": float("inf")}, {"temperature": "38"},
        {"at": "2999-01-01T00:00:00+00:00"}, {"at": "1899-12-31T00:00:00+00:00"},
        {"at": "0001-01-01T00:00:00+14:00"}, {"at": "9999-12-31T23:59:59-12:00"},
        {"at": "2024-05-02T08:00:00"}, {"at": 5}, {"extra": 1},
    ],
    ids=repr,
)  # fmt: skip
def test_entries_of_the_wrong_kind(changes: dict[str, Any], own: Program) -> None:
    """An entry that could not have been noted here is refused with its place, and all with it."""
    given = document([PLAIN], diary=[entry(1), entry(**changes)])
    (name,) = changes
    place = "diary[1]" if name == "extra" else f"diary[1].{name}"
    message = refused(own, "import", "-", given=given, says=(place,))
    assert len(message) < 1000
    assert listed(own) == []


def test_entries_at_the_edges(own: Program) -> None:
    """What can be noted can be imported: any score, any temperature, an unknown sign."""
    rows = [
        entry(1, score=0), entry(2, score=10), entry(3, score=None), entry(4, temperature=30),
        entry(5, temperature=45.0), entry(6, sign=None, words="my ear rings", note="Ünï 文字"),
        entry(7, at="2024-05-02T10:00:00+02:00"),
        entry(8, sign=None, words="", score=None, temperature=37.5),
    ]  # fmt: skip
    assert "8 new" in done(own, "import", "-", given=document([], diary=rows))
    kept = exported(own)["diary"]
    assert {each["at"] for each in kept} == {"2024-05-02T08:00:00+00:00"}
    assert len(kept) == 8
    assert "0 new" in done(own, "import", "-", given=document([], diary=kept))


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"type": "neck"}, "treatments[1].type"),
        ({"zone": "europe/berlin"}, "treatments[1].zone"),
        ({"zone": "right/Europe/Berlin"}, "treatments[1].zone"),
        ({"zone": "Europe"}, "treatments[1].zone"),
        ({"removed": "2024-05-02T08:00:00"}, "treatments[1].removed"),
        ({"changed": "1024-05-02T08:00:00+00:00"}, "treatments[1].changed"),
        ({"latest": "2024-05-04T14:30:00+00:00"}, "treatments[1].latest"),
        ({"typed": ""}, "treatments[1].typed"),
        ({"area": " face"}, "treatments[1].area"),
        ({"clinic": ""}, "treatments[1].clinic"),
        ({"phone": "1" * 501}, "treatments[1].phone"),
        ({"overrides": {"foundation": {"until": "1 h"}}}, "treatments[1].overrides.foundation"),
    ],
)
def test_treatments_of_the_wrong_kind(changes: dict[str, Any], place: str, own: Program) -> None:
    """A treatment that could not have been recorded here is refused with its place."""
    given = document([PLAIN, treatment(1, **changes).as_plain()])
    refused(own, "import", "-", given=given, says=(place,))
    assert listed(own) == []


def test_an_import_from_the_future(own: Program) -> None:
    """What lies ahead cannot have been recorded, and is not let in."""
    early = clocked(own, "2024-05-01T12:29:59+00:00")
    refused(early, "import", "-", given=document([PLAIN]), says=("treatments[0].earliest",))
    done(clocked(own, "2024-05-01T12:30:00+00:00"), "import", "-", given=document([PLAIN]))


def test_imports_in_any_order(own: Program) -> None:
    """However the rows stand, the record is the same; two treatments may trade places."""
    first = [treatment(0), treatment(1), treatment(2, removed=EARLY)]
    swapped = [
        treatment(0, earliest=first[1].earliest, latest=first[1].latest, changed=LATE),
        treatment(1, earliest=first[0].earliest, latest=first[0].latest, changed=LATE),
        treatment(2, changed=LATE),
    ]
    found = []
    for order in (slice(None), slice(None, None, -1)):
        done(own, "import", "-", given=document([each.as_plain() for each in first[order]]))
        both = [each.as_plain() for each in [*first, *swapped][order]]
        assert "3 new or newer, 3 on record" in done(own, "import", "-", given=document(both))
        found.append(exported(own))
        done(own, "forget", "--all", "--yes")
    assert found[0] == found[1]
    assert len(found[0]["treatments"]) == 3


def test_one_id_twice_in_an_import(own: Program) -> None:
    """The same row twice is fine; two versions of which neither is later are refused."""
    done(own, "import", "-", given=document([PLAIN, PLAIN], diary=[entry(), entry()]))
    other = document([PLAIN, {**PLAIN, "note": "x"}])
    refused(own, "import", "-", given=other, says=(PLAIN["id"], "twice"))
    other = document([], diary=[entry(), entry(score=4)])
    refused(own, "import", "-", given=other, says=(entry()["id"], "twice"))
    other = document([PLAIN]).replace(b'"area"', b'"area": "neck", "area"')
    refused(own, "import", "-", given=other, says=("'area' stands twice",))


def test_a_change_is_later_than_what_it_changes(own: Program) -> None:
    """Two edits within a second, or after the clock went back, are in order all the same."""
    late, early = (clocked(own, f"2024-05-01T12:30:{each}+00:00") for each in ("30", "00"))
    known = treated(late, "2024-05-01T10:00")
    before = done(own, "export").encode()
    early = clocked(own, "2024-05-01T12:30:00+00:00")
    done(early, "edit", known, "--note", "second")
    assert "0 new" in done(own, "import", "-", given=before)
    assert listed(own)[0]["note"] == "second"


def test_undo_within_a_second(own: Program) -> None:
    """Of several removals in one second, the last one comes back first."""
    known = [treated(own, f"2024-05-0{day}T10:00") for day in (1, 2, 3)]
    still = clocked(own, "2024-06-01T12:30:00+00:00")
    for each in (known[1], known[2], known[0]):
        done(still, "remove", each, "--yes")
    for each in (known[0], known[2], known[1]):
        assert each in done(still, "undo")
    assert len(listed(own)) == 3


def test_a_long_record(own: Program) -> None:
    """Of a thousand treatments, a question uses those that still heal, or the latest."""
    rows = []
    for number in range(1000):
        moment = (datetime.fromisoformat(EARLY) - timedelta(days=7 * number)).isoformat()
        rows.append(treatment(number, earliest=moment, latest=moment).as_plain())
    done(own, "import", "-", given=document(rows))
    ended = own.run("can-i", "makeup", "--at", "2024-05-02T12:00", "--json")
    assert (ended.code, len(ended.json()["treatments"]) < 30) == (AVOID, True)
    for at, day in (("2025-05-02T12:00", 365), ("2005-02-25T12:00", None)):
        ended = own.run("can-i", "makeup", "--at", at, "--json")
        if day is None:
            assert ended.code == REFUSED
        else:
            assert [each["day"] for each in ended.json()["treatments"]] == [day]


def test_what_lies_ahead_does_not_hide_the_latest(own: Program) -> None:
    """A treatment a day after the instant asked about leaves the latest before it in sight."""
    treated(own, "2022-01-01T10:00")
    treated(own, "2024-05-03T10:00")
    found = own.run("can-i", "makeup", *AT, "--json")
    assert found.code == ALLOWED
    assert [each["day"] for each in found.json()["treatments"]] == [852]


def test_imports_from_the_wrong_place(own: Program) -> None:
    """A file that is missing, is a directory or is endless is refused."""
    treated(own)
    with (own.place / "huge.json").open("wb") as file:
        file.truncate(65 * 1024 * 1024)
    for name in ("missing.json", ".", "huge.json", "/dev/null", "a/b", "", b"\xff.json"):
        refused(own, "import", name)
    refused(own, "import", says=("mesocare import --help",))


def test_an_import_with_a_byte_order_mark(own: Program) -> None:
    """A mark that some editors put first is no fault."""
    given = b"\xef\xbb\xbf" + document([PLAIN])
    assert "1 new" in done(own, "import", "-", given=given)


@pytest.mark.parametrize("name", ["missing/record.json", ".", "..", "", "/", "place", "/proc/x"])
def test_exports_to_the_wrong_place(name: str, own: Program) -> None:
    """A path that cannot be written is refused, and no half-written file is left."""
    treated(own)
    (own.place / "place").mkdir()
    before = own.written()
    refused(own, "export", "-o", name)
    assert {each[0] for each in own.written()} == {each[0] for each in before}


def test_an_export_into_a_pipe(own: Program) -> None:
    """A pipe or a device given as the file is written to, or refused; it is not replaced."""
    treated(own)
    pipe = own.place / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    ended = own.run("export", "-o", "pipe")
    os.close(reader)
    assert ended.code in {ALLOWED, REFUSED}
    assert stat.S_ISFIFO(pipe.lstat().st_mode)


def test_an_export_into_a_pipe_that_is_read(own: Program) -> None:
    """Whoever reads the pipe gets the whole export."""
    treated(own)
    pipe = own.place / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE)
    while own.run("export", "-o", "pipe").code:  # until `cat` has opened it
        pass
    assert reader.communicate(timeout=30)[0].decode() == done(own, "export")


@pytest.mark.parametrize(("minor", "code"), [(3, 0), (7, REFUSED)], ids=["null", "full"])
def test_an_export_into_a_device(minor: int, code: int, own: Program) -> None:
    """A device is written into, and stays one; that it is full is an error.

    The devices are the test's own: a fault here would replace those of the machine.
    """
    treated(own)
    device = own.place / "device"
    try:
        os.mknod(device, stat.S_IFCHR | 0o600, os.makedev(1, minor))
    except PermissionError:
        pytest.skip("only the superuser makes devices")
    ended = own.run("export", "-o", "device")
    assert ended.code == code
    assert "device" in ended.out + ended.err
    assert stat.S_ISCHR(device.lstat().st_mode)


def test_an_export_through_a_link(own: Program) -> None:
    """A link stays a link, and what it leads to is written, there already or not."""
    treated(own)
    target, link = own.place / "target.json", own.place / "link.json"
    link.symlink_to(target)
    for _ in range(2):
        done(own, "export", "-o", "link.json")
        assert link.is_symlink()
        assert target.read_text(encoding="utf-8") == done(own, "export")
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
        target.write_text("earlier", encoding="utf-8")


def test_a_report_to_no_file(own: Program) -> None:
    """An empty name of a page is refused like that of an export."""
    treated(own)
    ended = own.run("report", "--html", "")
    assert (ended.code, ended.out) == (REFUSED, "")
    assert "names no file" in ended.err


def test_an_export_that_does_not_fit(own: Program) -> None:
    """A full disk leaves the earlier export as it was, and no half-written one beside it."""
    done(own, "import", "-", given=document([treatment(each).as_plain() for each in range(120)]))
    path = own.place / "record.json"
    path.write_text("the earlier export", encoding="utf-8")
    limited = starved(own, 40_000)
    ended = limited.run("export", "-o", "record.json")
    assert ended.code == REFUSED
    assert "could not be written" in ended.err
    assert path.read_text(encoding="utf-8") == "the earlier export"
    assert [each.name for each in own.place.iterdir()] == ["record.json"]


# What goes wrong around the record.


def starved(program: Program, largest: int) -> Program:
    """Return the same program where no file may grow beyond so many bytes."""
    limit = f"import resource; resource.setrlimit({resource.RLIMIT_FSIZE}, ({largest}, -1))"
    other = Program(program.root, script(program.root / "starved", limit))
    other.cache = program.cache
    return other


# Without these two, the superuser is held to permissions as everybody is.
POWERLESS = """import ctypes, os
        libc = ctypes.CDLL(None)
        if os.geteuid() == 0 and os.environ.pop("POWERS", "1"):
            dropped = [libc.prctl(24, power, 0, 0, 0) for power in (1, 2)]
            assert dropped == [0, 0]
            os.environ["POWERS"] = ""
            os.execv(sys.executable, [sys.executable, *sys.argv])
"""


def powerless(program: Program) -> Program:
    """Return the same program without the superuser's powers over files."""
    other = Program(program.root, script(program.root / "powerless", POWERLESS))
    other.cache = program.cache
    return other


@pytest.mark.parametrize("largest", [0, 4096, 20_000])
def test_full_disk(largest: int, own: Program) -> None:
    """With no room left, recording is refused, and what was on record is there."""
    first = treated(own, TREATED)
    limited = starved(own, largest)
    for number in range(40):
        ended = limited.run("treated", f"2024-05-01T15:{number:02}", "--note", "n" * 500)
        if ended.code:
            break
    assert ended.code == REFUSED
    assert "cannot be used" in ended.err
    assert len(ended.err.splitlines()) == 2
    assert len(listed(own)) == number + 1
    refused(limited, "edit", first, "--note", "n" * 500, says=("room",))
    treated(own, "2024-05-02T14:30")
    assert len(listed(own)) == number + 2


def test_no_room_for_a_record(own: Program) -> None:
    """A disk that is full from the start: refused, and once there is room it works."""
    limited = starved(own, 0)
    assert limited.run("treated", TREATED).code == REFUSED
    assert listed(own) == []
    treated(own)
    assert len(listed(own)) == 1


def test_read_only_directory(own: Program) -> None:
    """A record that cannot be written is read as ever; changing it is refused."""
    known = treated(own, TREATED)
    expected = [own.run(*each).out for each in (("treatments",), ("can-i", "makeup", *AT))]
    text = own.run("export").out
    bound = powerless(own)
    own.record.chmod(0o500)
    try:
        before = own.written()
        assert [
            bound.run(*each).out for each in (("treatments",), ("can-i", "makeup", *AT))
        ] == expected
        assert bound.run("export").out == text
        assert own.written() == before
        for command in (
            ("treated", "2024-05-03"), ("edit", known, "--note", "x"), ("remove", known, "--yes"),
            ("undo",), ("import", "-"),
        ):  # fmt: skip
            ended = bound.run(*command, given=document([treatment(9).as_plain()]))
            assert (ended.code, ended.out) == (REFUSED, ""), command
            assert "cannot be used" in ended.err
            assert len(ended.err.splitlines()) >= 2
    finally:
        own.record.chmod(0o700)
    assert own.run("export").out == text


def test_forgetting_in_a_read_only_directory(own: Program) -> None:
    """Where the file cannot be deleted, that is said, and nothing untrue about what is left."""
    treated(own, TREATED)
    before = (own.record / "mesocare.db").read_bytes()
    bound = powerless(own)
    own.record.chmod(0o500)
    ended = bound.run("forget", "--all", "--yes")
    own.record.chmod(0o700)
    assert (ended.code, ended.out) == (REFUSED, "")
    assert "Traceback" not in ended.err
    if "Nothing was changed" in ended.err:
        assert (own.record / "mesocare.db").read_bytes() == before


def test_read_only_file(own: Program) -> None:
    """A file that cannot be written, in a directory that can, is read all the same."""
    treated(own, TREATED)
    expected = own.run("treatments").out
    (own.record / "mesocare.db").chmod(0o400)
    bound = powerless(own)
    ended = bound.run("treatments")
    assert (ended.code, ended.out) == (0, expected)
    refused(bound, "treated", "2024-05-03", says=("mesocare.db",))


def test_unreadable(own: Program) -> None:
    """A record that may not even be read is a clear error and not taken for a damaged one."""
    treated(own, TREATED)
    file = own.record / "mesocare.db"
    bound = powerless(own)
    for place, allowed in ((file, 0o600), (own.record, 0o700)):
        place.chmod(0)
        ended = bound.run("can-i", "makeup", *AT)
        place.chmod(allowed)
        assert (ended.code, ended.out) == (REFUSED, "")
        assert len(ended.err.splitlines()) == 2
    assert len(listed(own)) == 1
    assert not [each for each in own.record.iterdir() if "damaged" in each.name]


def test_a_directory_that_cannot_be_made(own: Program) -> None:
    """A file in the directory's place is named, and stays."""
    own.record.write_text("not a directory", encoding="utf-8")
    ended = own.run("treated", TREATED)
    assert (ended.code, ended.out) == (REFUSED, "")
    assert str(own.record) in ended.err
    assert "MESOCARE_HOME" in ended.err
    assert own.record.read_text(encoding="utf-8") == "not a directory"
    given = own.run("can-i", "makeup", "--treated", TREATED, *AT)
    assert (given.code, given.err) == (AVOID, "")


@pytest.mark.parametrize("command", [("treatments",), ("can-i", "makeup", *AT), ("today", *AT)])
def test_a_damaged_record_is_spoken_of(command: tuple[str, ...], own: Program) -> None:
    """A treatment that got lost could let a yes come early: the user is told, and confirms."""
    treated(own, TREATED)
    treated(own, "2024-05-02T10:00")
    (own.record / "mesocare.db").write_bytes(b"not a database at all\n" * 500)
    ended = own.run(*command)
    assert (ended.code, ended.out) == (REFUSED, "")
    (aside,) = own.record.glob("*damaged*.db")
    for said in ("damaged", aside.name, "0 treatments", "0 diary entries", "may be missing"):
        assert said in ended.err
    assert "mesocare treatments --confirm" in ended.err
    assert "No treatment is on record" in done(own, "treatments")
    treated(own)


def damage(program: Program) -> None:
    """Overwrite the record, and let the program find it so."""
    (program.record / "mesocare.db").write_bytes(b"not a database at all\n" * 500)
    ended = program.run("treatments")
    assert (ended.code, ended.out) == (REFUSED, "")
    assert "may be missing" in ended.err


QUESTIONS = (
    ("today", *AT), ("can-i", "makeup", *AT), ("when", "makeup", *AT), ("explain", "makeup", *AT),
    ("course", *AT), ("triage",), ("check-in", "--answers", "-"), ("report",), (),
)  # fmt: skip


@pytest.mark.parametrize("command", QUESTIONS, ids=" ".join)
def test_no_answer_from_what_was_recovered(command: tuple[str, ...], own: Program) -> None:
    """Until the user confirms it, no question is answered from a record that may lack something."""
    treated(own, TREATED)
    damage(own)
    for when in (TREATED, "2024-05-02T10:00"):
        refused(own, *command, given=b"{}", says=("may be missing", "mesocare-damaged-1.db"))
        treated(own, when)
    if command and command[0] not in {"check-in", "triage", "report"}:
        assert own.run(*command, "--treated", TREATED).err == ""
    done(own, "treatments", "--confirm")
    assert own.run(*command, given=b"{}").err == ""


def test_repairing_what_was_recovered(own: Program) -> None:
    """Everything that records works meanwhile, and the list says what has to be done."""
    treated(own, TREATED)
    text = done(own, "export").encode()
    damage(own)
    assert "1 new" in done(own, "import", "-", given=text)
    (row,) = json.loads(done(own, "treatments", "--json"))["treatments"]
    done(own, "edit", row["id"][:8], "--note", "found again")
    done(own, "remove", row["id"][:8], "--yes")
    done(own, "undo")
    said = done(own, "feel", "redness", "0")
    assert "Noted" in said
    assert "may be missing" in said
    assert "redness" in done(own, "diary")
    assert len(exported(own)["treatments"]) == 1
    top, hint, _, line = done(own, "treatments").splitlines()
    assert "0 treatments and 0 diary entries could be recovered" in top
    assert "mesocare treatments --confirm" in hint
    assert line.startswith(row["id"][:8])
    assert "may be missing" in json.loads(done(own, "treatments", "--json"))["warning"]
    assert done(own, "treatments", "--confirm").splitlines() == [line]
    assert done(own, "treatments").splitlines() == [line]
    assert len(listed(own)) == 1


def test_nothing_to_confirm(own: Program) -> None:
    """Confirming where nothing was recovered lists what is there, and makes nothing."""
    assert "No treatment" in done(own, "treatments", "--confirm")
    assert not own.record.exists()


def test_a_newer_record(own: Program) -> None:
    """A record of a newer mesocare is refused by every command, and left as it is."""
    treated(own, TREATED)
    text = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA user_version=99')"
    subprocess.run(["python3", "-c", text, own.record / "mesocare.db"], check=True)
    before = (own.record / "mesocare.db").read_bytes()
    for command in (("treatments",), ("treated", "2024-05-03"), ("today",), ("export",), ()):
        ended = own.run(*command)
        assert (ended.code, ended.out) == (REFUSED, "")
        assert "newer" in ended.err
    assert (own.record / "mesocare.db").read_bytes() == before


HELPS = "treated treatments edit remove undo export import forget".split()


@pytest.mark.parametrize("name", HELPS)
def test_help(name: str, own: Program) -> None:
    """Every command explains itself with an example, and makes nothing."""
    said = done(own, name, "--help")
    assert f"mesocare {name}" in said
    assert "Example" in said
    assert not own.record.exists()


def wherever(code: int, err: str) -> bool:
    """Whether a run ended as it should when its output went nowhere."""
    return code == REFUSED and "Traceback" not in err


@pytest.mark.parametrize("redirection", [">&-", ">/dev/full"])
@pytest.mark.parametrize("command", ["treatments", "export", "undo"])
def test_answers_that_go_nowhere(command: str, redirection: str, own: Program) -> None:
    """An answer that could not be delivered is exit 2, with nothing lost."""
    known = treated(own)
    done(own, "remove", known, "--yes")
    ended = own.redirected(redirection, command)
    assert wherever(ended.code, ended.err)
    assert len(exported(own)["treatments"]) == 1
