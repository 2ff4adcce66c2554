"""What is said where a clinic's protocol decides, in text and JSON; and `mesocare rules use`."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import typer

from mesocare.cli.commands.rules import use as rules_use
from mesocare.cli.commands.rules.use import use
from mesocare.cli.settings import Settings
from mesocare.errors import MesocareError, RulesError, SettingError
from mesocare.rules.loader import load_rules
from tests.support.process import ASKED
from tests.support.protocols import APPROVED, FRAME, change, write

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.process import Program

TIGHTER = change("foundation", "face", until={"avoid": "72 h"}, reason="We wait three days.")
LOOSER = change("foundation", "face", until={"avoid": "24 h"}, **APPROVED)
NAMED = {"treatments": {"prp": {"extends": "face", "label": "PRP"}}}


def text_of(program: Program, *arguments: str) -> str:
    """Return what a command prints, in one line."""
    return " ".join(program.run(*arguments).out.split())


@pytest.mark.parametrize("width", ["40", "80", "120"])
@pytest.mark.parametrize("command", ["can-i", "when", "explain"])
def test_whose_protocol_and_what_is_built_in(
    program: Program, tmp_path: Path, command: str, width: str
) -> None:
    """Every answer about the item, at every width, and no line is longer than that."""
    path = str(write(tmp_path, TIGHTER))
    ran = program.run(command, "foundation", *ASKED, "--rules", path, env={"COLUMNS": width})
    text = " ".join(ran.out.split())
    assert "Rose Clinic's protocol, reviewed 2026-11-01: We wait three days." in text
    assert "Built in: avoid until 48 h, then allowed." in text
    assert "Your clinic comes first;" in text
    assert max(map(len, ran.out.splitlines())) <= int(width)


LATER = ("--treated", "2024-05-01T14:30", "--at", "2024-05-03T15:00")  # the 72 h decide


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("asked", ["foundation", "makeup"])
def test_can_i_says_the_reason_once(
    program: Program, tmp_path: Path, asked: str, width: int, *, bare: bool
) -> None:
    """Where the clinic's reason is the answer's, it is under `Why` alone, on every screen."""
    path = str(write(tmp_path, TIGHTER))
    env = {"NO_COLOR": "1"} if bare else None
    screen = program.on_terminal("can-i", asked, *LATER, "--rules", path, width=width, env=env)
    text = " ".join(screen.text.split())
    assert "Why We wait three days. Protocol Rose Clinic's protocol, reviewed 2026-11-01. " in text
    assert text.count("We wait three days") == 1
    assert "2026-11-01. Built in: avoid until 48 h, then allowed." in text
    assert max(map(len, screen.lines)) <= width


def test_who_approved_it_ends_its_sentence_once(program: Program, tmp_path: Path) -> None:
    """A name with a full stop is followed by no second one where the reason was said above."""
    asked = ("--treated", "2024-05-01T14:30", "--at", "2024-05-02T15:00")
    text = text_of(program, "can-i", "foundation", *asked, "--rules", str(write(tmp_path, LOOSER)))
    assert "Why Our figures. Protocol Rose Clinic's protocol" in text
    assert "milder than what is built in, approved by Dr A. Built in: avoid until 48 h" in text
    assert text.count("Our figures") == 1


def test_a_sibling_that_is_milder_says_so_in_the_groups_answer(
    program: Program, tmp_path: Path
) -> None:
    """It is what opens the group: whose word that is stands there, and what is built in."""
    open_ = [{"verdict": "allowed", "reason": "Our product closes at once."}]
    milder = change("hot-shower", "face", phases=open_, **APPROVED)
    asked = ("can-i", "heat", "--treated", "2024-05-01T14:30", "--at", "2024-05-01T20:00")
    assert text_of(program, *asked).startswith("x avoid Heat and cold")
    text = text_of(program, *asked, "--rules", str(write(tmp_path, milder)))
    assert text.startswith("~ limited Heat and cold, until ")
    assert "Which Fine: hot shower or bath." in text
    said = "Hot shower or bath: as Rose Clinic has it, milder than what is built in, approved by"
    assert f"Protocol {said} Dr A. Built in: avoid until 72 h, limited until 7 days" in text


def test_explain_draws_both_figures(program: Program, tmp_path: Path) -> None:
    """The clinic is a source like the others; its figure is chosen, the built-in one beside it."""
    text = text_of(program, "explain", "makeup", *ASKED, "--rules", str(write(tmp_path, TIGHTER)))
    assert "B CLINIC-1 Rose Clinic" in text
    assert "chosen: 72 h" in text
    assert "built in: 48 h" in text
    assert "Sources run from 8 h" in text  # the built-in rationale


def test_who_approved_what_is_milder(program: Program, tmp_path: Path) -> None:
    """A milder rule says so, and on whose word."""
    text = text_of(program, "can-i", "makeup", *ASKED, "--rules", str(write(tmp_path, LOOSER)))
    assert "milder than what is built in, approved by Dr A." in text
    assert "Built in: avoid until 48 h" in text


def test_today_says_it_once(program: Program, tmp_path: Path) -> None:
    """One line on the screen; every item with `--all`."""
    rules = ("--rules", str(write(tmp_path, TIGHTER)))
    text = text_of(program, "today", *ASKED, *rules)
    assert text.count("Rose Clinic's") == 1
    assert "(built in: avoid until 48 h, then allowed)" in text
    assert "Rose Clinic's protocol" in text_of(program, "today", "--all", *ASKED, *rules)
    assert "Rose Clinic" not in text_of(program, "today", *ASKED)


def test_json(program: Program, tmp_path: Path) -> None:
    """Whose word, why, who approved it, and the built-in figure; null where nobody changed it."""
    path = str(write(tmp_path, LOOSER))
    plain: dict[str, Any] = program.run(
        "explain", "makeup", *ASKED, "--rules", path, "--json"
    ).json()
    said = {
        "clinic": "Rose Clinic",
        "reason": "Our figures.",
        "approved_by": "Dr A.",
        "reviewed": "2026-11-01",
        "loosens": True,
        "builtin_hours": 48,
    }
    assert plain["answer"]["protocol"] == said
    assert [each["protocol"] for each in plain["answer"]["items"][:2]] == [said, None]
    assert [each["until"] for each in plain["rule"]["builtin"]] == ["48 h", None]
    identity = load_rules().identity
    assert plain["rules"]["clinic"] == "Rose Clinic"
    assert plain["rules"]["extends"] == {
        "name": identity.name,
        "version": identity.version,
        "reviewed": identity.reviewed,
        "sha256": identity.sha256,
    }


OWN = {
    "items": {
        "oxygen-hood": {
            "group": "masks",
            "label": "Oxygen hood",
            "rules": {
                "face": {
                    "phases": [
                        {"until": "24 h", "verdict": "avoid", "reason": "Ask us after a day."},
                        {"verdict": "allowed", "reason": "Fine."},
                    ]
                },
                "all": {"unrestricted": "We have no objection."},
            },
        }
    }
}


@pytest.mark.parametrize("width", ["40", "80", "120"])
def test_rules_show_names_the_clinic(program: Program, tmp_path: Path, width: str) -> None:
    """Whose rule it is, why, on whose word and what is built in; elsewhere the rationale alone."""
    env = {"COLUMNS": width}
    path = str(write(tmp_path, LOOSER))
    ran = program.run("rules", "show", "foundation", "--rules", path, env=env)
    face, _, others = " ".join(ran.out.split()).partition("After scalp")
    assert (
        "Protocol Rose Clinic's protocol, reviewed 2026-11-01, milder than what is built in, "
        "approved by Dr A.: Our figures. Built in: avoid until 48 h, then allowed."
    ) in face
    assert "Built in Sources run from 8 h" in face
    assert "Why so" not in face
    assert "Why so" in others
    assert "Protocol" not in others
    assert max(map(len, ran.out.splitlines())) <= int(width)
    built_in = program.run("rules", "show", "foundation", env=env).out
    assert "Protocol" not in built_in
    assert "Why so" in built_in


def test_rules_show_of_an_item_of_the_clinics_own(program: Program, tmp_path: Path) -> None:
    """Nothing is built in, where something is restricted and where nothing is."""
    path = str(write(tmp_path, OWN))
    text = text_of(program, "rules", "show", "oxygen-hood", "--rules", path)
    said = "Protocol Rose Clinic's protocol, reviewed 2026-11-01. Nothing is built in."
    assert text.count(said) == 2
    assert f"We have no objection. {said}" in text
    plain = program.run("rules", "show", "oxygen-hood", "--rules", path, "--json").json()
    face = plain["item"]["types"]["face"]
    assert face["protocol"]["clinic"] == "Rose Clinic"
    assert face["protocol"]["builtin_hours"] is None
    assert face["builtin"] is None
    listed = program.run("rules", "list", "--rules", path, env={"COLUMNS": "120"}).out
    assert "face 24 h (nothing built in), scalp - (nothing built in)," in listed


def test_rules_show_as_json(program: Program, tmp_path: Path) -> None:
    """The same as in an answer and an explanation; null where nobody changed the rule."""
    path = str(write(tmp_path, LOOSER))
    types = program.run("rules", "show", "foundation", "--rules", path, "--json").json()["item"][
        "types"
    ]
    assert types["face"]["protocol"] == {
        "clinic": "Rose Clinic",
        "reason": "Our figures.",
        "approved_by": "Dr A.",
        "reviewed": "2026-11-01",
        "loosens": True,
        "builtin_hours": 48,
    }
    assert [each["until"] for each in types["face"]["builtin"]] == ["48 h", None]
    assert (types["brightening"]["protocol"], types["brightening"]["builtin"]) == (None, None)


def test_rules_list_marks_what_the_clinic_changed(program: Program, tmp_path: Path) -> None:
    """The built-in figure beside the clinic's, and nothing where no protocol is in use."""
    text = text_of(program, "rules", "list", "--rules", str(write(tmp_path, LOOSER)))
    assert "reviewed 2026-11-01, the protocol of Rose Clinic" in text
    assert "foundation * face 24 h (built in 48 h, milder), scalp -, brightening 48 h" in text
    assert text.count("built in") == 1
    assert "In brackets: what Rose Clinic's protocol replaced." in text
    path = str(write(tmp_path, TIGHTER))
    listed = program.run("rules", "list", "--rules", path, "--json").json()
    face = listed["groups"][0]["items"][0]["types"]["face"]
    assert (face["chosen_hours"], face["protocol"]["builtin_hours"]) == (72, 48)
    assert "face 72 h (built in 48 h)," in text_of(program, "rules", "list", "--rules", path)
    named = text_of(program, "rules", "list", "--rules", str(write(tmp_path, NAMED)))
    assert "built in" not in named
    assert "In brackets" not in text_of(program, "rules", "list")
    assert "In brackets" not in named


