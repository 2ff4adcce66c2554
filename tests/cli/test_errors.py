"""What cannot be used, and what goes wrong around the program: clear text, exit 2, no traceback."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import textwrap
from typing import TYPE_CHECKING

import pytest

from mesocare.rules import cache
from mesocare.rules.loader import built_in
from tests.support.process import ASKED, AT, TREATED, Finished, Program, copy_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.support.process import Argument

AVOID, REFUSED, UNFORESEEN, INTERRUPTED = 1, 2, 70, 130
QUESTION = ("can-i", "makeup", *ASKED)


def refused(
    program: Program,
    *arguments: Argument,
    says: tuple[str, ...] = (),
    env: Mapping[str, Argument | None] | None = None,
) -> str:
    """Check how a bad input is refused, as text and under --json; return the message."""
    before = program.written()
    plain = program.run(*arguments, env=env)
    machine = program.run(*arguments, "--json", env=env)
    assert program.written() == before
    assert plain.code == machine.code == REFUSED, plain.err
    assert plain.out == ""
    lines = plain.err.splitlines()
    assert plain.err.startswith("mesocare: ")
    assert len(lines) >= 2, "a message and a line on what to do"
    assert "Traceback" not in plain.err
    for expected in says:
        assert expected in plain.err
    assert machine.err == plain.err
    found = machine.json()
    assert found.pop("schema") == "mesocare.error/1"
    assert lines[0] == f"mesocare: {found.pop('error')}"
    assert lines[-1] == found.pop("hint")
    assert set(found) <= {"problems"}
    assert machine.out.endswith("}\n")
    return plain.err


@pytest.fixture(scope="module")
def usual(program: Program) -> Finished:
    """Return the answer of an ordinary run."""
    ended = program.run(*QUESTION)
    assert (ended.code, ended.err) == (AVOID, "")
    return ended


@pytest.fixture(scope="module")
def verdicts(program: Program) -> list[tuple[str, str]]:
    """Return the verdicts of an ordinary day."""
    return said_in(program.run("today", *ASKED, "--json"))


def said_in(ended: Finished) -> list[tuple[str, str]]:
    """Return each activity with its verdict."""
    return [(answer["activity"], answer["verdict"]) for answer in ended.json()["answers"]]


# What was typed.

DATES = [
    ("01/05/2024", ("'01/05/2024'", "2024-01-05", "2024-05-01", "Type")),
    ("12.5.24", ("'12.5.24'", "2024-05-12", "2024-12-05", "Type")),
    ("5", ("'5'", "Type")),
    ("2024", ("'2024'", "Type", "2024-")),
    ("2024-02-30", ("'2024-02-30'", "2024-02-29", "2024-03-01", "Type")),
    ("2023-02-29", ("'2023-02-29'", "2023-02-28", "Type")),
    ("2024-05-01T25:00", ("'2024-05-01T25:00'", "Type")),
    ("2024-03-31 02:30", ("'2024-03-31 02:30'", "03:00", "Type")),
    ("2024-05-03", ("'2024-05-03'", "future", "--at")),
    ("tomorrow", ("'tomorrow'", "future", "--at")),
    ("soon", ("'soon'", "Type", "yesterday 15:00")),
    ("", ("No date", "2024-05-01")),
    ("9" * 500, ("Type",)),
    ("1 May 2024\n\x1b[31m", ("Type",)),
    ("१ मई", ("Type",)),
]


@pytest.mark.parametrize(("typed", "says"), DATES, ids=[repr(typed)[:24] for typed, _ in DATES])
def test_dates(typed: str, says: tuple[str, ...], program: Program) -> None:
    """Ambiguous, impossible and future treatment dates are refused, with what to type."""
    message = refused(program, "today", "--treated", typed, "--at", AT, says=says)
    assert "\x1b" not in message


@pytest.mark.parametrize("typed", ["01/05/2024", "2024-13-01", "whenever", ""])
def test_instants_asked_about(typed: str, program: Program) -> None:
    """--at is held to the same rules."""
    refused(program, "today", "--treated", "2023-05-01", "--at", typed)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("Berlin", ("'Berlin'", "Type", "Europe/Berlin")),
        ("europe/berlin", ("'europe/berlin'", "Europe/Berlin")),
        ("Europe/Brelin", ("'Europe/Brelin'", "Europe/Berlin")),
        ("Middle/Earth", ("'Middle/Earth'", "Type")),
        ("../../etc/passwd", ("Type",)),
        ("+02:00", ("'+02:00'", "Type")),
        ("", ("Type",)),
    ],
)
def test_zones(typed: str, says: tuple[str, ...], program: Program) -> None:
    """A zone that does not exist is refused with the closest names."""
    refused(program, "today", *ASKED, "--tz", typed, says=says)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("juggling", ("'juggling'", "makeup", "Type")),
        ("saunna thing", ("'saunna thing'", "sauna", "Type")),
        ("origami", ("'origami'", "Type", "mesocare today")),
        ("not makeup", ("'not makeup'", "Type")),
        ("", ("''", "Type")),
        ("x" * 1000, ("1000", "Type")),
    ],
    ids=["juggling", "saunna", "origami", "not-makeup", "empty", "long"],
)
def test_unknown_activities(typed: str, says: tuple[str, ...], program: Program) -> None:
    """An activity nobody wrote a rule for is never allowed: closest names, exit 2."""
    refused(program, "can-i", typed, *ASKED, says=says)


@pytest.mark.parametrize("command", ["when", "explain"])
def test_unknown_activities_elsewhere(command: str, program: Program) -> None:
    """Every command that takes words refuses unknown ones alike."""
    message = refused(program, command, "juggling", *ASKED)
    assert message == program.run("can-i", "juggling", *ASKED).err


USES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "unknown type": (
        ("today", *ASKED, "--type", "neck"),
        ("'neck'", "face, scalp, brightening", "--type"),
    ),
    "type of no word": (("today", *ASKED, "--type", "Scalps"), ("'Scalps'", "--type scalp")),
    "type without treated": (
        ("today", "--type", "scalp"),
        ("--type scalp", "--treated 2024-05-01T14:30"),
    ),
    "more treatments than types": (
        ("today", *ASKED, "--treated", "2024-05-01", "--type", "scalp"),
        ("2 --treated", "1 --type", f"--treated {TREATED} --type scalp --treated 2024-05-01"),
    ),
    "more types than treatments": (
        ("today", *ASKED, "--type", "scalp", "--type", "face"),
        ("1 --treated", "2 --type", f"--treated {TREATED} --type scalp"),
    ),
    "no treatment": (("today",), ("no treatment", "mesocare today --treated")),
    "no treatment for a question": (("can-i", "makeup"), ("no treatment", "--treated")),
    "no words": (("can-i", *ASKED), ("mesocare can-i --help",)),
    "unknown option": (("today", "--frobnicate"), ("--frobnicate", "mesocare today --help")),
    "misspelt option": (
        ("today", "--treatd", TREATED),
        ("--treatd", "--treated", "mesocare today --help"),
    ),
    "option without a value": (
        ("today", "--treated"),
        ("--treated", "mesocare today --help"),
    ),
    "flag with a value": (("today", *ASKED, "--no-color=1"), ("--no-color",)),
    "unknown command": (("frobnicate",), ("'frobnicate'", "mesocare --help")),
    "misspelt command": (("todya", *ASKED), ("'todya'", "today")),
    "words where none belong": (("course", "makeup", *ASKED), ("makeup", "mesocare course --help")),
}


@pytest.mark.parametrize(("arguments", "says"), USES.values(), ids=USES)
def test_uses(arguments: tuple[str, ...], says: tuple[str, ...], program: Program) -> None:
    """A command line that cannot be used says what was given, what is possible, what to type."""
    if arguments[-1] == "--treated":  # it would take --json for its value
        ended = program.run(*arguments)
        assert (ended.code, ended.out) == (REFUSED, "")
        assert all(expected in ended.err for expected in says), ended.err
        return
    refused(program, *arguments, says=says)


@pytest.mark.parametrize(
    "arguments",
    [
        ("can-i", b"caf\xe9", *ASKED),
        ("today", "--treated", b"\xff\xfe"),
        ("today", *ASKED, "--at", b"\xff"),
        ("today", *ASKED, "--tz", b"Europe/\xff"),
        ("today", *ASKED, "--type", b"\xff"),
        ("today", *ASKED, "--rules", b"/\xff\xfe"),
        ("today", *ASKED, b"--\xff"),
        (b"\xff\xfe",),
    ],
    ids=["words", "treated", "at", "tz", "type", "rules", "option", "command"],
)
def test_arguments_that_are_not_utf8(arguments: tuple[Argument, ...], program: Program) -> None:
    """Bytes of another encoding are refused like any other words."""
    refused(program, *arguments)


def test_arguments_outside_the_locale(program: Program) -> None:
    """Letters that the locale does not have are refused like any other words."""
    for word in ("café", b"caf\xe9"):
        refused(program, "can-i", word, *ASKED, env=LOCALES["C without UTF-8"])


@pytest.mark.parametrize("word", ["0", "false", "maybe"])
def test_errors_follow_the_variable_for_json(word: str, program: Program) -> None:
    """An error is JSON where an answer would have been, and nowhere else."""
    ended = program.run("can-i", "juggling", *ASKED, env={"MESOCARE_JSON": word})
    assert (ended.code, ended.out) == (REFUSED, "")


def test_errors_follow_the_file_for_json(program: Program, tmp_path: Path) -> None:
    """Who asked for JSON in the configuration file gets an error in JSON too."""
    path = tmp_path / "config.toml"
    path.write_text("json = true\n", encoding="utf-8")
    env = {"MESOCARE_CONFIG": str(path)}
    assert program.run(*QUESTION, env=env).json()["schema"] == "mesocare.can-i/1"
    ended = program.run("can-i", "juggling", *ASKED, env=env)
    assert ended.code == REFUSED
    assert ended.json()["schema"] == "mesocare.error/1"


def test_variables_are_refused_by_name(program: Program) -> None:
    """A variable that is neither yes nor no is named."""
    ended = program.run(*QUESTION, env={"MESOCARE_JSON": "maybe"})
    assert ended.code == REFUSED
    assert "MESOCARE_JSON is 'maybe'" in ended.err
    assert "MESOCARE_JSON=1" in ended.err


# Rule sets.

BOMB = b"".join(
    b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9 if n else [b"x"] * 9))
    for n in range(12)
)


def edited(name: str, pattern: bytes, new: bytes) -> dict[str, bytes]:
    """Return a rule file with the first match of a pattern replaced."""
    content = (built_in() / name).read_bytes()
    changed = re.sub(pattern, new, content, count=1)
    assert changed != content
    return {name: changed}


FAULTY: dict[str, tuple[dict[str, bytes], tuple[str, ...]]] = {
    "empty": ({"care.yaml": b""}, ("care.yaml", "empty")),
    "binary": ({"care.yaml": bytes(range(256)) * 8}, ("care.yaml:", "UTF-8")),
    "binary evidence": ({"evidence.tsv": bytes(range(256))}, ("evidence.tsv:", "UTF-8")),
    "not YAML": ({"care.yaml": b"care: [\n"}, ("care.yaml:2: not YAML",)),
    "another shape": ({"care.yaml": b"- care\n"}, ("care.yaml:1", "mapping")),
    "nested": ({"care.yaml": b"care: " + b"[" * 400 + b"]" * 400}, ("care.yaml:1",)),
    "nested deeply": ({"care.yaml": b"care: " + b"[" * 5000 + b"]" * 5000}, ("care.yaml:1",)),
    "nested to the limit": ({"care.yaml": b"[" * 1_000_000}, ("care.yaml:1",)),
    "mappings nested to the limit": ({"care.yaml": b"{a: " * 100_000}, ("care.yaml:1",)),
    "alias bomb": ({"care.yaml": BOMB + b"care: *a11\n"}, ("care.yaml:",)),
    "alias of itself": ({"care.yaml": b"care: &a {b: *a}\n"}, ("care.yaml:1",)),
    "object": ({"care.yaml": b"care: !!python/object/apply:os.abort []\n"}, ("care.yaml:1",)),
    "duplicate key": (
        edited("activities/makeup.yaml", rb"(?m)^    harm: \w+\n", rb"\g<0>\g<0>"),
        ("activities/makeup.yaml:", "items.foundation.harm", "twice"),
    ),
    "unknown key": (
        edited("activities/makeup.yaml", rb"(?m)^    harm: ", b"    hram: "),
        ("activities/makeup.yaml:", "'hram'", "did you mean harm", "instead"),
    ),
    "unknown evidence": (
        edited("activities/makeup.yaml", rb"S001-003", b"S999-003"),
        ("activities/makeup.yaml:", "'S999-003'", "evidence.tsv"),
    ),
    "bad duration": (
        edited("activities/makeup.yaml", rb"until: 48 h", b"until: two days"),
        ("activities/makeup.yaml:", "until", "48 h"),
    ),
    "phases out of order": (
        edited("activities/masks.yaml", rb"until: 72 h", b"until: 9 d"),
        ("activities/masks.yaml:", "items.regular-mask.rules.face.phases.1.until"),
    ),
}


@pytest.mark.parametrize(("changes", "says"), FAULTY.values(), ids=FAULTY)
def test_faulty_rule_files(
    changes: dict[str, bytes], says: tuple[str, ...], program: Program, tmp_path: Path
) -> None:
    """A rule file that does not hold together is refused with file, line and path."""
    path = copy_rules(built_in(), tmp_path / "rules", changes)
    refused(program, *QUESTION, "--rules", str(path), says=says)


MISSPELT = edited("activities/makeup.yaml", rb"(?m)^    harm: ", b"    hram: ")
MISORDERED = edited("activities/masks.yaml", rb"until: 72 h", b"until: 9 d")
UNGROUNDED = edited("activities/sun.yaml", rb"S001-069", b"S999-069")


@pytest.mark.parametrize(
    "changes",
    [{**MISSPELT, "care.yaml": b""}, {**MISORDERED, **UNGROUNDED}, {**MISSPELT, **MISORDERED}],
    ids=["of form", "of sense", "of both"],
)
def test_all_problems_at_once(changes: dict[str, bytes], program: Program, tmp_path: Path) -> None:
    """Problems of several files are reported together; JSON holds every one of them."""
    path = copy_rules(built_in(), tmp_path / "rules", changes)
    message = refused(program, *QUESTION, "--rules", str(path))
    for name in changes:
        assert f"\n  {name}:" in message
    problems = program.run(*QUESTION, "--rules", str(path), "--json").json()["problems"]
    assert [f"  {problem}" for problem in problems] == message.splitlines()[1:-1]


def missing(path: Path) -> None:
    (path / "care.yaml").unlink()


def sparse(path: Path) -> None:
    with (path / "care.yaml").open("wb") as file:
        file.truncate(2**30)


def folder(path: Path) -> None:
    (path / "care.yaml").unlink()
    (path / "care.yaml").mkdir()


def circle(path: Path) -> None:
    (path / "care.yaml").unlink()
    (path / "care.yaml").symlink_to("care.yaml")


def fifo(path: Path) -> None:
    (path / "care.yaml").unlink()
    os.mkfifo(path / "care.yaml")


def device(path: Path) -> None:
    (path / "care.yaml").unlink()
    (path / "care.yaml").symlink_to("/dev/zero")


@pytest.mark.parametrize("spoil", [missing, sparse, folder, circle, fifo, device])
def test_unreadable_rule_files(
    spoil: Callable[[Path], None], program: Program, tmp_path: Path
) -> None:
    """A file that is missing, huge or no file at all is named, and never waited for."""
    path = copy_rules(built_in(), tmp_path / "rules")
    spoil(path)
    refused(program, *QUESTION, "--rules", str(path), says=("care.yaml: ", str(path)))


@pytest.mark.parametrize("path", ["/nowhere/at/all", "/dev/null", "/etc/passwd", "/", "x" * 5000])
def test_paths_that_hold_no_rules(path: str, program: Program) -> None:
    """A path that is no rule set is refused, with what a rule set looks like."""
    refused(program, *QUESTION, "--rules", path, says=("directory",))


# The configuration file.

CONFIGURATIONS: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "not TOML": (b"tz: Europe/London\n", ("not TOML", 'tz = "Europe/London"')),
    "binary": (bytes(range(256)), ()),
    "unknown key": (b'zone = "Europe/London"\n', ("'zone'", "Known", "tz")),
    "flag as text": (b'json = "yes"\n', ("'json'", "'yes'", "true or false")),
    "text as number": (b"tz = 1\n", ("'tz'", "text in quotes")),
    "date without quotes": (b"treated = 2024-05-01\n", ("'treated'", "text in quotes")),
    "list of numbers": (b"treated = [1, 2]\n", ("'treated'", "text in quotes")),
    "list where one belongs": (b'at = ["2024-05-01"]\n', ("'at'", "text in quotes")),
    "table": (b'[mesocare]\ntz = "Europe/London"\n', ("'mesocare'", "Known")),
    "nested deeply": (b"tz = " + b"[" * 100_000, ()),
    "bad date": (b'at = "01/05/2024"\n', ("'01/05/2024'", "2024-05-01")),
    "bad zone": (b'tz = "Nowhere"\n', ("'Nowhere'", "zone")),
}


@pytest.mark.parametrize(("content", "says"), CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_bad_configuration_files(
    content: bytes, says: tuple[str, ...], program: Program, tmp_path: Path
) -> None:
    """A configuration file that cannot be used is refused: which setting, and what it takes."""
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    about_value = any(word in content for word in (b"01/05", b"Nowhere"))
    where = () if about_value else (str(path),)
    env = {"MESOCARE_CONFIG": str(path)}
    refused(program, "can-i", "makeup", "--treated", TREATED, env=env, says=(*says, *where))


def test_configuration_path_that_is_no_file(program: Program, tmp_path: Path) -> None:
    """A directory is refused as a configuration file."""
    refused(program, *QUESTION, env={"MESOCARE_CONFIG": str(tmp_path)}, says=(str(tmp_path),))


def test_configuration_file_is_never_waited_for(program: Program, tmp_path: Path) -> None:
    """A pipe in place of the configuration file does not hang the program."""
    path = tmp_path / "config.toml"
    os.mkfifo(path)
    ended = program.spawn(*QUESTION, env={"MESOCARE_CONFIG": str(path)}, patience=3)
    assert ended.code in {AVOID, REFUSED}


# Output that cannot be delivered.

OUTPUTS = ["today --all", "can-i makeup --json", "--help", "today --help", "--version", ""]
REDIRECTIONS = [">&-", ">/dev/full", ">&- 2>&-", ">/dev/full 2>&-", ">/dev/full 2>/dev/full"]


def full(command: str) -> list[str]:
    """Return a command line, with a treatment where it needs one."""
    words = command.split()
    return [*words, *ASKED] if words and words[-1] not in {"--help", "--version"} else words


def undelivered(ended: Finished) -> None:
    """Check that somebody who did not get the answer is told so."""
    assert "Traceback" not in ended.err
    assert "Exception ignored" not in ended.err
    assert ended.code == REFUSED, ended.err
    assert ended.err.startswith("mesocare: ")
    assert "Run the command again" in ended.err


@pytest.mark.parametrize("command", OUTPUTS)
def test_reader_that_closes_at_once(command: str, program: Program) -> None:
    """A pipe that nobody reads is an answer that was not given."""
    undelivered(program.unread(*full(command), take=0))


def test_reader_that_takes_the_first_line(program: Program) -> None:
    """`today --json | head -1`: what the reader did not take was not delivered."""
    command = full("today --json")
    assert len(program.run(*command).out) > 2 * 65536, "more than a pipe holds"
    ended = program.unread(*command, take=100)
    assert ended.out.startswith('{"schema"')
    undelivered(ended)


def test_reader_that_takes_everything(program: Program) -> None:
    """Where all was delivered, nothing is complained of."""
    ended = program.redirected("| cat", *full("today --all"))
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == program.run(*full("today --all")).out


@pytest.mark.parametrize("redirection", REDIRECTIONS)
@pytest.mark.parametrize("command", OUTPUTS)
def test_output_that_goes_nowhere(command: str, redirection: str, program: Program) -> None:
    """A closed output or a full disk is exit 2; with standard error gone too, just that."""
    ended = program.redirected(redirection, *full(command))
    if "2>" in redirection:
        assert (ended.code, ended.out, ended.err) == (REFUSED, "", "")
    else:
        undelivered(ended)


@pytest.mark.parametrize("redirection", [">&-", ">/dev/full", "2>&-", "2>/dev/full", ">&- 2>&-"])
def test_errors_that_go_nowhere(redirection: str, program: Program) -> None:
    """An error keeps its exit code and what is left of its text, wherever the rest goes."""
    for more in ([], ["--json"]):
        ended = program.redirected(redirection, "can-i", "juggling", *ASKED, *more)
        assert ended.code == REFUSED
        assert "Traceback" not in ended.err
        if "2>" not in redirection:
            assert "'juggling'" in ended.err
        if more and ">&-" not in redirection.split() and ">/dev/full" not in redirection.split():
            assert '"mesocare.error/1"' in ended.out


@pytest.mark.parametrize("redirection", ["<&-", "2>&-", "2>/dev/full", "<&- 2>&-"])
def test_streams_nobody_needs(redirection: str, program: Program, usual: Finished) -> None:
    """An answer needs neither standard input nor standard error."""
    ended = program.redirected(redirection, *QUESTION)
    assert (ended.code, ended.out) == (AVOID, usual.out)


# The surroundings.

LOCALES: dict[str, dict[str, str | None]] = {
    "C": {"LC_ALL": "C", "LANG": None},
    "C without UTF-8": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "ASCII": {"PYTHONIOENCODING": "ascii"},
    "ASCII, strict": {"PYTHONIOENCODING": "ascii:strict"},
    "Latin-1": {"PYTHONIOENCODING": "latin-1"},
    "Windows": {"PYTHONIOENCODING": "cp1252"},
    "UTF-16": {"PYTHONIOENCODING": "utf-16"},
    "unknown": {"LC_ALL": "xx_YY.none", "LANG": "xx_YY.none"},
    "none": {"LANG": None},
}


@pytest.mark.parametrize("env", LOCALES.values(), ids=LOCALES)
def test_locales(
    env: dict[str, str | None],
    program: Program,
    usual: Finished,
    verdicts: list[tuple[str, str]],
) -> None:
    """Every encoding gets an answer, the same one; JSON stays JSON."""
    encoding = (env.get("PYTHONIOENCODING") or "utf-8").partition(":")[0]
    assert program.spawn(*QUESTION, env=env, encoding=encoding) == usual
    for command in ("today --all", "explain makeup"):
        text = program.spawn(*command.split(), *ASKED, env=env, encoding=encoding)
        assert (text.code, text.err) == (0, "")
    plain = program.spawn("today", *ASKED, "--json", env=env, encoding=encoding)
    assert said_in(plain) == verdicts
    wrong = program.spawn("can-i", "juggling", *ASKED, "--json", env=env, encoding=encoding)
    assert wrong.code == REFUSED
    assert wrong.json()["schema"] == "mesocare.error/1"


def spoiled(content: bytes) -> dict[str, bytes]:
    """Return what may stand in the place of a cache file, each of no use."""
    digest_line, _, payload = content.partition(b"\n")
    return {
        "empty": b"",
        "cut": content[: len(content) // 2],
        "changed": content.replace(b'"avoid"', b'"ready"'),
        "unsealed": payload,
        "of another rule set": digest_line.swapcase() + b"\n" + payload,
        "binary": bytes(range(256)) * 100,
        "nested": digest_line + b"\n" + b"[" * 100_000,
    }


def test_corrupt_cache(tmp_path: Path) -> None:
    """A damaged or foreign cache file costs time and nothing else, and is put right."""
    program = Program(tmp_path)
    expected = program.run("today", *ASKED, "--json")
    (path,) = program.cache.iterdir()
    content = path.read_bytes()
    for name, wrong in spoiled(content).items():
        path.write_bytes(wrong)
        assert program.run("today", *ASKED, "--json") == expected, name
        assert path.read_bytes() == content, name
    path.unlink()
    path.mkdir()
    assert program.run("today", *ASKED, "--json") == expected


@pytest.mark.parametrize("payload", [b"{}", b"[]", b"null", b'{"rules": 1}', b"[" * 100_000])
def test_foreign_cache_with_a_right_seal(payload: bytes, tmp_path: Path) -> None:
    """Even a file that is sealed like ours but holds something else is left aside."""
    program = Program(tmp_path)
    expected = program.run(*QUESTION, "--json")
    (path,) = program.cache.iterdir()
    digest = expected.json()["rules"]["sha256"]
    path.write_bytes(
        cache._seal(cache._key(digest, cache.RULES, cache.code()), payload) + b"\n" + payload
    )
    assert program.run(*QUESTION, "--json") == expected


@pytest.mark.parametrize("place", ["/dev/null", "/dev/null/below", "/proc", "loop", "read-only"])
def test_cache_that_cannot_be_written(
    place: str, program: Program, usual: Finished, tmp_path: Path
) -> None:
    """Without a place for the cache the answers are the same."""
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "read-only").mkdir(mode=0o500)
    ended = program.run(*QUESTION, env={"MESOCARE_CACHE_DIR": str(tmp_path / place)})
    assert ended == usual


@pytest.mark.parametrize("home", [None, "", "/dev/null", "missing", "file", "relative"])
def test_homes(home: str | None, program: Program, usual: Finished, tmp_path: Path) -> None:
    """A home directory that is unset, missing or no directory does not matter."""
    (tmp_path / "file").write_text("no directory", encoding="utf-8")
    place = None if home is None else str(tmp_path / home) if home else ""
    if home == "relative":
        place = "not/absolute"
    env = {"HOME": place, "MESOCARE_CACHE_DIR": None, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    if home is None or not home:  # the system would name the real one
        env["XDG_CONFIG_HOME"] = str(tmp_path / "settings")
    assert program.run(*QUESTION, env=env) == usual


def test_runs_from_a_directory_that_is_gone(
    program: Program, usual: Finished, tmp_path: Path
) -> None:
    """The directory it is started in may have been deleted."""
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f'cd "{gone}" && rmdir "{gone}" && exec "$0" "$@"'
    ended = subprocess.run(
        ["/bin/sh", "-c", script, program.path, *QUESTION],
        env=program.environment(),
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert (ended.returncode, ended.stdout) == (AVOID, usual.out)


# Faults that nobody foresaw, and Ctrl-C.

PLANTED = """
    import os, signal, sys

    # Whoever started the tests may have had it ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)

    class Plant:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name == os.environ.get("PLANT_FAULT"):
                raise RuntimeError("planted fault")
            if name == os.environ.get("PLANT_SIGNAL"):
                os.kill(os.getpid(), signal.SIGINT)

    sys.meta_path.insert(0, Plant)
