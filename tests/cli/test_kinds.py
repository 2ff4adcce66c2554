"""Kinds of fault that other tools were reported for, each tried on ours."""

from __future__ import annotations

import codecs
import json
import os
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mesocare.text import is_shown, printable

if TYPE_CHECKING:
    from tests.support.process import Program

AT = ("--at", "2024-05-03T12:00Z", "--tz", "UTC", "--activities", "makeup")
HEADER = "patient_id,treated,type\n"
# Persian with a zero-width non-joiner, Malayalam with a joiner, a family of one, flags, marks.
JOINED = ["می‌خواهم", "ന്‍റെ", "👩‍⚕️", "🏳️‍🌈", "שלום\u200f", "co\u00adoperate"]
OBEYED = ["\x1b[2J", "a\x07b", "\u202eevil", "\u2066x", "a\x9bb", "line\u2028break", "\x00"]


# Letters.


@pytest.mark.parametrize("text", JOINED)
def test_joiners_are_kept(text: str, own: Program) -> None:
    """In a note, the name of a clinic and a sign; what was kept is what was typed."""
    assert own.run("treated", "2024-05-01T10:00", "--note", text, "--clinic", text).code == 0
    assert own.run("feel", text, "--note", text).code == 0
    document = json.loads(own.run("export").out)
    assert document["treatments"][0]["note"] == document["treatments"][0]["clinic"] == text
    assert document["diary"][0]["words"] == document["diary"][0]["note"] == text
    assert text in own.run("diary").out


@pytest.mark.parametrize("text", OBEYED)
def test_what_a_terminal_would_obey_is_refused(text: str, own: Program) -> None:
    """Escapes, controls, breaks of lines and overrides of direction; nothing is kept."""
    if "\x00" not in text:  # no argument can hold it
        done = own.run("treated", "2024-05-01T10:00", "--note", f"x{text}y")
        assert done.code == (0 if text == "line\u2028break" else 2)
    assert not is_shown(text)
    assert is_shown(printable(text))


def test_every_letter_is_shown_or_spelt_out() -> None:
    """No control and no override passes, whatever else a text holds."""
    for number in range(0x11_0000):
        letter = chr(number)
        if is_shown(letter):
            assert unicodedata.category(letter) not in {"Cc", "Cs", "Zl", "Zp"}
            assert unicodedata.bidirectional(letter) not in {
                *("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"),
            }


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
@pytest.mark.parametrize("command", ["export", "export -o -", "diary --csv"])
def test_data_is_utf_8_whatever_the_terminal(command: str, encoding: str, own: Program) -> None:
    """No letter is lost on the way to another program, and the code says so truly."""
    text = "Jürgen Ω é 痛 👩‍⚕️"
    assert own.run("treated", "2024-05-01T10:00", "--note", text).code == 0
    assert own.run("feel", "redness", "3", "--note", text).code == 0
    done = own.spawn(*command.split(), env={"PYTHONIOENCODING": encoding})
    assert done.code == 0
    assert text in done.out
    if "export" in command:
        assert json.loads(done.out)["diary"][0]["note"] == text


# Places.


def test_a_tilde_is_home(own: Program) -> None:
    """In each variable that names a place, as a shell would have it."""
    env = {"MESOCARE_HOME": "~/rec", "MESOCARE_CACHE_DIR": "~/cache"}
    assert own.run("treated", "2024-05-01T10:00", env=env).code == 0
    assert (own.home / "rec" / "mesocare.db").is_file()
    assert not (own.place / "~").exists()
    (own.home / "mine.toml").write_text('tz = "Asia/Tokyo"\n')
    done = own.run("today", env={**env, "MESOCARE_CONFIG": "~/mine.toml"})
    assert done.code == 0


def test_relative_paths_of_the_platform_are_ignored(own: Program) -> None:
    """The specification of XDG says so; nothing is made where the program happens to run."""
    names = ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
    env: dict[str, str | None] = dict.fromkeys(names, "relative")
    env |= {"MESOCARE_HOME": None, "MESOCARE_CACHE_DIR": None}
    assert own.run("treated", "2024-05-01T10:00", env=env).code == 0
    assert own.run("today", env=env).code == 0
    assert list(own.place.iterdir()) == []
    assert (own.home / ".local" / "share" / "mesocare" / "mesocare.db").is_file()


def test_settings_with_a_mark_at_their_beginning(own: Program) -> None:
    """As Notepad writes them."""
    path = own.home / ".config" / "mesocare" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_bytes(b'\xef\xbb\xbftz = "Asia/Tokyo"\n')
    done = own.run("can-i", "makeup", "--treated", "2024-05-01", *AT[:2], "--json")
    assert done.code == 1
    assert "+09:00" in done.out