def test_a_named_treatment(own: Program, tmp_path: Path) -> None:
    """It goes where a type goes; a near miss is named; without the protocol it is unknown."""
    env = {"MESOCARE_RULES": str(write(tmp_path, NAMED))}
    ran = own.run("can-i", "makeup", *ASKED, "--type", "prp", env=env)
    assert ran.code == own.run("can-i", "makeup", *ASKED).code
    assert "After PRP (face mesotherapy)," in ran.out
    assert "after PRP (face mesotherapy)" in own.run("today", *ASKED, "--type", "prp", env=env).out
    missed = own.run("can-i", "makeup", *ASKED, "--type", "ppr", env=env)
    assert "--type prp" in missed.err
    assert own.run("treated", "2024-05-01T14:30", "--type", "prp", env=env).code == 0
    assert "PRP" in own.run("today", "--at", "2024-05-02T15:00", env=env).out
    without = own.run("today", "--at", "2024-05-02T15:00")
    assert without.code == 2
    assert "mesocare rules use FILE" in without.err


@pytest.fixture
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the configuration file of the test is; it is not there yet."""
    monkeypatch.delenv("MESOCARE_RULES", raising=False)
    monkeypatch.setenv("MESOCARE_CONFIG", str(tmp_path / "deep" / "config.toml"))
    monkeypatch.setenv("MESOCARE_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "deep" / "config.toml"


def test_use_makes_the_file(configuration: Path, tmp_path: Path) -> None:
    """Only its owner can read it, and from then on the protocol answers."""
    path = write(tmp_path)
    reply = use(str(path))
    assert "rose-clinic 1, reviewed 2026-11-01, the protocol of Rose Clinic" in (reply.text or "")
    assert configuration.stat().st_mode & 0o777 == 0o600
    assert Settings({}).get("rules") == str(path)
    assert "says so already" in (use(str(path)).text or "")
    assert "From now on: mesocare" in (use(built_in=True).text or "")
    assert Settings({}).get("rules") is None
    assert [each.name for each in configuration.parent.iterdir()] == ["config.toml"]


OTHERS = [
    ("", 'rules = "{}"\n'),
    ('tz = "UTC"', 'tz = "UTC"\nrules = "{}"\n'),
    (
        '# mine\ntz = "UTC" # home\n\njson = true\n',
        '# mine\ntz = "UTC" # home\n\njson = true\nrules = "{}"\n',
    ),
    ('rules = "old" # ours\ntz = "UTC"\n', 'rules = "{}" # ours\ntz = "UTC"\n'),
    ("'rules'='old'\r\ntz = 'UTC'\r\n", "'rules'=\"{}\"\r\ntz = 'UTC'\r\n"),
    ('at = """\nrules = "x"\n"""\n', 'at = """\nrules = "x"\n"""\nrules = "{}"\n'),
]


@pytest.mark.parametrize(("before", "after"), OTHERS)
def test_use_keeps_every_other_line(
    configuration: Path, tmp_path: Path, before: str, after: str
) -> None:
    """Remarks, spaces and line ends stay; taking the line out leaves the rest."""
    path = write(tmp_path)
    configuration.parent.mkdir()
    configuration.write_bytes(before.encode())
    configuration.chmod(0o640)
    use(str(path))
    assert configuration.read_bytes().decode() == after.replace("{}", str(path))
    assert configuration.stat().st_mode & 0o777 == 0o640
    use(built_in=True)
    left = tomllib.loads(configuration.read_text(encoding="utf-8"))
    assert left == {key: value for key, value in tomllib.loads(before).items() if key != "rules"}


def test_use_refuses(configuration: Path, tmp_path: Path) -> None:
    """A broken protocol, a broken configuration: nothing is written."""
    good = write(tmp_path)
    bad = tmp_path / "bad.yaml"
    bad.write_text(FRAME + "changes: {sauna: {face: {until: {avoid: 1 h}}}}\n", encoding="utf-8")
    for given in (str(bad), str(tmp_path / "nowhere"), ""):
        with pytest.raises(RulesError):
            use(given)
    for both in ((None, False), (str(good), True)):
        with pytest.raises(MesocareError, match="was given"):
            use(both[0], built_in=both[1])
    assert not configuration.exists()
    configuration.parent.mkdir()
    configuration.write_text("tz = [", encoding="utf-8")
    with pytest.raises(SettingError) as caught:
        use(str(good))
    assert caught.value.hint
    assert configuration.read_text(encoding="utf-8") == "tz = ["


@pytest.mark.parametrize(
    "kept",
    [
        'rules = """\nx"""\n',
        "'rules' = 'x'  # why\n",
        '# rules = "no"\ntz = "UTC"\n',
        "tz='UTC'\r\n",
    ],
)
def test_use_changes_one_line_however_it_was_written(
    configuration: Path, tmp_path: Path, kept: str
) -> None:
    """Texts over several lines, quoted keys, remarks and other ends of lines stay what they are."""
    good = write(tmp_path)
    configuration.parent.mkdir()
    configuration.write_bytes(kept.encode())
    use(str(good))
    changed = configuration.read_bytes().decode()
    assert tomllib.loads(changed) == {**tomllib.loads(kept), "rules": str(good)}
    assert [line for line in kept.splitlines() if "#" in line and line not in changed] == (
        ["'rules' = 'x'  # why"] if "# why" in kept else []
    )
    assert "# why" in changed or "# why" not in kept
    use(built_in=True)
    left = tomllib.loads(configuration.read_text(encoding="utf-8"))
    assert left == {key: value for key, value in tomllib.loads(kept).items() if key != "rules"}


def test_use_follows_a_link(configuration: Path, tmp_path: Path) -> None:
    """A configuration kept elsewhere stays there."""
    configuration.parent.mkdir()
    kept = tmp_path / "kept.toml"
    kept.write_text('tz = "UTC"\n', encoding="utf-8")
    configuration.symlink_to(kept)
    use(str(write(tmp_path)))
    assert configuration.is_symlink()
    assert "rules = " in kept.read_text(encoding="utf-8")


def test_a_relative_path_in_the_configuration(
    configuration: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is seen from the configuration file, wherever the question is asked."""
    configuration.parent.mkdir()
    configuration.write_text('rules = "../rose.yaml"\n', encoding="utf-8")
    write(tmp_path)
    monkeypatch.chdir(os.sep)
    assert load_rules(Settings({}).get("rules")).identity.name == "rose-clinic"