"""
MOMENTS = ["typer", "mesocare.cli.app", "mesocare.rules.loader", "mesocare.render.text.today"]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a directory that makes Python break where the environment says."""
    place = tmp_path_factory.mktemp("planted")
    (place / "sitecustomize.py").write_text(textwrap.dedent(PLANTED), encoding="utf-8")
    return str(place)


@pytest.mark.parametrize("moment", MOMENTS)
def test_unforeseen_fault(moment: str, planted: str, program: Program) -> None:
    """A fault of ours is one line and exit 70; MESOCARE_DEBUG=1 shows the rest."""
    env = {"PYTHONPATH": planted, "PLANT_FAULT": moment}
    ended = program.run("today", *ASKED, env=env)
    assert (ended.code, ended.out) == (UNFORESEEN, "")
    (line,) = ended.err.splitlines()
    assert line.startswith("mesocare: ")
    assert "RuntimeError" in line
    assert "MESOCARE_DEBUG=1" in line
    shown = program.run("today", *ASKED, env={**env, "MESOCARE_DEBUG": "1"})
    assert (shown.code, shown.out) == (UNFORESEEN, "")
    assert "Traceback (most recent call last):" in shown.err
    assert "RuntimeError: planted fault" in shown.err
    assert shown.err.endswith(ended.err)