def test_settings_that_are_not_there(own: Program) -> None:
    """The variable is named, and how to go on."""
    done = own.run("today", "--treated", "yesterday", env={"MESOCARE_CONFIG": "missing.toml"})
    assert done.code == 2
    assert "MESOCARE_CONFIG" in done.err


@pytest.mark.parametrize("value", ["bash_source", "complete", "nonsense", ""])
def test_a_variable_for_completion_is_no_command(value: str, own: Program) -> None:
    """An answer is given all the same."""
    done = own.run(
        "can-i", "makeup", "--treated", "2024-05-01", *AT[:4], env={"_MESOCARE_COMPLETE": value}
    )
    assert done.code in {0, 1, 3}
    assert "Make-up" in done.out


# Outputs.


@pytest.mark.parametrize(
    ("command", "begins"),
    [
        ("export -o -", "{"), ("report --html -", "<!doctype html>"), ("rules new -", "#"),
        ("rules table -o -", "treatment_type,"),
        ("check in.csv --at 2024-05-03 -o -", "patient_id,"),
    ],
)  # fmt: skip
def test_a_hyphen_is_standard_output(command: str, begins: str, own: Program) -> None:
    """Everywhere, and no file is named so."""
    own.run("treated", "2024-05-01T10:00")
    (own.place / "in.csv").write_text(HEADER + "1,2024-04-01T10:00,face\n")
    done = own.run(*command.split())
    assert done.code == 0, done.err
    assert done.out.lower().startswith(begins)
    assert not (own.place / "-").exists()


def test_no_standard_input(own: Program) -> None:
    """`import -` without one is refused, and is no fault of the program."""
    done = own.redirected("<&-", "import", "-")
    assert done.code == 2
    assert "standard input is closed" in done.err


# Tables.


@pytest.mark.parametrize("engine", ["stream", "duckdb"])
@pytest.mark.parametrize(
    "rows",
    [
        "1,2024-05-01, face ,\n", "1,2024-05-01,face\u00a0, UTC\n", "1, 2024-05-01 ,face,UTC \n",
        "1,2024-05-01,face,UTC\n,,,\n", " , , , \n1,2024-05-01,face,UTC\n\n",
        "1,2024-05-01,face,UTC\n\u00a0,,,\n",
    ],
)  # fmt: skip
def test_blanks_mean_nothing(rows: str, engine: str, own: Program) -> None:
    """Around a cell, or as a whole row; no row is rejected for them."""
    (own.place / "in.csv").write_text("patient_id , treated,type ,tz\n" + rows, encoding="utf-8")
    done = own.run("check", "in.csv", *AT, "--engine", engine, "-o", "out.csv")
    assert done.code == 0, done.err
    assert (own.place / "out.csv").read_text(encoding="utf-8").count("avoid") == 1


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_trailing_cells_by_every_engine_and_output(form: str, own: Program) -> None:
    """What is rejected does not depend on where it was to go."""
    (own.place / "in.csv").write_text(
        HEADER + "1,2024-04-01,face\n2,2024-04-01,face,,\n3,2024-04-01,face,\n4,2024-04-01\n"
    )
    found = set()
    for engine in ("stream", "duckdb"):
        if (engine, form) == ("stream", "parquet"):
            continue
        name = f"{engine}.rejects"
        done = own.run(
            "check", "in.csv", *AT, "--engine", engine, "--format", form, "-o", f"out.{form}",
            "--rejects", name,
        )  # fmt: skip
        assert done.code == 1
        found.add((own.place / name).read_text())
    (rejects,) = found
    assert rejects.count("\n") == 4


@pytest.mark.parametrize(
    "text",
    ['[{"patient_id": "1", "treated": "2024-05-01", "type": "face"}]',
     '[\n{"patient_id": "1", "treated": "2024-05-01", "type": "face"},\n{"a": "2"}\n]\n', "[]"],
)  # fmt: skip
@pytest.mark.parametrize("engine", ["stream", "duckdb"])
def test_an_array_is_refused_once(text: str, engine: str, own: Program) -> None:
    """Not a line for each of its lines, and no row of it passes."""
    (own.place / "in.ndjson").write_text(text)
    done = own.run("check", "in.ndjson", *AT, "--engine", engine, "-o", "out.csv")
    assert done.code == 2
    assert done.err.count("is a JSON array") == 1
    assert not (own.place / "out.csv").exists()


