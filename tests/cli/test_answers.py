"""What the commands answer: JSON shapes, exit codes, settings, words, help."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from mesocare import __version__
from mesocare.rules.loader import built_in
from tests.support.process import ASKED, AT, TREATED, ZONE, copy_rules, flags

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mesocare.core.model import RuleSet
    from tests.support.process import Finished, Program

EXIT_CODES = {"allowed": 0, "avoid": 1, "limited": 3, "ask": 4}
HEADLINE = ["makeup", "masks", "exercise", "actives", "sun"]
OTHERS = [
    *("heat", "touch", "cleansing", "hair", "procedures", "medicines", "lifestyle", "water"),
]

# A value's shape: a test, a mapping with exactly these keys, or a list with one shape for all.
Shape = Callable[[Any], bool] | dict[str, Any] | list[Any]


def text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def instant(value: Any) -> bool:
    return isinstance(value, str) and datetime.fromisoformat(value).utcoffset() is not None


def hours(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def truth(value: Any) -> bool:
    return isinstance(value, bool)


def one_of(*words: str) -> Callable[[Any], bool]:
    return lambda value: value in words


def or_null(test: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or test(value)


VERDICT = one_of(*EXIT_CODES)
TYPE = one_of("face", "scalp", "brightening")
GRADE = one_of("A", "B", "C")
URGENCY = one_of("emergency", "same_day", "contact_clinic")

# The contract's keys, and what has been added to version 1 since. A key in neither place is a
# change of what scripts rely on: write it down here first.
EVIDENCE: dict[str, Shape] = {
    "id": text,
    "source": text,
    "publisher": text,
    "url": or_null(text),
    "grade": GRADE,
    "min_hours": or_null(hours),
    "max_hours": or_null(hours),
    "note": text,
    # Added since.
    "modality": text,
}
SPAN: dict[str, Shape] = {"type": TYPE, "treated_earliest": instant, "treated_latest": instant}
ANSWER: dict[str, Shape] = {
    "activity": text,
    "label": text,
    "group": one_of(*HEADLINE, *OTHERS),
    "verdict": VERDICT,
    "certain": truth,
    "verdict_if_earliest": VERDICT,
    "condition": or_null(text),
    "reason": text,
    "limited_from": or_null(instant),
    "allowed_from": or_null(instant),
    "next_change": or_null(instant),
    "governed_by": SPAN,
    "evidence": [EVIDENCE],
    # Added since.
    "instead": or_null(text),
    "figures": {
        "shortest_hours": or_null(hours),
        "longest_hours": or_null(hours),
        "longest_credible_hours": or_null(hours),
        "chosen_hours": or_null(hours),
    },
    "protocol": lambda value: value is None,
    "held_by": lambda value: value == [],
    "details": lambda value: value == [],
}
# `items` in an answer holds answers whose own `items` are empty.
ITEM: dict[str, Shape] = {**ANSWER, "items": lambda value: value == []}
GROUP: dict[str, Shape] = {**ANSWER, "items": [ITEM]}
# How the words were read; everything asked about beside the strictest.
READ_AS: dict[str, Shape] = {
    "read_as": {"reading": text, "ids": [text]},
    "others": lambda value: value == [],
}
TREATMENT: dict[str, Shape] = {
    **SPAN,
    "elapsed_hours_min": hours,
    "elapsed_hours_max": hours,
    "day": whole,
    "with": lambda value: value == [],
    "about": lambda value: value == [],
}
RULES: dict[str, Shape] = {
    "name": text,
    "version": text,
    "reviewed": lambda value: re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None,
    "sha256": lambda value: re.fullmatch(r"[0-9a-f]{64}", value) is not None,
    # Added since; a clinic's protocol has both, see test_protocol_views.py.
    "clinic": lambda value: value is None,
    "extends": lambda value: value is None,
}
QUESTION: dict[str, Shape] = {
    "schema": one_of("mesocare.can-i/1"),
    "at": instant,
    "triage": lambda value: value is None,
    "treatments": [TREATMENT],
    "rules": RULES,
}
ADVICE: dict[str, Shape] = {"id": text, "text": text, "until": or_null(instant)}
TODAY: dict[str, Shape] = {
    "schema": one_of("mesocare.today/1"),
    "at": instant,
    "treatments": [TREATMENT],
    "answers": [GROUP],
    "care": [ADVICE],
    "watch_for": {
        "normal": [ADVICE],
        "red_flags": [{"id": text, "text": text, "urgency": URGENCY, "action": or_null(text)}],
    },
    "upcoming": [{"at": instant, "activity": text, "label": text, "verdict": VERDICT}],
    "rules": RULES,
    # Added since.
    "results": [ADVICE],
    "contacts": {"emergency": text, "same_day": text, "contact_clinic": text},
    "triage": lambda value: value is None,  # no diary belongs to treatments given for one call
    "session": lambda value: value is None,  # nor does the next session on record
    "products": lambda value: value == [],
}


def faults(value: Any, shape: Shape, path: str = "$") -> Iterator[str]:
    """Yield where a value does not have a shape."""
    if callable(shape):
        if not shape(value):
            yield f"{path}: {value!r}"
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{path}: not a list"
            return
        for n, each in enumerate(value):
            yield from faults(each, shape[0], f"{path}[{n}]")
    elif set(value) != set(shape):
        yield f"{path}: keys {sorted(set(value) ^ set(shape))}"
    else:
        for key, inner in shape.items():
            yield from faults(value[key], inner, f"{path}.{key}")


# What the example of a command needs that a fresh record does not have.
NEEDS = {
    "words": "there is no text",
    "check": "patients.csv",
    "edit": "3fa2",
    "remove": "3fa2",
    "undo": "nothing was removed",
    "check-in": "nobody is there",
    "import": "record.json",
    "products": "label.txt",
    "forget": "nobody is there",
}

# Every kind of moment: exact, uncertain, long past, several treatments.
SCENES = {
    "exact": ASKED,
    "uncertain": ("--treated", "2024-05-01", "--at", "2024-05-03T12:00"),
    "same-day": ("--treated", "2024-05-01", "--at", "2024-05-01T12:00"),
    "past": ("--treated", "2024-05-01", "--at", "2025-05-01", "--type", "brightening"),
    "several": (
        *("--treated", "2024-05-01", "--type", "scalp"),
        *("--treated", "2024-04-28T10:00", "--type", "face", "--at", AT),
    ),
}


def asked(program: Program, *arguments: str, env: Mapping[str, str | None] | None = None) -> Any:
    """Return the JSON of an answer."""
    return program.run(*arguments, "--json", env=env).json()


@pytest.mark.parametrize("command", ["can-i", "when"])
@pytest.mark.parametrize(
    ("words", "shape"),
    [("makeup", GROUP), ("procedures", GROUP), ("sauna", ITEM), ("sunbed", ITEM)],
    ids=["makeup", "procedures", "sauna", "sunbed"],
)
def test_shape_of_one_answer(
    command: str, words: str, shape: dict[str, Shape], program: Program
) -> None:
    """`can-i` and `when` have exactly the promised keys, each with its type, in every scene."""
    for name, scene in SCENES.items():
        plain = asked(program, command, words, *scene)
        assert list(faults(plain, {**QUESTION, "answer": shape, **READ_AS}, name)) == []
        assert plain["answer"]["activity"] == words
        assert bool(plain["answer"]["items"]) is (shape is GROUP)
        assert plain["answer"]["evidence"] or plain["answer"]["verdict"] == "allowed"


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_shape_of_today(scene: tuple[str, ...], program: Program) -> None:
    """`today` has exactly the promised keys, and its lists are in order."""
    plain = asked(program, "today", *scene)
    assert list(faults(plain, TODAY)) == []
    assert [answer["activity"] for answer in plain["answers"]] == [*HEADLINE, *OTHERS]
    assert all(answer["items"] for answer in plain["answers"])
    instants = [datetime.fromisoformat(change["at"]) for change in plain["upcoming"]]
    assert instants == sorted(instants)
    assert all(each > datetime.fromisoformat(plain["at"]) for each in instants)
    assert {each["urgency"] for each in plain["watch_for"]["red_flags"]} >= {
        "emergency",
        "same_day",
        "contact_clinic",
    }


def test_error_shape(program: Program) -> None:
    """An error has its three keys on standard output and the same text on standard error."""
    ended = program.run("can-i", "makeup", "--treated", "01/05/2024", "--json")
    plain = ended.json()
    assert list(plain) == ["schema", "error", "hint"]
    assert plain["schema"] == "mesocare.error/1"
    assert ended.err == f"mesocare: {plain['error']}\n{plain['hint']}\n"
    assert ended.code == 2


def test_times_carry_the_offset_asked_for(program: Program) -> None:
    """Instants are in the zone of --tz, daylight saving time included, to the second."""
    plain = asked(program, "can-i", "makeup", *ASKED, "--tz", "Asia/Kathmandu")
    assert plain["at"] == "2024-05-02T15:00:00+05:45"
    assert plain["answer"]["allowed_from"] == "2024-05-03T14:30:00+05:45"
    winter = asked(
        program, "can-i", "makeup", "--treated", "2024-10-26T12:00", "--at", "2024-10-27"
    )
    assert winter["treatments"][0]["treated_latest"] == "2024-10-26T12:00:00+02:00"
    assert winter["answer"]["allowed_from"] == "2024-10-28T11:00:00+01:00"
    elsewhere = asked(program, "can-i", "makeup", "--treated", "2024-05-01T14:30+07:00", "--at", AT)
    assert elsewhere["treatments"][0]["treated_latest"] == "2024-05-01T09:30:00+02:00"


def test_null_where_the_rules_never_get_there(program: Program) -> None:
    """What is never allowed outright says null; so does what will not change any more."""
    late = ("--treated", TREATED, "--at", "2026-01-01T00:00", "--type", "brightening")
    sunbed = asked(program, "can-i", "sunbed", *late)["answer"]
    assert sunbed["verdict"] == "ask"
    assert sunbed["limited_from"] is sunbed["allowed_from"] is sunbed["next_change"] is None
    makeup = asked(program, "can-i", "makeup", *late)["answer"]
    assert makeup["verdict"] == "allowed"
    assert makeup["allowed_from"] is not None
    assert makeup["next_change"] is makeup["condition"] is None


def test_elapsed_time_and_day(program: Program) -> None:
    """Elapsed time is an interval in hours; the day of treatment is day 0."""
    exact = asked(program, "when", "makeup", *ASKED)["treatments"][0]
    assert (exact["elapsed_hours_min"], exact["elapsed_hours_max"], exact["day"]) == (24.5, 24.5, 1)
    vague = asked(program, "when", "makeup", "--treated", "2024-05-02", "--at", AT)["treatments"][0]
    assert (vague["elapsed_hours_min"], vague["elapsed_hours_max"], vague["day"]) == (0, 15, 0)


def test_explain_json_is_the_same_answer(program: Program) -> None:
    """`explain --json` gives the answer of `can-i` and the rule behind it."""
    plain = asked(program, "explain", "sauna", *ASKED)
    assert plain.pop("schema") == "mesocare.explain/1"
    rule = plain.pop("rule")
    assert [phase["verdict"] for phase in rule["phases"]] == ["avoid", "limited", "allowed"]
    assert [phase["until_hours"] for phase in rule["phases"]] == [168, 336, None]
    other = asked(program, "can-i", "sauna", *ASKED)
    assert other.pop("schema") == "mesocare.can-i/1"
    assert other.pop("read_as") == {"reading": "exact", "ids": ["sauna"]}
    assert other.pop("others") == []
    assert plain == other


@pytest.mark.parametrize(
    ("words", "type_", "at", "verdict"),
    [
        ("walking", "face", AT, "allowed"),
        ("hair dye", "face", AT, "allowed"),
        ("makeup", "face", AT, "avoid"),
        ("masks", "brightening", AT, "avoid"),
        ("hair dye", "scalp", AT, "avoid"),
        ("exercise", "face", AT, "limited"),
        ("sheet mask", "face", "2024-05-05", "limited"),
        ("retinol", "brightening", "2024-05-12", "ask"),
        ("actives", "brightening", "2024-05-12", "ask"),
    ],
)
def test_exit_codes(words: str, type_: str, at: str, verdict: str, program: Program) -> None:
    """`can-i` says its verdict in the exit code, as text and as JSON; nothing else does."""
    question = (*words.split(), "--treated", TREATED, "--at", at, "--type", type_)
    plain = program.run("can-i", *question, "--json")
    assert plain.json()["answer"]["verdict"] == verdict
    spoken = program.run("can-i", *question)
    assert spoken.out.splitlines()[0].split()[1] == verdict
    assert plain.code == spoken.code == EXIT_CODES[verdict]
    assert plain.err == spoken.err == ""
    for command in ("when", "explain"):
        assert program.run(command, *question).code == 0


@pytest.mark.parametrize("command", ["today", "when makeup", "explain makeup"])
def test_exit_code_without_a_verdict(command: str, program: Program) -> None:
    """Commands that give no single verdict exit with 0, though nothing is allowed yet."""
    for more in ([], ["--json"]):
        ended = program.run(*command.split(), *ASKED, *more)
        assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize("scene", ["uncertain", "several"])
def test_today_agrees_with_can_i(scene: str, program: Program, rules: RuleSet) -> None:
    """Every group has the same answer on the day's view and on its own."""
    day = asked(program, "today", *SCENES[scene])
    answers = {answer["activity"]: answer for answer in day["answers"]}
    assert list(answers) == list(rules.groups)
    for group, answer in answers.items():
        single = asked(program, "can-i", group, *SCENES[scene])
        assert single["answer"] == answer
        assert {key: single[key] for key in ("at", "treatments", "rules")} == {
            key: day[key] for key in ("at", "treatments", "rules")
        }