@pytest.mark.usefixtures("configuration")
def test_the_environment_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where MESOCARE_RULES is set, `use` says that it still decides."""
    monkeypatch.setenv("MESOCARE_RULES", "/elsewhere")
    assert "But MESOCARE_RULES is set" in (use(str(write(tmp_path))).text or "")


def test_the_command_line(configuration: Path, tmp_path: Path) -> None:
    """`use FILE` is a command of the sub-command `rules`."""
    from typer.testing import CliRunner

    app = typer.Typer()
    app.callback()(lambda: None)
    rules_use.register(app)
    ran = CliRunner().invoke(app, ["use", str(write(tmp_path))], standalone_mode=False)
    assert ran.exit_code == 0, ran.output
    assert "rules = " in configuration.read_text(encoding="utf-8")


def test_the_command_that_explains_names_the_rules_of_this_call(
    program: Program, tmp_path: Path
) -> None:
    """What `More` says to type gives the same answer: rules named for one call are named again."""
    path = str(write(tmp_path, TIGHTER))
    told = program.run("can-i", "foundation", *ASKED, "--rules", path, env={"COLUMNS": "500"})
    assert f"--rules{path}" in "".join(told.out.split())
    kept = program.run("can-i", "foundation", *ASKED, env={"MESOCARE_RULES": path})
    assert "--rules" not in kept.out


GUARDED: dict[str, Any] = {
    "treatments": {"our-glow": {"extends": "face", "label": "Our glow", "with": ["ha-booster"]}},
    "substances": {
        "ha-booster": {
            "rules": {
                "sauna": {
                    "all": {
                        "phases": [{"until": "21 d", "verdict": "avoid", "reason": "We wait."}],
                        "reason": "Three weeks at ours.",
                    }
                }
            }
        }
    },
    "before": {
        "alcohol": {"washouts": {"all": {"span": "3 d", "reason": "We ask for three."}}},
        "caffeine": {"washouts": {"face": {"span": "12 h", **APPROVED}}},
        "vaccination": {"washouts": {"all": {"ask": "Two weeks at ours; call us."}}},
        "gum": {"label": "Chewing gum", "text": "None.", "washouts": {"all": {"on_the_day": True}}},
        "self-tan": {"washouts": {"face": {"span": "2 d"}}},
    },
}
BEFORE = ("--at", "2026-12-07T12:00")
ON = "2026-12-10T10:00"


@pytest.mark.parametrize("width", ["40", "80", "120"])
def test_a_treatment_brings_its_substance_along(
    program: Program, tmp_path: Path, width: str
) -> None:
    """Whose rule of it decides is said in the answer and in its explanation, in JSON too."""
    path = str(write(tmp_path, GUARDED))
    asked = ("--treated", "2024-05-01T14:30", "--at", "2024-05-20T15:00", "--rules", path)
    env = {"COLUMNS": width}
    for command in ("can-i", "when", "explain"):
        ran = program.run(command, "sauna", *asked, "--type", "our-glow", env=env)
        text = " ".join(ran.out.split())
        assert "hyaluronic acid: avoid until 21 days, as Rose Clinic has it." in text
        assert "Built in: avoid until 14 days." in text
        assert max(map(len, ran.out.splitlines())) <= int(width)
    assert "as Rose Clinic" not in text_of(program, "can-i", "sauna", *asked)
    found = program.run("can-i", "sauna", *asked, "--type", "our-glow", "--json").json()
    (detail,) = found["answer"]["details"]
    assert (detail["id"], detail["protocol"]["clinic"]) == ("ha-booster", "Rose Clinic")
    assert (detail["protocol"]["builtin_hours"], detail["protocol"]["loosens"]) == (336, False)
    assert found["treatments"][0]["with"] == ["ha-booster"]
    pool = program.run("can-i", "pool", *asked, "--type", "our-glow", "--json").json()
    assert [each["protocol"] for each in pool["answer"]["details"]] == [None]


@pytest.mark.parametrize("width", ["40", "80", "120"])
def test_whose_word_it_is_before_a_treatment(program: Program, tmp_path: Path, width: str) -> None:
    """Each answer, and the list once; the built-in figure or question stands beside it."""
    rules = ("--rules", str(write(tmp_path, GUARDED)))
    env = {"COLUMNS": width}
    for words, said in (
        ("alcohol", "reviewed 2026-11-01: We ask for three. Built in: avoid from 48 h before."),
        (
            "caffeine",
            "reviewed 2026-11-01, milder than what is built in, approved by Dr A.: Our",
        ),
        ("vaccination", "reviewed 2026-11-01. Built in: ask. Pages leave one to four weeks"),
        ("gum", "reviewed 2026-11-01. Nothing is built in."),
        ("self-tan", "reviewed 2026-11-01. Built in: avoid on the day."),
    ):
        ran = program.run("can-i", words, "--before", ON, *BEFORE, *rules, env=env)
        text = " ".join(ran.out.split())
        assert f"Protocol Rose Clinic's protocol, {said}" in text
        assert max(map(len, ran.out.splitlines())) <= int(width)
    listed = program.run("before", "--on", ON, *BEFORE, *rules, env=env)
    text = " ".join(listed.out.split())
    assert text.count("Rose Clinic's decides") == 1
    assert "alcohol (built in: avoid from 48 h before)" in text
    assert "chewing gum (nothing is built in)" in text
    assert "ask your clinic about the gap)." in text
    assert max(map(len, listed.out.splitlines())) <= int(width)
    assert "Protocol" not in program.run("before", "--on", ON, *BEFORE).out
    sun = text_of(program, "can-i", "sunbed", "--before", ON, *BEFORE, *rules)
    assert "Protocol" not in sun


def test_before_as_json(program: Program, tmp_path: Path) -> None:
    """Whose word and what it replaced; null where nobody changed it, or nothing was there."""
    path = str(write(tmp_path, GUARDED))
    found = program.run("before", "--on", ON, *BEFORE, "--rules", path, "--json").json()
    leave = {each["id"]: each for each in found["leave_out"]}
    assert leave["caffeine"]["protocol"] == {
        "clinic": "Rose Clinic",
        "reason": "Our figures.",
        "approved_by": "Dr A.",
        "reviewed": "2026-11-01",
        "loosens": True,
        "builtin_hours": 48,
    }
    then = {"then": "limited", "hours_before": 48, "on_the_day": False, "reason": None}
    assert leave["caffeine"]["builtin"] == then
    assert (leave["sun"]["protocol"], leave["sun"]["builtin"]) == (None, None)
    assert leave["gum"]["protocol"]["builtin_hours"] is None
    assert leave["gum"]["builtin"] is None
    assert leave["self-tan"]["builtin"]["on_the_day"]
    assert leave["vaccination"]["builtin"]["then"] == "ask"