def test_an_import_is_refused_in_the_words_of_json(own: Program) -> None:
    """`null` and `true`, not Python's names for them."""
    own.run("treated", "2024-05-01T10:00")
    document = json.loads(own.run("export").out)
    for name, value, shown in (("type", None, "null"), ("area", True, "true"), ("id", 7, "7")):
        changed = json.loads(json.dumps(document))
        changed["treatments"][0][name] = value
        done = own.run("import", "-", given=json.dumps(changed).encode())
        assert done.code == 2
        assert f"treatments[0].{name} is {shown}" in done.err


@pytest.mark.parametrize("name", ["treated by", "date;x", "$(touch owned)", "it's"])
def test_names_with_blanks_are_quoted_in_hints(name: str, own: Program) -> None:
    """What is offered for typing is one word to the shell."""
    (own.place / "in.csv").write_text(f'patient_id,"{name}",type\n1,2024-05-01,face\n')
    done = own.run("check", "in.csv", *AT)
    assert done.code == 2
    (hint,) = (line for line in done.err.splitlines() if "--map" in line)
    assert Path(os.devnull).exists()
    import shlex

    assert len(shlex.split(hint.partition("--map ")[2])) == 1


# An entry that was noted by mistake.


def entry_id(program: Program, words: str) -> str:
    """Return the id that the diary shows for an entry."""
    lines = [line for line in program.run("diary", "--all").out.splitlines() if words in line]
    return lines[-1].split()[-1]


def test_an_entry_is_taken_back(own: Program) -> None:
    """A red flag by mistake no longer keeps the triage at same-day; `undo` brings it back."""
    assert own.run("treated", "2024-05-01T10:00").code == 0
    assert own.run("feel", "pus").code == 3
    assert own.run("feel", "dryness", "1").code in {0, 1, 3}
    id_ = entry_id(own, "pus")
    done = own.run("remove", id_, "--yes")
    assert done.code == 0
    assert "Taken back" in done.out
    assert "pus" in done.out
    assert own.run("triage").code != 3
    assert "pus" not in own.run("diary").out
    assert "Back in the diary" in own.run("undo").out
    assert own.run("triage").code == 3
    assert entry_id(own, "pus") == id_


def test_undo_brings_back_what_was_removed_last(own: Program) -> None:
    """A treatment or an entry, in turn."""
    treatment = own.run("treated", "2024-05-01T10:00").out.split()[2]
    own.run("feel", "redness", "3")
    own.run("remove", entry_id(own, "redness"), "--yes")
    own.run("remove", treatment, "--yes")
    first, second = own.run("undo").out, own.run("undo").out
    if "Back in the diary" in first:  # both within one second
        first, second = second, first
    assert "Back on record" in first
    assert "Back in the diary" in second
    assert own.run("undo").code == 2


def test_what_was_taken_back_is_exported_and_stays_so(own: Program) -> None:
    """On another computer as here; and an export of before knows of no such thing."""
    own.run("treated", "2024-05-01T10:00")
    own.run("feel", "redness", "3")
    own.run("feel", "itching", "2")
    own.run("remove", entry_id(own, "itching"), "--yes")
    text = own.run("export").out
    assert own.run("forget", "--all", "--yes").code == 0
    assert own.run("import", "-", given=text.encode()).code == 0
    assert "itching" not in own.run("diary").out
    assert own.run("export").out == text
    older = json.loads(text)
    for each in older["diary"]:
        del each["removed"]
    assert own.run("forget", "--all", "--yes").code == 0
    assert own.run("import", "-", given=json.dumps(older).encode()).code == 0
    assert "itching" in own.run("diary").out


@pytest.mark.parametrize(
    "text", ["redness 3 / 10", "redness 3/10", "redness 3 of 10", "redness 3 out of 10"]
)
def test_a_score_of_ten(text: str, own: Program) -> None:
    """However it is written; never an unknown sign of 10."""
    own.run("treated", "2024-05-01T10:00")
    assert own.run("feel", *text.split()).code in {0, 1, 3}
    (entry,) = own.run("diary", "--json").json()["entries"]
    assert (entry["sign"], entry["score"]) == ("redness", 3)


@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_quoted_date_is_told_that_its_quotes_are_too_much(quote: str, own: Program) -> None:
    """The form is right, and would be offered again."""
    (own.place / "clinic.yaml").write_text(
        f"extends: mesocare\nname: rose\nversion: '1'\nclinic: {{name: Rose}}\nreviewer: A\n"
        f"reviewed: {quote}2024-05-01{quote}\nreview_due: 2025-05-01\n"
    )
    done = own.run("rules", "check", "clinic.yaml")
    assert done.code != 0
    assert "'2024-05-01' in quotes" in done.out + done.err