def interrupted(code: int, err: str) -> None:
    """Check how Ctrl-C ends: 130, which is also how a shell shows an end by that signal."""
    assert "Traceback" not in err
    assert "KeyboardInterrupt" not in err
    assert "unforeseen" not in err
    assert code in {INTERRUPTED, -signal.SIGINT}


@pytest.mark.parametrize("moment", MOMENTS)
def test_interrupt(moment: str, planted: str, program: Program) -> None:
    """Ctrl-C leaves no traceback and no answer, at whatever moment it comes."""
    ended = program.run("today", *ASKED, env={"PYTHONPATH": planted, "PLANT_SIGNAL": moment})
    assert ended.out == ""
    interrupted(ended.code, ended.err)


def test_interrupt_while_writing(planted: str, program: Program) -> None:
    """Ctrl-C while a slow reader takes the answer leaves no traceback either."""
    reader, writer = os.pipe()
    env = {"PYTHONPATH": planted}
    process = program.start("today", *ASKED, "--json", stdout=writer, env=env)
    os.close(writer)
    # Once there is a byte, the rest of the answer is more than the pipe holds.
    assert os.read(reader, 1) == b"{"
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    err = process.stderr.read().decode()
    code = process.wait(timeout=30)
    os.close(reader)
    process.stderr.close()
    interrupted(code, err)
