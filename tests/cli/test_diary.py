"""The diary on the command line: feel, diary, check-in, triage, report, and signs in can-i."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import stat
import subprocess
from contextlib import closing
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.process import PATIENCE, TREATED

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.process import Finished, Program

NOT_ALL_IS_WELL = "Nothing reported so far is unexpected. That cannot say that all is well."
SAME_DAY, CLINIC = "See a doctor today", "Call the clinic that treated you"
VOID = {"meta", "circle", "path", "polyline", "br", "hr", "img", "link"}
SCRIPT = "<script>alert('x')</script> & \"more\""


@pytest.fixture
def treated(own: Program) -> Program:
    """Return the program with one treatment on record."""
    assert own.run("treated", TREATED).code == 0
    return own


def _entries(program: Program) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = program.run("diary", "--json").json()["entries"]
    return found


def _feel(program: Program, *words: str, at: str) -> Finished:
    done = program.run("feel", *words, "--at", at)
    assert done.code in {0, 3, 4}, done.err
    return done


def _refused(done: Finished, *words: str) -> None:
    """It ends with 2, says why, and shows no fault of its own."""
    assert done.code == 2
    assert done.out == ""
    assert all(each in done.err for each in words), done.err


def _flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("given", "score", "shown"),
    [
        (["3"], 3, "redness, 3 of 10"),
        (["3/10"], 3, "redness, 3 of 10"),
        (["10"], 10, "redness, 10 of 10"),
        (["10/10"], 10, "redness, 10 of 10"),
        (["0"], 0, "redness, gone"),
        ([], None, "redness"),
    ],
)
def test_score_is_read(treated: Program, given: list[str], score: int | None, shown: str) -> None:
    """As a figure, out of ten, or left out for a sign that is there."""
    done = _feel(treated, "redness", *given, at="2024-05-02T09:00")
    assert done.out.splitlines()[0] == f"Noted: {shown}"
    [entry] = _entries(treated)
    assert (entry["sign"], entry["words"], entry["score"]) == ("redness", "redness", score)


@pytest.mark.parametrize("given", [["11"], ["11/10"], ["2.5"], ["--", "-1"], ["100"]], ids=" ".join)
def test_score_off_the_scale_is_refused(treated: Program, given: list[str]) -> None:
    """Out of range or with a fraction: said so, and nothing is kept."""
    _refused(treated.run("feel", "redness", *given), "not on the scale", "from 0 (gone) to 10")
    assert _entries(treated) == []


def test_figure_that_is_no_digit_is_a_word(treated: Program) -> None:
    """A raised 3 is no score: it is refused or kept as words, and never a fault."""
    assert treated.run("feel", "redness", "\u00b3").code in {0, 2}


def test_several_words_need_no_quotes(treated: Program) -> None:
    """A label or an alias of several words leads to its sign."""
    _feel(treated, "warm", "skin", "2", at="2024-05-02T09:00")
    [entry] = _entries(treated)
    assert (entry["sign"], entry["words"], entry["score"]) == ("tingling-warmth", "warm skin", 2)


@pytest.mark.parametrize("words", [[""], ["  "]])
def test_no_sign_is_refused(treated: Program, words: list[str]) -> None:
    """An entry has to be about something."""
    _refused(treated.run("feel", *words), "no sign was given")


def test_future_is_refused(treated: Program) -> None:
    """Nobody knows what will be felt; nothing is kept."""
    _refused(treated.run("feel", "redness", "3", "--at", "2999-01-01"), "is in the future")
    assert _entries(treated) == []


@pytest.mark.parametrize("degrees", ["29.9", "45.1", "-3", "1000", "nan", "inf"])
def test_temperature_no_body_has_is_refused(treated: Program, degrees: str) -> None:
    """Below 30 and above 45 degrees it is a slip; nothing is kept."""
    done = treated.run("feel", "chills", f"--temperature={degrees}")
    _refused(done, "from 30 to 45")
    assert _entries(treated) == []


@pytest.mark.parametrize("degrees", [30.0, 36.6, 38.2, 45.0])
def test_temperature_is_kept(treated: Program, degrees: float) -> None:
    """The bounds themselves are possible."""
    at = "2024-05-02T09:00"
    done = _feel(treated, "redness", "1", "--temperature", str(degrees), at=at)
    assert f"{degrees:g} C" in done.out.splitlines()[0]
    assert _entries(treated)[0]["temperature"] == degrees


def test_time_is_read_in_the_zone_given(treated: Program) -> None:
    """What is typed is local time; what is shown is in the zone asked for."""
    _feel(treated, "redness", "3", "--tz", "America/New_York", at="2024-05-02T09:00")
    assert _entries(treated)[0]["at"] == "2024-05-02T15:00:00+02:00"
    shown = treated.run("diary", "--json", "--tz", "UTC").json()["entries"]
    assert shown[0]["at"] == "2024-05-02T13:00:00+00:00"


@pytest.mark.parametrize("words", ["n" * 501, "a\x07b"])
def test_sign_that_cannot_be_kept_is_refused(treated: Program, words: str) -> None:
    """Too long, or with control characters: nothing is kept."""
    _refused(treated.run("feel", words, "3"), "the sign is too long")
    assert _entries(treated) == []


@pytest.mark.parametrize("note", ["n" * 501, "a\x07b"])
def test_note_that_cannot_be_kept_is_refused(treated: Program, note: str) -> None:
    """Too long, or with control characters: nothing is kept."""
    _refused(treated.run("feel", "redness", "3", "--note", note), "--note is too long")
    assert _entries(treated) == []


def test_unknown_words_are_kept_and_never_called_normal(treated: Program) -> None:
    """They are kept as typed, it is said that they are unknown, and whom to ask."""
    done = _feel(treated, "humming", "toes", "4", at="2024-05-02T09:00")
    assert "mesocare does not know this sign" in done.out
    assert "ask your clinic" in done.out
    assert CLINIC in done.out
    assert NOT_ALL_IS_WELL not in done.out
    [entry] = _entries(treated)
    assert (entry["sign"], entry["words"], entry["score"]) == (None, "humming toes", 4)


def test_entry_before_any_treatment_is_kept_and_said_so(own: Program) -> None:
    """With nothing on record it is kept all the same."""
    done = _feel(own, "redness", "3", at="2024-04-30T09:00")
    assert "No treatment is on record before it." in done.out
    assert len(_entries(own)) == 1


def test_entry_before_the_first_treatment_on_record_is_kept_and_said_so(treated: Program) -> None:
    """So it is where the treatment came later."""
    done = _feel(treated, "redness", "3", at="2024-04-30T09:00")
    assert "No treatment is on record before it." in done.out
    assert len(_entries(treated)) == 1


@pytest.mark.parametrize(
    ("words", "whom"),
    [
        ("blisters", SAME_DAY),
        ("pus", SAME_DAY),
        ("trouble breathing", "emergency"),
        ("blurred vision", "emergency"),
        ("hard lump", CLINIC),
    ],
)
def test_red_flag_says_at_once_whom_to_call(treated: Program, words: str, whom: str) -> None:
    """Noting it is enough; what cannot wait comes before what was noted, and is the exit code."""
    done = _feel(treated, words, at="2024-05-02T09:00")
    lines = done.out.splitlines()
    first = lines.index(f"Noted: {words}") + 2 if whom == CLINIC else 0
    assert whom.casefold() in lines[first].casefold()
    assert done.code == {CLINIC: 0, SAME_DAY: 3}.get(whom, 4)
    assert [each["words"] for each in _entries(treated)] == [words]


def test_red_flag_before_any_treatment_says_whom_to_call_too(own: Program) -> None:
    """Help does not wait until a treatment is on record."""
    done = _feel(own, "trouble", "breathing", at="2024-05-02T09:00")
    assert "No treatment is on record before it." in done.out
    assert "emergency" in done.out.casefold()


def test_red_flag_without_a_treatment_is_found_by_triage_and_today_too(own: Program) -> None:
    """Triage says whom to call; today has nothing else to show, and says so as well."""
    _feel(own, "trouble", "breathing", at="2024-05-02T09:00")
    found = own.run("triage", "--at", "2024-05-02T10:00")
    assert (found.code, found.out.splitlines()[0][:4]) == (4, "Call")
    plain = own.run("triage", "--at", "2024-05-02T10:00", "--json").json()
    assert (plain["urgency"], plain["treatments"]) == ("emergency", [])
    _refused(own.run("today", "--at", "2024-05-02T10:00"), "none is on record", "emergency number")


def test_expected_sign_without_a_treatment_is_not_judged(own: Program) -> None:
    """Nothing is called unexpected, and nothing expected."""
    done = _feel(own, "redness", "3", at="2024-05-02T09:00")
    assert "unexpected" not in done.out
    assert CLINIC not in done.out
    _refused(own.run("triage"), "none is on record")


def test_earlier_red_flag_is_told_after_an_entry_before_the_treatment(treated: Program) -> None:
    """Whatever is noted, the answer has what the whole diary means."""
    assert SAME_DAY in _feel(treated, "pus", at="2024-04-30T09:00").out
    assert SAME_DAY in _feel(treated, "redness", "1", at="2024-04-30T10:00").out


@pytest.mark.parametrize("setting", ["2024-05-01T20:00", "nonsense"])
def test_settings_hide_no_red_flag(treated: Program, setting: str) -> None:
    """An instant in the environment is for questions; a setting that fails is told, no more."""
    env = {"MESOCARE_AT": setting, "MESOCARE_TREATED": setting}
    done = treated.run("feel", "pus", "--at", "2024-05-02T09:00", env=env)
    assert done.code == 3
    assert SAME_DAY in done.out
    assert len(_entries(treated)) == 1
    if setting == "nonsense":
        assert "What the diary means could not be told" in done.out


@pytest.mark.parametrize(
    ("words", "signs", "code"),
    [
        ("rednes", ["redness"], 0),
        ("a bit of redness on my cheeks", ["redness"], 0),
        ("fevr", ["infection"], 3),
        ("red and sore", ["redness", "tenderness"], 0),
        ("I cannot breathe well", ["anaphylaxis"], 4),
        ("breathing trouble", ["anaphylaxis"], 4),
    ],
)
def test_words_are_read_and_kept_as_typed(
    treated: Program, words: str, signs: list[str], code: int
) -> None:
    """What was understood is said; each sign of several has its own entry."""
    done = treated.run("feel", words, "--at", "2024-05-02T09:00")
    assert done.code == code
    assert "Read as: " in done.out
    assert sorted(each["sign"] for each in _entries(treated)) == signs
    assert {each["words"] for each in _entries(treated)} == {words}


@pytest.mark.parametrize(
    ("words", "sign"),
    [("no fever", "infection"), ("redness gone", "redness"), ("lips not swollen", "anaphylaxis")],
)
def test_what_is_not_there_is_noted_as_gone(treated: Program, words: str, sign: str) -> None:
    """A sign that is denied as a whole has a score of 0; a figure beside it is refused."""
    done = treated.run("feel", words, "--at", "2024-05-02T09:00")
    assert (done.code, "Read as: not there: " in done.out) == (0, True)
    [entry] = _entries(treated)
    assert (entry["sign"], entry["score"]) == (sign, 0)
    _refused(treated.run("feel", words, "3"), "says that it is not there")


def test_a_vital_word_that_is_not_understood_is_urgent(treated: Program) -> None:
    """The emergency question and the number come first, and it is noted."""
    done = treated.run("feel", "my chest does a thing", "--at", "2024-05-02T09:00")
    assert done.code == 3
    assert "call the emergency number now" in _flat(done.out.split("Noted:")[0])
    assert _entries(treated)[0]["sign"] == "vital-sign-unclear"


@pytest.mark.parametrize("width", [40, 80, 120])
def test_feel_fits_its_width(treated: Program, width: int) -> None:
    """Whatever it has to say of an unknown sign, a red flag or an expected one."""
    for words in ("redness 2", "breathing trouble", "a very long feeling " * 5, "pus"):
        shown = treated.on_terminal("feel", words, "--at", "2024-04-01", width=width)
        assert shown.code in {0, 3, 4}
        assert max(map(len, shown.lines)) <= width


@pytest.mark.parametrize("words", [[], ["fever"], ["my temperature"], ["temperature"]])
@pytest.mark.parametrize("degrees", ["38.4", "38,4"])
def test_temperature_alone(treated: Program, words: list[str], degrees: str) -> None:
    """It needs no sign, and is judged as a fever."""
    done = _feel(treated, *words, "--temperature", degrees, at="2024-05-02T09:00")
    assert "38.4 C" in next(line for line in done.out.splitlines() if line.startswith("Noted"))
    assert "does not know" not in done.out
    assert treated.run("triage", "--at", "2024-05-02T09:00").code == 3
    [entry] = _entries(treated)
    assert entry["temperature"] == 38.4


def test_fahrenheit_is_refused_with_the_reading_in_celsius(treated: Program) -> None:
    """A slip is explained; nothing is kept, and a fever is called one all the same."""
    done = treated.run("feel", "fever", "--temperature", "101")
    _refused(done, "101 C cannot be", "it is 38.3 C", SAME_DAY)
    assert _entries(treated) == []


@pytest.mark.parametrize("given", [["3"], ["3", "--temperature", "38.4"]])
def test_figure_without_a_sign_is_refused(treated: Program, given: list[str]) -> None:
    """Nobody knows what it would be the strength of."""
    _refused(treated.run("feel", *given), "no sign was given")


def test_words_and_figure_in_one(treated: Program) -> None:
    """Quotes change nothing."""
    _feel(treated, "redness 3", at="2024-05-02T09:00")
    [entry] = _entries(treated)
    assert (entry["sign"], entry["score"]) == ("redness", 3)


@pytest.mark.parametrize(
    "given", [["11"], ["3", "--temperature", "99"], ["--at", "2999-01-01"], ["--tz", "Nowhere"]]
)
def test_red_flag_that_is_refused_still_calls(treated: Program, given: list[str]) -> None:
    """Whatever was wrong with the rest, the sign was reported."""
    _refused(treated.run("feel", "trouble", "breathing", *given), "emergency number")
    assert _entries(treated) == []


@pytest.mark.parametrize(
    "given",
    [
        ["feel", "trouble", "breathing"],
        ["check-in", "--answers", '{"anaphylaxis": true}'],
    ],
)
def test_red_flag_does_not_wait_for_the_record(
    treated: Program, tmp_path: Path, given: list[str]
) -> None:
    """While another program holds the record, whom to call is said; then it is noted all the same.

    The call is read before the record is given back, so it cannot come after.
    """
    if "--answers" in given:
        (tmp_path / "answers.json").write_text(given[-1], encoding="utf-8")
        given = [*given[:-1], str(tmp_path / "answers.json")]
    record = sqlite3.connect(treated.record / "mesocare.db", isolation_level=None)
    with closing(record) as other:
        other.execute("BEGIN IMMEDIATE")
        with subprocess.Popen(
            [treated.path, *given],
            env=treated.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        ) as waiting:
            assert waiting.stderr is not None
            assert "emergency" in waiting.stderr.readline().lower()
            assert waiting.poll() is None
            assert other.execute("SELECT count(*) FROM entry").fetchone() == (0,)
            other.execute("ROLLBACK")
            waiting.communicate(timeout=PATIENCE)
    (entry,) = _entries(treated)
    assert entry["sign"] == "anaphylaxis"


def test_two_entries_in_one_second(treated: Program) -> None:
    """Both are kept, and the one that is worse counts."""
    for score in ("0", None):
        _feel(treated, "pus", *filter(None, [score]), at="2024-05-02T09:00")
    assert len(_entries(treated)) == 2
    assert treated.run("triage", "--at", "2024-05-02T09:00").code == 3


@pytest.fixture
def kept(treated: Program) -> Program:
    """Return the program with a diary of several days."""
    _feel(treated, "redness", "4", "--note", "after a walk", at="2024-05-02T09:00")
    _feel(treated, "redness", "7", at="2024-05-02T20:00")
    _feel(treated, "redness", "2", at="2024-05-04T09:00")
    _feel(treated, "humming", "toes", "--note", SCRIPT, at="2024-05-04T10:00")
    _feel(treated, "redness", "0", "--temperature", "36.6", at="2024-05-05T09:00")
    return treated


@pytest.mark.parametrize("width", [40, 80, 120])
def test_diary_fits_its_width(kept: Program, width: int) -> None:
    """No line is wider than the screen, in a pipe or on a terminal."""
    for text in (
        kept.run("diary", env={"COLUMNS": str(width)}).out,
        kept.on_terminal("diary", width=width).text,
    ):
        assert max(map(len, text.splitlines())) <= width
        assert "after a walk" in _flat(text)


def test_diary_lists_the_latest_last(kept: Program) -> None:
    """Below the charts stands every entry, in the order of time."""
    out = kept.run("diary", env={"COLUMNS": "120"}).out
    rows = out[out.index("\nEntries\n") :].splitlines()[2:]
    assert [line[26:] for line in rows] == [
        "redness, 4 of 10, after a walk",
        "redness, 7 of 10",
        "redness, 2 of 10",
        f"humming toes, {SCRIPT}",
        "redness, 0 of 10, 36.6 C",
    ]


def test_empty_diary_says_how_to_begin(own: Program) -> None:
    """It is no error, and nothing is written."""
    done = own.run("diary")
    assert done.code == 0
    assert "The diary is empty." in done.out
    assert not own.record.exists()


def test_diary_json_has_every_field(kept: Program) -> None:
    """Notes are part of it, and times carry the offset of the zone."""
    plain = kept.run("diary", "--json").json()
    assert list(plain) == ["schema", "entries"]
    assert plain["schema"] == "mesocare.diary/1"
    assert [each.pop("id") for each in plain["entries"]] != []
    assert plain["entries"][0] == {
        "sign": "redness",
        "words": "redness",
        "score": 4,
        "temperature": None,
        "note": "after a walk",
        "at": "2024-05-02T09:00:00+02:00",
    }
    assert plain["entries"][3]["note"] == SCRIPT


def test_diary_csv_has_every_entry(kept: Program) -> None:
    """A head, then a row for each entry."""
    rows = list(csv.DictReader(io.StringIO(kept.run("diary", "--csv").out)))
    assert [row["score"] for row in rows] == ["4", "7", "2", "", "0"]
    assert rows[0]["at"] == "2024-05-02T07:00:00+00:00"
    assert rows[3] == {
        "at": "2024-05-04T08:00:00+00:00",
        "sign": "",
        "words": "humming toes",
        "score": "",
        "temperature": "",
        "note": SCRIPT,
    }


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+2", "@SUM(A1)", '=HYPERLINK("x","y")'])
def test_csv_cell_runs_nothing(treated: Program, text: str) -> None:
    """What a spreadsheet would take for a formula begins with an apostrophe."""
    _feel(treated, "redness", "3", f"--note={text}", at="2024-05-02T09:00")
    treated.run("feel", "--at", "2024-05-02T10:00", "--", f"{text} toes")
    first, second = csv.DictReader(io.StringIO(treated.run("diary", "--csv").out))
    assert first["note"] == f"'{text}"
    assert second["words"] == f"'{text} toes"


def _answers(program: Program, answers: object, *more: str) -> Finished:
    given = answers if isinstance(answers, bytes) else json.dumps(answers).encode()
    at = ("--at", "2024-05-02T09:00")
    return program.run("check-in", "--answers", "-", *at, *more, given=given)


def test_check_in_reads_a_file(treated: Program) -> None:
    """Each answer becomes an entry at the instant asked about."""
    given = {"redness": 3, "itch": "no", "swelling": "yes", "infection": False}
    (treated.place / "answers.json").write_text(json.dumps(given), encoding="utf-8")
    done = treated.run("check-in", "--answers", "answers.json", "--at", "2024-05-02T09:00")
    assert done.code == 0
    assert NOT_ALL_IS_WELL in _flat(done.out)
    entries = _entries(treated)
    assert {each["sign"]: each["score"] for each in entries} == {
        "redness": 3,
        "itch": 0,
        "swelling": None,
        "infection": 0,
    }
    assert {each["at"] for each in entries} == {"2024-05-02T09:00:00+02:00"}


def test_check_in_reads_standard_input(treated: Program) -> None:
    """A red flag that is answered yes leads the answer."""
    done = _answers(treated, {"redness": "3", "infection": True})
    assert done.code == 3
    assert done.out.startswith(SAME_DAY)
    assert len(_entries(treated)) == 2


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({"redness": 3, "toes": 1}, "no question about 'toes'"),
        ({"redness": 3, "infection": 5}, "5 is no answer about 'infection'"),
        ({"redness": 3, "infection": "maybe"}, "'maybe' is no answer"),
        ({"itch": 1, "redness": 11}, "11 is no answer"),
        ({"itch": 1, "redness": -1}, "-1 is no answer"),
        ({"itch": 1, "redness": 2.5}, "2.5 is no answer"),
        ({"itch": 1, "redness": None}, "None is no answer"),
        ({"itch": 1, "redness": [1]}, "is no answer"),
        ([1], "no JSON object"),
        (b"{", "cannot be read"),
        (b"", "cannot be read"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
    ],
)
def test_wrong_answers_keep_nothing(treated: Program, answers: object, why: str) -> None:
    """One answer that cannot be used, and none is kept."""
    _refused(_answers(treated, answers), why)
    assert _entries(treated) == []


def test_check_in_in_the_future_is_refused(treated: Program) -> None:
    """As with feel: nobody knows what will be felt."""
    done = treated.run("check-in", "--answers", "-", "--at", "2999-01-01", given=b'{"itch": 1}')
    _refused(done, "future")
    assert _entries(treated) == []


def test_check_in_figure_that_is_no_digit_is_refused(treated: Program) -> None:
    """A raised 3 is no answer, and no fault."""
    _refused(_answers(treated, {"itch": 1, "redness": "\u00b3"}), "is no answer about 'redness'")


def test_check_in_file_that_is_not_there(treated: Program) -> None:
    """It is said which, and nothing is kept."""
    _refused(treated.run("check-in", "--answers", "none.json"), "'none.json' cannot be read")


def test_check_in_without_a_terminal_says_what_to_give(treated: Program) -> None:
    """Nobody is asked in a pipe."""
    _refused(treated.run("check-in"), "nobody is there to be asked", "--answers FILE")
    assert _entries(treated) == []


def test_check_in_without_a_treatment_is_an_error(own: Program) -> None:
    """What to ask depends on the treatment."""
    _refused(_answers(own, {"redness": 3}), "none is on record")
    assert not own.record.exists()


def test_check_in_asks_on_a_terminal(treated: Program) -> None:
    """Enter skips, a wrong answer is asked again, and the last answer stores all."""
    typed = "maybe\nno\n" + "\n" * 60
    shown = treated.on_terminal("check-in", "--at", "2024-05-02T09:00", types=typed)
    assert shown.code == 0
    assert "Answer yes or no." in shown.text
    assert NOT_ALL_IS_WELL in _flat(shown.text)
    assert [each["score"] for each in _entries(treated)] == [0]


@pytest.mark.parametrize(
    ("words", "at", "urgency", "code"),
    [
        (None, "2024-05-02T09:00", "none", 0),
        ("redness 3", "2024-05-02T09:00", "none", 0),
        ("humming toes", "2024-05-02T09:00", "contact_clinic", 1),
        ("hard lump", "2024-06-20T09:00", "contact_clinic", 1),
        ("redness 3", "2024-05-06T09:00", "contact_clinic", 1),
        ("blisters", "2024-05-02T09:00", "same_day", 3),
        ("trouble breathing", "2024-05-02T09:00", "emergency", 4),
    ],
)
def test_triage_says_the_urgency_with_its_exit_code(
    treated: Program, words: str | None, at: str, urgency: str, code: int
) -> None:
    """0 nothing, 1 contact the clinic, 3 the same day, 4 emergency; text and JSON alike."""
    if words is not None:
        _feel(treated, *words.split(), at=at)
    text = treated.run("triage", "--at", at)
    assert ("The diary is empty." in text.out) == (words is None)
    machine = treated.run("triage", "--at", at, "--json")
    assert (text.code, machine.code, machine.json()["urgency"]) == (code, code, urgency)
    assert (NOT_ALL_IS_WELL in _flat(text.out)) == (code == 0)


def test_triage_json_has_its_shape(treated: Program) -> None:
    """Findings rest on whole entries and on evidence ids; what is missing is asked for."""
    at = "2024-05-02T09:00"
    _feel(treated, "redness", "3", at=at)
    _feel(treated, "blisters", "--note", "left", at=at)
    plain = treated.run("triage", "--at", "2024-05-03T12:00", "--json").json()
    keys = ["schema", "at", "urgency", "findings", "missing", "treatments", "rules"]
    assert list(plain) == keys
    assert plain["schema"] == "mesocare.triage/1"
    assert plain["at"] == "2024-05-03T12:00:00+02:00"
    [finding] = plain["findings"]
    assert set(finding) == {"id", "urgency", "text", "because", "evidence", "past"}
    assert (finding["id"], finding["urgency"]) == ("grouped-blisters", "same_day")
    [entry] = finding["because"]
    assert entry in _entries(treated)
    assert entry["note"] == "left"
    assert finding["evidence"]
    assert {each["id"] for each in plain["missing"]} >= {"redness-follow-up"}
    assert all(set(each) == {"id", "text"} for each in plain["missing"])
    assert plain["treatments"][0]["type"] == "face"
    assert plain["rules"]["name"] == "mesocare"


def test_triage_puts_the_worst_first(treated: Program) -> None:
    """The order is that of urgency, whatever was noted first."""
    at = "2024-05-02T09:00"
    for words in ("humming toes", "blisters", "trouble breathing"):
        _feel(treated, words, at=at)
    plain = treated.run("triage", "--at", at, "--json").json()
    found = [each["urgency"] for each in plain["findings"]]
    assert found == ["emergency", "same_day", "contact_clinic"]


def test_triage_knows_nothing_of_later_entries(treated: Program) -> None:
    """Asked about an earlier instant, it answers with the diary of that time."""
    _feel(treated, "blisters", at="2024-05-03T09:00")
    assert treated.run("triage", "--at", "2024-05-03T08:59").code == 0
    assert treated.run("triage", "--at", "2024-05-03T09:00").code == 3


def test_triage_without_a_treatment_is_an_error(own: Program) -> None:
    """No code that could be read as an urgency."""
    _refused(own.run("triage"), "none is on record")


def test_today_leads_with_what_the_diary_means(treated: Program) -> None:
    """The finding is the first line, and JSON has it; `--treated` sets the record aside."""
    at = ("--at", "2024-05-03T10:00")
    assert treated.run("today", *at, "--json").json()["triage"] is None
    _feel(treated, "blisters", at="2024-05-03T09:00")
    assert treated.run("today", *at).out.startswith(SAME_DAY)
    assert treated.run("today", *at, "--json").json()["triage"]["urgency"] == "same_day"
    aside = treated.run("today", "--treated", TREATED, *at)
    assert SAME_DAY not in aside.out.splitlines()[0]


def test_today_and_triage_agree_after_an_earlier_treatment(treated: Program) -> None:
    """A lump weeks after a healed treatment is late, though a newer one is healing."""
    assert treated.run("treated", "2024-03-01T10:00").code == 0
    _feel(treated, "soft", "lumps", "3", at="2024-05-02T09:00")
    at = ("--at", "2024-05-02T10:00", "--json")
    meaning = treated.run("triage", *at).json()
    assert [each["id"] for each in meaning["findings"]] == ["late-nodule"]
    lead = treated.run("today", *at).json()["triage"]
    assert [each["id"] for each in lead["findings"]] == ["late-nodule"]


class _Page(HTMLParser):
    """Reads a page strictly: every element is closed, in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.links += [name for name, _ in attrs if name in {"src", "href"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.links += [name for name, _ in attrs if name in {"src", "href"}]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def _page(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    assert page.open == []
    return page


REPORT = ("report", "--at", "2024-05-06T12:00")


def test_report_text_has_everything(kept: Program) -> None:
    """Treatment, findings, diary and the version of the rule set."""
    done = kept.run(*REPORT)
    assert done.code == 0
    assert "Wed 1 May 2024, 14:30" in done.out
    assert CLINIC in done.out
    assert "redness, 7 of 10" in done.out
    assert "Rules: mesocare " in done.out


def test_report_json_has_the_triage_and_the_diary(kept: Program) -> None:
    """The same findings, every entry, and more."""
    plain = kept.run(*REPORT, "--json").json()
    meaning = kept.run("triage", *REPORT[1:], "--json").json()
    assert plain.pop("schema") == "mesocare.report/1"
    assert plain.pop("diary") == _entries(kept)
    meaning.pop("schema")
    assert {key: plain[key] for key in meaning} == meaning


def test_report_page_is_well_formed_and_stands_alone(kept: Program) -> None:
    """Every element is closed, nothing is loaded, and a chart shows each sign."""
    done = kept.run(*REPORT, "--html", "summary.html")
    assert (done.code, done.out) == (0, "Written to summary.html\n")
    path = kept.place / "summary.html"
    page = _page(path)
    assert page.links == []
    assert not {"script", "link", "img", "iframe"} & set(page.seen)
    assert page.seen.count("svg") == 3  # two signs, and the temperature
    assert {"html", "head", "title", "body", "h1", "table"} <= set(page.seen)
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>\n")
    assert "url(" not in path.read_text(encoding="utf-8")


def test_report_page_escapes_what_was_typed(kept: Program) -> None:
    """A note is text, whatever it holds; so are the words of a sign."""
    words = '<img src=x onerror="1"> toes'
    _feel(kept, words, "4", at="2024-05-05T10:00")
    _feel(kept, words, "5", at="2024-05-06T10:00")
    kept.run(*REPORT, "--html", "summary.html")
    page = _page(kept.place / "summary.html")
    assert SCRIPT in "".join(page.words)
    assert words in "".join(page.words)
    assert not {"script", "img"} & set(page.seen)


def test_report_page_is_for_its_owner_only(kept: Program) -> None:
    """Mode 0600, whatever was there before, and nothing is left beside it."""
    path = kept.place / "summary.html"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o644)
    assert kept.run(*REPORT, "--html", "summary.html").code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in kept.place.iterdir()] == ["summary.html"]


@pytest.mark.parametrize("name", ["none/summary.html", "folder", ""])
def test_report_that_cannot_be_written_is_refused(kept: Program, name: str) -> None:
    """It says so, and no file is left half-written."""
    (kept.place / "folder").mkdir()
    _refused(kept.run(*REPORT, "--html", name), "could not be written")
    assert [each.name for each in kept.place.rglob("*")] == ["folder"]


def test_report_changes_nothing_on_record(kept: Program) -> None:
    """It only reads."""
    before = _entries(kept)
    kept.run(*REPORT)
    kept.run(*REPORT, "--html", "summary.html")
    assert _entries(kept) == before


@pytest.mark.parametrize(
    ("words", "whom"),
    [
        ("pus", SAME_DAY),
        ("blisters", SAME_DAY),
        ("trouble breathing", "emergency"),
        ("hard lump", CLINIC),
        ("swelling", "whom to call"),
        ("redness", "whom to call"),
    ],
)
def test_can_i_asked_about_a_sign_says_whom_to_call(own: Program, words: str, whom: str) -> None:
    """A sign is no activity; the hint names whom to call, or where it says so."""
    done = own.run("can-i", words, "--treated", TREATED, "--at", "2024-05-02T09:00")
    _refused(done, f"{words!r} is a sign, not an activity")
    assert whom.casefold() in done.err.casefold()


def test_the_clinic_on_record_is_named_where_it_is_to_be_called(own: Program) -> None:
    """Name and number of the latest clinic stand below whom to call, once; not in an emergency."""
    own.run("treated", TREATED, "--clinic", "Rose Clinic", "--phone", "020 7946 0000")
    _feel(own, "blisters", at="2024-05-03T10:00")
    told = own.run("triage", "--at", "2024-05-03T11:00").out
    assert told.count("Your clinic: Rose Clinic, 020 7946 0000") == 1
    _feel(own, "trouble breathing", at="2024-05-03T12:00")
    told = own.run("today", "--at", "2024-05-03T12:00").out
    emergency, _, rest = told.partition("See a doctor today")
    assert "Rose Clinic" not in emergency
    assert "Rose Clinic" in rest


def test_a_time_left_out_is_given_to_the_record(own: Program) -> None:
    """What is on record is made exact by editing it, not by an option that sets it aside."""
    own.run("treated", "2024-05-01")
    (row,) = json.loads(own.run("treatments", "--json").out)["treatments"]
    told = _flat(own.run("can-i", "masks", "--at", "2024-05-04T10:00").out)
    assert f"mesocare edit {row['id'][:8]} --when 2024-05-01THH:MM" in told
    assert "mesocare explain masks" in told
    assert "--treated" not in told


def test_an_emergency_asks_nothing(treated: Program) -> None:
    """Whoever has to call now is asked for no temperature; the JSON has the questions still."""
    at = ("--at", "2024-05-02T12:00")
    _feel(treated, "redness", "3", at="2024-05-02T11:00")
    _feel(treated, "blisters", at="2024-05-02T11:00")
    assert "measure your temperature" in _flat(treated.run("triage", *at).out)
    noted = _feel(treated, "trouble breathing", at="2024-05-02T12:00").out
    told = treated.run("triage", *at)
    for text in (noted, told.out):
        assert "emergency number" in text
        assert "Worth answering" not in text
    assert told.code == 4
    assert treated.run("triage", *at, "--json").json()["missing"]


def test_an_open_finding_leads_and_holds(treated: Program) -> None:
    """What touches the treated area waits for the clinic; all that is said begins with why."""
    late = ("--at", "2024-05-12T12:00")
    assert treated.run("can-i", "makeup", *late).code == 0
    _feel(treated, "pus", at="2024-05-11T12:00")
    for command in ("can-i", "when", "explain"):
        done = treated.run(command, "makeup", *late)
        assert done.out.startswith(f"{SAME_DAY}"), done.out
        assert "ask them before anything touches" in _flat(done.out).casefold()
        found = treated.run(command, "makeup", *late, "--json").json()
        assert found["triage"]["findings"][0]["past"] is False
        answer = found["answer"]
        assert (answer["verdict"], answer["held_by"]) == ("ask", ["infection"])
        assert answer["limited_from"] is answer["allowed_from"] is None
    assert treated.run("can-i", "makeup", *late).code == 4
    assert "mesocare feel WORDS 0" in _flat(treated.run("can-i", "makeup", *late).out)
    assert treated.run("can-i", "walk", *late).code == 0
    assert "ask" in {
        each["verdict"] for each in treated.run("today", *late, "--json").json()["answers"]
    }
    given = treated.run("can-i", "makeup", "--treated", TREATED, *late, "--json").json()
    assert (given["triage"], given["answer"]["verdict"]) == (None, "allowed")


def test_an_open_finding_holds_the_next_session(treated: Program) -> None:
    """No date is named for it until the clinic has seen what the diary says."""
    late = ("--at", "2024-06-12T12:00")
    assert "not before the clinic" not in treated.run("course", *late).out
    _feel(treated, "pus", at="2024-06-11T12:00")
    done = treated.run("course", *late)
    assert done.out.startswith(SAME_DAY)
    assert "not before the clinic has seen what your diary says" in _flat(done.out)
    [course] = treated.run("course", *late, "--json").json()["courses"]
    assert course["due"] == course["maintenance_due"] == "held"
    assert course["next_from"] is course["maintenance_from"] is None


def test_a_finding_that_has_passed_holds_nothing(treated: Program) -> None:
    """Reported gone, it is told to the clinic and no longer leads an answer."""
    _feel(treated, "pus", at="2024-05-11T12:00")
    _feel(treated, "pus", "0", at="2024-05-12T12:00")
    done = treated.run("can-i", "makeup", "--at", "2024-05-13T12:00")
    assert (done.code, SAME_DAY in done.out) == (0, False)
    found = treated.run("can-i", "makeup", "--at", "2024-05-13T12:00", "--json").json()
    assert [each["past"] for each in found["triage"]["findings"]] == [True]