def test_a_table_for_excel_begins_with_a_mark(own: Program) -> None:
    """Where the input does, or where it is asked for; nothing else does."""
    mark = codecs.BOM_UTF8
    text = "patient_id,treated,type,note\n1,2024-04-01,face,é\n".encode()
    for given, more, marked in (
        (text, (), False),
        (mark + text, (), True),
        (text, ("--bom",), True),
        (mark + text, ("--format", "ndjson"), False),
    ):
        (own.place / "in.csv").write_bytes(given)
        written = set()
        for engine in ("stream", "duckdb"):
            name = f"{engine}.out"
            asked = ("check", "in.csv", *AT, "--engine", engine, "-o", name, "--format", "csv")
            done = own.run(*asked[: None if "--format" not in more else -2], *more)
            assert done.code == 0, done.err
            written.add((own.place / name).read_bytes())
        assert len(written) == 1
        assert written.pop().startswith(mark) == marked
    own.run("treated", "2024-05-01T10:00")
    own.run("feel", "redness", "3")
    assert own.run("diary", "--csv", "--bom").out.startswith("\ufeffat,sign")
    assert own.run("diary", "--csv").out.startswith("at,sign")


def test_an_unknown_delimiter_is_asked_for(own: Program) -> None:
    """A header of one cell has something else between its cells."""
    (own.place / "in.csv").write_text("patient_id~treated~type\n1~2024-04-01~face\n")
    done = own.run("check", "in.csv", *AT)
    assert done.code == 2
    assert "--delimiter" in done.err
    assert own.run("check", "in.csv", *AT, "--delimiter", "~").code == 0


def test_an_order_of_dates_is_said_once(own: Program) -> None:
    """By an option, the environment or the configuration; what is kept needs no order."""
    asked = ("can-i", "makeup", "--treated", "01/05/2024", "--at", "2024-05-02", "--json")
    assert own.run(*asked).code == 2
    day = own.run(*asked, "--dates", "day-first").json()["treatments"][0]["treated_earliest"]
    assert day.startswith("2024-05-01")
    assert own.run(*asked, env={"MESOCARE_DATES": "day-first"}).code == 1
    (own.place / "config.toml").write_text('dates = "month-first"\n')
    kept = {"MESOCARE_CONFIG": str(own.place / "config.toml")}
    found = own.run(*asked, env=kept).json()["treatments"][0]["treated_earliest"]
    assert found.startswith("2024-01-05")
    assert own.run(*asked, "--dates", "day-first", env=kept).code == 1
    done = own.run(*asked, env={"MESOCARE_DATES": "us"})
    assert done.code == 2
    assert "(from MESOCARE_DATES)" in done.err
    own.run("treated", "01/05/2024", env={"MESOCARE_DATES": "day-first"})
    (row,) = own.run("treatments", "--json").json()["treatments"]
    assert row["typed"] == "2024-05-01"
    assert own.run("edit", row["id"][:8], "--tz", "Asia/Tokyo").code == 0


def test_a_dash_is_standard_output_for_rejects_and_junit_too(own: Program) -> None:
    """No file is made of that name; two things into one stream are refused."""
    (own.place / "in.csv").write_text("patient_id,treated,type\n1,2024-04-01,face\n2,soon,face\n")
    (own.place / "cases.yaml").write_text(
        "cases:\n  - {id: one, tz: UTC, treated: 2024-05-01T10:00, at: 2024-05-01T12:00,"
        " ask: makeup, verdict: avoid, why: E146}\n"
    )
    for engine, name in (("stream", "out.csv"), ("duckdb", "out.csv"), ("duckdb", "out.parquet")):
        asked = ("check", "in.csv", *AT, "--engine", engine, "--rejects", "-")
        done = own.run(*asked, "-o", name, "-q")
        assert done.code == 1
        assert done.out.startswith("line,column,value,reason,row\n3,treated,soon,")
        refused = own.run(*asked)
        assert refused.code == 2
        assert "would both go to standard output" in refused.err
    fixed = own.run("check", "in.csv", *AT, "--fix", "fixed.csv", "--rejects", "-", "-q")
    assert fixed.out.startswith("line,column,value,reason,row\n3,treated,soon,")
    done = own.run("rules", "test", "cases.yaml", "--junit", "-")
    assert "<testsuite" in done.out, done.err
    assert not (own.place / "-").exists()