# Settings: the same question in several ways.

FULL = {
    "treated": ["2024-05-01T14:30", "1 May 2024"],
    "type": ["face", "scalp"],
    "at": "2024-05-02T15:00",
    "tz": "Asia/Bangkok",
}


@pytest.fixture(scope="module")
def other_rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a rule set that tells itself apart by its version."""
    content = (built_in() / "ruleset.yaml").read_bytes()
    changed = re.sub(rb"(?m)^version: .*$", b'version: "clinic-7"', content)
    target = tmp_path_factory.mktemp("rules") / "clinic"
    return copy_rules(built_in(), target, {"ruleset.yaml": changed})


def as_flags(rules: Path) -> list[str]:
    return [
        *flags("treated", FULL["treated"]),
        *flags("type", FULL["type"]),
        *("--at", str(FULL["at"]), "--tz", str(FULL["tz"]), "--rules", str(rules), "--json"),
    ]


def as_environment(rules: Path) -> dict[str, str | None]:
    return {
        "MESOCARE_TREATED": "2024-05-01T14:30; 1 May 2024",
        "MESOCARE_TYPE": "face;scalp",
        "MESOCARE_AT": "2024-05-02T15:00",
        "MESOCARE_TZ": "Asia/Bangkok",
        "MESOCARE_RULES": str(rules),
        "MESOCARE_JSON": "1",
    }


def as_file(folder: Path, rules: Path) -> Path:
    lines = [
        'treated = ["2024-05-01T14:30", "1 May 2024"]',
        'type = ["face", "scalp"]',
        'at = "2024-05-02T15:00"',
        'tz = "Asia/Bangkok"',
        f"rules = '{rules}'",
        "json = true",
        "no_color = true",
    ]
    path = folder / "config.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("command", ["today", "can-i makeup", "when sun", "explain sauna"])
def test_three_ways_to_ask(
    command: str, program: Program, other_rules: Path, tmp_path: Path
) -> None:
    """Flags, environment variables and the configuration file ask the same question."""
    words = command.split()
    by_flags = program.run(*words, *as_flags(other_rules))
    assert by_flags.json()["rules"]["version"] == "clinic-7"
    assert by_flags.json()["at"] == "2024-05-02T15:00:00+07:00"
    assert [each["type"] for each in by_flags.json()["treatments"]] == ["face", "scalp"]
    assert program.run(*words, env=as_environment(other_rules)) == by_flags
    path = as_file(tmp_path, other_rules)
    assert program.run(*words, env={"MESOCARE_CONFIG": str(path)}) == by_flags


def test_configuration_file_in_its_usual_place(program: Program, tmp_path: Path) -> None:
    """Without MESOCARE_CONFIG the file is looked for where programs keep theirs."""
    folder = tmp_path / "settings" / "mesocare"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(f'treated = "{TREATED}"\nat = "{AT}"\n', encoding="utf-8")
    found = program.run("can-i", "makeup", env={"XDG_CONFIG_HOME": str(tmp_path / "settings")})
    assert found == program.run("can-i", "makeup", *ASKED)


# What a flag, the environment and the file say, by setting.
PRECEDENCE = {
    "treated": ("2024-05-02T01:00", "2024-05-02T02:00", "2024-05-02T03:00"),
    "type": ("face", "scalp", "brightening"),
    "at": ("2024-05-04T01:00", "2024-05-04T02:00", "2024-05-04T03:00"),
    "tz": ("Asia/Tokyo", "Asia/Bangkok", "Asia/Kathmandu"),
}


def shown(setting: str, plain: dict[str, Any]) -> str:
    """Return how an answer shows a setting."""
    treatment = plain["treatments"][0]
    offsets = {"+09:00": "Asia/Tokyo", "+07:00": "Asia/Bangkok", "+05:45": "Asia/Kathmandu"}
    seen = {
        "treated": treatment["treated_latest"][:16],
        "type": treatment["type"],
        "at": plain["at"][:16],
        "tz": offsets.get(plain["at"][-6:], plain["at"][-6:]),
    }
    return str(seen[setting])


@pytest.mark.parametrize("setting", PRECEDENCE)
def test_precedence(setting: str, program: Program, tmp_path: Path) -> None:
    """A flag wins over the environment, the environment over the file, each setting by itself."""
    flag, variable, file = PRECEDENCE[setting]
    path = tmp_path / "config.toml"
    path.write_text(f'{setting} = "{file}"\n', encoding="utf-8")
    usual = {"treated": TREATED, "at": AT}
    rest = [part for key, value in usual.items() if key != setting for part in (f"--{key}", value)]
    env: dict[str, str | None] = {"MESOCARE_CONFIG": str(path)}
    assert shown(setting, asked(program, "when", "sun", *rest, env=env)) == file
    env[f"MESOCARE_{setting.upper()}"] = variable
    assert shown(setting, asked(program, "when", "sun", *rest, env=env)) == variable
    by_flag = asked(program, "when", "sun", *rest, f"--{setting}", flag, env=env)
    assert shown(setting, by_flag) == flag


def test_precedence_of_json(program: Program, tmp_path: Path) -> None:
    """Yes and no in the environment are read in several spellings and win over the file."""
    path = tmp_path / "config.toml"
    path.write_text("json = true\n", encoding="utf-8")
    for word, is_json in [("0", False), ("no", False), ("OFF", False), ("", True), ("Yes", True)]:
        env = {"MESOCARE_CONFIG": str(path), "MESOCARE_JSON": word}
        assert program.run("can-i", "makeup", *ASKED, env=env).out.startswith("{") is is_json
    off = {"MESOCARE_JSON": "false"}
    assert program.run("can-i", "makeup", *ASKED, "--json", env=off).out.startswith("{")


def test_precedence_of_rules(program: Program, other_rules: Path) -> None:
    """--rules wins over MESOCARE_RULES; a rule set may also be named by its ruleset.yaml."""
    env = {"MESOCARE_RULES": "/nowhere"}
    for path in (other_rules, other_rules / "ruleset.yaml"):
        plain = asked(program, "can-i", "sun", *ASKED, "--rules", str(path), env=env)
        assert plain["rules"]["version"] == "clinic-7"


def test_types_pair_up_in_order(program: Program) -> None:
    """Each --type belongs to the --treated of the same place; without any it is the face."""
    several = ("--treated", "2024-05-01T10:00", "--treated", "2024-05-02T11:00", "--at", AT)
    pairs = asked(program, "today", "--type", "scalp", "--type", "face", *several)["treatments"]
    assert [(each["type"], each["treated_latest"][:16]) for each in pairs] == [
        ("scalp", "2024-05-01T10:00"),
        ("face", "2024-05-02T11:00"),
    ]
    plain = asked(program, "today", *several)["treatments"]
    assert [each["type"] for each in plain] == ["face", "face"]


def test_the_system_zone_is_used(program: Program) -> None:
    """Without --tz the clock is that of the system."""
    here = asked(program, "can-i", "makeup", *ASKED)
    assert here == asked(program, "can-i", "makeup", *ASKED, "--tz", ZONE)
    there = asked(program, "can-i", "makeup", *ASKED, env={"TZ": "Asia/Tokyo"})
    assert there == asked(program, "can-i", "makeup", *ASKED, "--tz", "Asia/Tokyo")


@pytest.mark.parametrize("zone", ["CET-1CEST,M3.5.0,M10.5.0/3", "UTC0"])
def test_system_zones_without_a_name(zone: str, program: Program) -> None:
    """A TZ that is no IANA name is a setting of the system, not a fault of the program."""
    ended = program.run("can-i", "makeup", *ASKED, env={"TZ": zone})
    assert ended.code in {EXIT_CODES["avoid"], 2}
    assert "unforeseen" not in ended.err


# Words.


@pytest.mark.parametrize(
    ("words", "activity"),
    [
        ("makeup", "makeup"),
        ("put on some make-up yet", "makeup"),
        ("FOUNDATION", "foundation"),
        ("go to the gym", "intense-workout"),
        ("saunas", "sauna"),
        ("go in a sauna again", "sauna"),
        ("sheet masks", "regular-mask"),
        ("use retinol tonight", "retinoids"),
        ("hair dyes", "hair-colour"),
        ("swimming", "water"),
        ("use minoxidil", "minoxidil"),
        ("I please now wear foundation", "foundation"),
    ],
)
def test_words_people_type(words: str, activity: str, program: Program) -> None:
    """Aliases, filler words, plurals and capitals find the activity, quoted or not."""
    found = asked(program, "can-i", *words.split(), *ASKED)
    assert found["answer"]["activity"] == activity
    assert asked(program, "can-i", words, *ASKED) == found


def test_options_may_stand_among_the_words(program: Program) -> None:
    """Options may come before, between and after the words."""
    expected = program.run("can-i", "hair", "dye", *ASKED)
    assert program.run("can-i", *ASKED, "hair", "dye") == expected
    assert program.run("can-i", "hair", *ASKED, "dye") == expected


# Help.


def commands(program: Program) -> list[str]:
    """Return the names of all commands, as --help lists them."""
    listed = program.run("--help").out.partition("\nAnswers:\n")[2].partition("\n\n  Exit codes")[0]
    return re.findall(r"^  ([a-z][a-z-]*) ", listed, re.MULTILINE)


def examples(help_text: str) -> list[str]:
    """Return the command lines that a help text shows."""
    return re.findall(r"^ +(mesocare .+)$", help_text, re.MULTILINE)


def works(line: str, program: Program) -> Finished:
    """Run a command line as somebody would copy it."""
    return program.run(*shlex.split(line)[1:])


def test_version(program: Program, rules: RuleSet) -> None:
    """--version names the program, the rule set and when that was reviewed."""
    ended = program.run("--version")
    assert (ended.code, ended.err) == (0, "")
    identity = rules.identity
    assert f"mesocare {__version__}\n" in ended.out
    assert f"{identity.name} {identity.version}" in ended.out
    assert identity.reviewed in ended.out


def test_bare_call_and_help(own: Program) -> None:
    """The help opens with examples that work as they stand."""
    bare = own.run("--help")
    assert (bare.code, bare.err) == (0, "")
    assert 0 < bare.out.index("Examples:") < bare.out.index("Options:")
    shown_lines = examples(bare.out)
    assert len(shown_lines) >= 3
    for line in shown_lines:
        assert works(line, own).code in EXIT_CODES.values()


def test_every_command_has_help_with_an_example(own: Program) -> None:
    """Each command says what it is for, shows an example that works, and lists its options."""
    own.run("treated", "yesterday")
    names = commands(own)
    assert {"today", "can-i", "when", "explain"} <= set(names)
    for name in names:
        ended = own.run(name, "--help")
        assert (ended.code, ended.err) == (0, "")
        (line, *_) = examples(ended.out)
        assert line.split()[:2] == ["mesocare", name]
        assert ended.out.index(line) < ended.out.index("Options:")
        ended = works(line, own)
        assert ended.code in EXIT_CODES.values() or NEEDS[name] in ended.err, line


def test_options_name_their_variables(program: Program) -> None:
    """The help of a command names the environment variable of every shared option."""
    found = " ".join(program.run("today", "--help").out.split())
    for name in "TREATED TYPE AT TZ RULES JSON NO_COLOR".split():
        assert f"--{name.lower().replace('_', '-')} " in found
        assert f"[env: MESOCARE_{name}]" in found


# Uncertain times and several treatments.


def flat(ended: Finished) -> str:
    """Return a text with its line breaks gone."""
    return " ".join(ended.out.split())


def test_uncertain_date(program: Program) -> None:
    """With a date alone the worst case holds, and the text says what the time would change."""
    vague = SCENES["uncertain"]
    answer = asked(program, "can-i", "makeup", *vague)["answer"]
    assert (answer["certain"], answer["verdict"]) == (False, "avoid")
    assert answer["verdict_if_earliest"] == "allowed"
    assert answer["allowed_from"] == "2024-05-04T00:00:00+02:00"
    for command in ("can-i", "when"):
        said = flat(program.run(command, "makeup", *vague))
        assert "The time of treatment decides" in said
        assert "--treated 2024-05-01T" in said
        # Where nothing is cut to fit, it says what knowing the time would change.
        whole = flat(program.run(command, "makeup", *vague, env={"COLUMNS": "40"}))
        assert "Had it been as early as 00:00, this would be allowed already." in whole
    day = flat(program.run("today", *vague))
    assert "! No time given, so the latest counts. To be exact: --treated 2024-05-01T" in day
    whole = flat(program.run("today", "--all", *vague))
    assert "! Make-up: the time of treatment decides. Had it been as early as 00:00" in whole
    exact = asked(program, "can-i", "makeup", "--treated", "2024-05-01T14:30", *vague[2:])["answer"]
    assert (exact["certain"], exact["verdict"]) == (True, "avoid")
    early = asked(program, "can-i", "makeup", "--treated", "2024-05-01T11:30", *vague[2:])["answer"]
    assert (early["certain"], early["verdict"]) == (True, "allowed")


def test_certain_although_the_time_is_unknown(program: Program) -> None:
    """Where knowing the time changes nothing, nothing is said about it."""
    scene = ("--treated", "2024-05-01", "--at", AT)
    assert asked(program, "can-i", "makeup", *scene)["answer"]["certain"] is True
    for command in ("can-i makeup", "when makeup"):
        assert "time of treatment decides" not in flat(program.run(*command.split(), *scene))


def test_clock_time_that_came_twice(program: Program) -> None:
    """A clock time that the day had twice is an interval of an hour; the time was given."""
    scene = ("--treated", "2024-10-27 02:30", "--at", "2024-10-29T02:00")
    plain = asked(program, "can-i", "makeup", *scene)
    assert plain["treatments"][0]["treated_earliest"] == "2024-10-27T02:30:00+02:00"
    assert plain["treatments"][0]["treated_latest"] == "2024-10-27T02:30:00+01:00"
    assert plain["answer"]["certain"] is False
    said = flat(program.run("can-i", "makeup", *scene))
    assert "02:30" in said
    assert "time not given" not in said


def test_several_treatments(program: Program) -> None:
    """The strictest verdict wins, and the answer names the treatment that decides."""
    face, scalp = "2024-05-01T10:00", "2024-05-02T09:00"
    scene = ("--treated", scalp, "--type", "scalp", "--treated", face, "--type", "face", "--at", AT)
    for words, type_, when in [("makeup", "face", face), ("hair dye", "scalp", scalp)]:
        answer = asked(program, "can-i", *words.split(), *scene)["answer"]
        assert answer["verdict"] == "avoid"
        assert answer["governed_by"]["type"] == type_
        assert answer["governed_by"]["treated_latest"][:16] == when
        said = flat(program.run("can-i", *words.split(), *scene))
        assert len(re.findall(r"After \w+ mesotherapy, ", said)) == 2
        (decides,) = re.findall(r"After (\w+) mesotherapy, [^.]*: this one decides\.", said)
        assert decides == type_


@pytest.mark.parametrize(
    "scene",
    [*SCENES.values(), ("--treated", "2024-10-27 02:30", "--at", "2024-10-29T02:00")],
    ids=[*SCENES, "twice"],
)
def test_the_way_to_the_sources(scene: tuple[str, ...], program: Program) -> None:
    """Where `can-i` says which command shows the sources, that asks about the same treatments."""
    said = flat(program.run("can-i", "foundation", *scene))
    shown_line = re.search(r"mesocare explain .*?(?= After \w+ mesotherapy)", said)
    if shown_line is None:
        assert "source" not in said.lower()
        return
    assert "..." not in shown_line[0]
    ended = program.run(*shlex.split(shown_line[0])[1:], "--json")
    asked_for = asked(program, "can-i", "foundation", *scene)
    assert ended.json()["answer"]["activity"] == "foundation"
    assert [(each["type"], each["treated_earliest"]) for each in ended.json()["treatments"]] == [
        (each["type"], each["treated_earliest"]) for each in asked_for["treatments"]
    ]


def test_second_session_starts_the_wait_again(program: Program) -> None:
    """Of two sessions of one type the later one holds the answer back."""
    first = ("--treated", "2024-05-01T10:00", "--at", "2024-05-04T12:00")
    both = (*first, "--treated", "2024-05-03T10:00")
    assert asked(program, "can-i", "makeup", *first)["answer"]["verdict"] == "allowed"
    answer = asked(program, "can-i", "makeup", *both)["answer"]
    assert answer["verdict"] == "avoid"
    assert answer["governed_by"]["treated_latest"] == "2024-05-03T10:00:00+02:00"
    assert answer["allowed_from"] == "2024-05-05T10:00:00+02:00"


@pytest.mark.parametrize(
    ("words", "scene"),
    [
        ("makeup", ASKED),
        ("exercise", ASKED),
        ("sun", SCENES["uncertain"]),
        # The scalp decides now; later the face, treated before, still holds the answer back.
        (
            "hot shower",
            (
                *("--treated", "2024-04-29T07:00", "--type", "face"),
                *("--treated", "2024-05-02T14:00", "--type", "scalp", "--at", AT),
            ),
        ),
        (
            "icy cold",
            (
                *("--treated", "2024-04-29T07:00", "--type", "face"),
                *("--treated", "2024-05-02T14:00", "--type", "scalp", "--at", AT),
            ),
        ),
    ],
    ids=["makeup", "exercise", "uncertain", "hot-shower-several", "icy-cold-several"],
)
def test_when_names_one_instant(words: str, scene: tuple[str, ...], program: Program) -> None:
    """No line of `when` says "allowed" earlier than the answer: a false yes misleads."""
    answer = asked(program, "when", *words.split(), *scene)["answer"]
    said = program.run("when", *words.split(), *scene).out
    named = re.findall(r"^(?:Allowed|\+ allowed) +from (.*\d\d:\d\d)", said, re.MULTILINE)
    if answer["allowed_from"] is None:
        assert named == []
        assert "no date" in said
        return
    instant_ = datetime.fromisoformat(answer["allowed_from"])
    expected = f"{instant_:%a} {instant_.day} {instant_:%b, %H:%M}"
    # The first step that is; later steps may lift exceptions.
    assert named[0] == expected


def test_answers_move_on_with_time(program: Program) -> None:
    """Verdicts only get milder as time goes by, and change when the answer said they would."""
    treated = ("--treated", "2024-05-01T14:30")
    order = ["avoid", "ask", "limited", "allowed"]
    at, seen = "2024-05-01T14:30", []
    while at:
        answer = asked(program, "can-i", "sheet mask", *treated, "--at", at)["answer"]
        seen.append(answer["verdict"])
        if answer["verdict"] == "allowed":
            assert datetime.fromisoformat(answer["allowed_from"]) == datetime.fromisoformat(at)
            break
        at = answer["next_change"]
    assert seen == ["avoid", "limited", "allowed"]
    assert all(order.index(early) <= order.index(late) for early, late in pairwise(seen))
