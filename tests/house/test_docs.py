"""The documentation says what the program does: commands, words, links and every example.

After a change of the program or of the rule set, `python -m tests.house.test_docs` writes the
output of the examples again, except those that leave lines out (`...`); read the difference before
keeping it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
import typer

from mesocare.cli.app import build
from mesocare.cli.settings import configuration_path
from mesocare.core.model import Verdict
from mesocare.core.signs import Urgency
from mesocare.rules.format import schema
from mesocare.rules.format import types as kinds
from mesocare.rules.loader import load_rules
from mesocare.rules.overlay.protocol_schema import PROTOCOL

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
REFERENCE = "\n".join(
    page.read_text(encoding="utf-8") for page in sorted((DOCS / "reference").glob("*.md"))
)

COMMANDS = typer.main.get_command(build()).commands  # type: ignore[attr-defined]
# What an example may run besides the program itself.
HELPERS = {"cat", "cp", "echo", "sed"}
ELISION = "..."
# Pages that explain or list; what README shows has a test of its own, and python.md is a doctest.
WITHOUT_EXAMPLES = {
    *("CHANGELOG.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "README.md", "SECURITY.md"),
    *("docs/README.md", "docs/glossary.md", "docs/how-to/check-many-patients.md"),
    "docs/how-to/use-spark.md",
    *(f"docs/explanation/{name}.md" for name in ("architecture", "evidence", "record", "words")),
    "docs/explanation/mutation-testing.md",
    *(f"docs/reference/{name}.md" for name in ("bundled-rules", "protocol")),
    *(f"docs/reference/{name}.md" for name in ("python", "rule-set")),
}

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
COMMAND = re.compile(r"(?:[A-Z_]+=\S* )*(\S+)")

GLOSSARY_TERMS = (
    "alias", "aside", "care", "case", "certain", "class", "clinic", "condition", "contraindication",
    "course", "credible figure", "diary", "disputed span", "entry", "evidence", "expected duration",
    "export", "figure", "finding", "grade", "group", "harm", "headline group", "headline item",
    "ingredient", "interval", "item", "kind", "ledger", "modality", "named treatment", "override",
    "phase", "plan", "practitioner", "protocol", "rationale", "reaction", "record",
    "recovery window", "red flag", "restriction", "rule", "rule set", "score", "seed document",
    "session", "sign", "softening", "source", "treatment", "treatment type", "trend", "triage",
    "urgency", "verdict", "washout", "worst case",
)  # fmt: skip


class Example(NamedTuple):
    """A command as shown after `$` and the lines shown below it."""

    command: str
    shown: list[str]


def _page_id(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _outside_fences(text: str) -> str:
    return FENCE.sub("", text)


def _slug(heading: str) -> str:
    """Return the anchor that a heading gets on the web."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _anchors(page: Path) -> set[str]:
    text = _outside_fences(page.read_text(encoding="utf-8"))
    return {_slug(match[2]) for match in HEADING.finditer(text)}


def _examples(block: str) -> list[Example]:
    """Return the commands of a console block; a backslash continues one on the next line."""
    found: list[Example] = []
    for line in block.splitlines():
        if found and not found[-1].shown and found[-1].command.endswith("\\"):
            joined = found.pop().command.removesuffix("\\") + line.strip()
            found.append(Example(joined, []))
        elif line.startswith("$ "):
            found.append(Example(line.removeprefix("$ "), []))
        else:
            found[-1].shown.append(line)
    return found


def _program(command: str) -> str:
    match = COMMAND.match(command)
    return match[1] if match else ""


class _Terminal:
    """A folder with a copy of `data/`, in which a page's examples run one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.exit_code = 0
        programs = folder / ".programs"
        programs.mkdir()
        shim = programs / "mesocare"
        start = "from mesocare.cli.main import main; main()"
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{start}" "$@"\n')
        shim.chmod(0o755)
        shutil.copytree(ROOT / "data", folder / "data")
        kept = {key: value for key, value in os.environ.items() if "MESOCARE" not in key}
        (folder / "config.toml").touch()
        self._environment = {
            **kept,
            "COLUMNS": "80",
            "MESOCARE_CACHE_DIR": str(folder / ".cache"),
            "MESOCARE_CONFIG": str(folder / "config.toml"),
            "MESOCARE_HOME": str(folder / ".record"),
            "NO_COLOR": "1",
            "PATH": os.pathsep.join([str(programs), os.environ["PATH"]]),
            "PYTHONUTF8": "1",
            "TZ": "UTC",
        }

    def run(self, command: str) -> list[str]:
        """Return the lines a command prints; JSON indented, as a terminal shows it."""
        if command == "echo $?":
            return [str(self.exit_code)]
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        self.exit_code = done.returncode
        return [part for line in done.stdout.splitlines() for part in _indented(line.rstrip())]


def _indented(line: str) -> list[str]:
    if not line.startswith('{"'):
        return [line]
    return json.dumps(json.loads(line), ensure_ascii=False, indent=2).splitlines()


def _matches(shown: list[str], printed: list[str]) -> bool:
    """Whether the lines shown are those printed; a line `...` stands for any number of them."""
    pattern = "".join(
        r"(?:.*\n)*" if line.strip() == ELISION else re.escape(line) + r"\n" for line in shown
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in printed)) is not None


def _rewritten(text: str, terminal: _Terminal) -> str:
    """Return a page with the output of its examples as it is now."""

    def block(match: re.Match[str]) -> str:
        if match[1] != "console":
            return match[0]
        lines = []
        for (command, shown), source in zip(
            _examples(match[2]),
            re.split(r"^(?=\$ )", match[2], flags=re.MULTILINE)[1:],
            strict=True,
        ):
            runs = _program(command) in {"mesocare", *HELPERS}
            printed = terminal.run(command) if runs else shown
            kept = source.splitlines()[: len(source.splitlines()) - len(shown)]
            elided = any(line.strip() == ELISION for line in shown)
            lines += [*kept, *(shown if elided else printed)]
        return "\n".join(["```console", *lines, "```"])

    return FENCE.sub(block, text)


def _options() -> Iterator[tuple[str, str]]:
    """Yield every command with every option it takes."""
    inner = {
        f"{name} {sub}": command
        for name, group in COMMANDS.items()
        for sub, command in getattr(group, "commands", {}).items()
    }
    for name, command in {**COMMANDS, **inner}.items():
        yield from (
            (name, option) for each in command.params for option in each.opts if "--" in option
        )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_reference(name: str) -> None:
    """Each command has its own section."""
    assert f"## `mesocare {name}`" in REFERENCE


@pytest.mark.parametrize(("name", "option"), sorted(_options()))
def test_every_option_is_in_the_reference(name: str, option: str) -> None:
    """Each option is written down, in code type, somewhere in the reference."""
    assert re.search(rf"`{re.escape(option)}[` ]", REFERENCE), f"{name} {option}"


def test_root_options_are_in_the_reference() -> None:
    """So are those that go without a command."""
    assert "`--version`" in REFERENCE
    assert "`--help`" in REFERENCE


def test_every_environment_variable_is_in_the_reference() -> None:
    """Those of the shared options, and each that the source code names."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.glob("src/**/*.py"))
    named = set(re.findall(r"(?<!_)MESOCARE_[A-Z_]*[A-Z]", source))
    shared = {
        f"MESOCARE_{option[2:].upper().replace('-', '_')}"
        for name, option in _options()
        if name == "when" and option != "--help"
    }
    assert len(shared) == 10
    missing = [each for each in sorted(named | shared) if f"`{each}`" not in REFERENCE]
    assert not missing


def test_the_configuration_file_is_where_the_reference_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On Linux it lies under `XDG_CONFIG_HOME`, by default `~/.config`."""
    monkeypatch.delenv("MESOCARE_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    if sys.platform == "linux":
        assert configuration_path() == tmp_path / "mesocare" / "config.toml"
    assert "`~/.config/mesocare/config.toml`" in REFERENCE


def test_every_key_of_the_rule_set_is_in_the_reference() -> None:
    """Each file, and each key that the schema names, is written down in code type."""
    text = (DOCS / "reference" / "rule-set.md").read_text(encoding="utf-8")
    words = {*schema.FILES, *schema.HARMS, *schema.MODALITIES, *schema.URGENCIES}
    for record in (*schema.FILES.values(), schema.ACTIVITIES):
        words |= set(_keys(record))
    missing = [each for each in sorted(words) if f"`{each}`" not in text]
    assert not missing
    text = (DOCS / "reference" / "protocol.md").read_text(encoding="utf-8")
    assert [each for each in sorted(set(_keys(PROTOCOL))) if f"`{each}`" not in text] == []


def _keys(shape: kinds.Shape) -> Iterator[str]:
    """Yield every key that a shape names, however deep."""
    if isinstance(shape, kinds.Record):
        for key, inner in {**shape.required, **shape.optional}.items():
            yield key
            yield from _keys(inner)
    elif isinstance(shape, kinds.Variants):
        for record in shape.by_key.values():
            yield from _keys(record)
    elif isinstance(shape, kinds.Listing | kinds.Table | kinds.Nothing):
        yield from _keys(shape.of)


def test_every_json_field_is_in_the_reference(tmp_path: Path) -> None:
    """Each field that answers, explanations, assessments, errors and the record have."""
    text = (DOCS / "reference" / "json.md").read_text(encoding="utf-8")
    terminal = _Terminal(tmp_path)
    asked = "--treated 2026-11-20 --at 2026-11-30T09:00 --json"
    fields: set[str] = set()
    asking = ("can-i makeup", "when makeup", "explain makeup", "today", "can-i juggling")
    terminal.run("mesocare treated 2024-05-01T14:30")
    terminal.run("mesocare feel blisters --at 2024-05-02T09:00")
    recorded = "--at 2024-05-10T09:00 --json"
    for command in (
        *(f"{each} {asked}" for each in asking),
        *(f"{each} {recorded}" for each in ("course", "triage", "report")),
        "treatments --json",
        "diary --json",
        "export",
    ):
        printed = "\n".join(terminal.run(f"mesocare {command}"))
        fields |= set(re.findall(r'^ *"(\w+)":', printed, re.MULTILINE))
    assert {"schema", "answer", "rule", "upcoming", "hint"} <= fields
    assert {"courses", "findings", "because", "overrides", "entries", "diary"} <= fields
    missing = [each for each in sorted(fields) if f"`{each}`" not in text]
    assert not missing


def test_every_field_of_a_check_is_in_its_section(tmp_path: Path) -> None:
    """Those of the summary, and those of a row, each in the section that is about it."""
    text = (DOCS / "reference" / "json.md").read_text(encoding="utf-8")
    summary, _, row = text.partition("## `mesocare.check/1`")[2].partition("### A row of `check`")
    terminal = _Terminal(tmp_path)
    shutil.copy(ROOT / "examples" / "patients.csv", tmp_path)
    check = "mesocare check patients.csv --at 2024-05-03T09:00 --activities light-activity,sauna"
    said = terminal.run(f"{check} --json --changes-within 2d -o wide.csv --rejects no.csv")
    plain = json.loads("".join(said))
    assert set(plain["verdicts"]) == {"light-activity", "sauna"}
    fields = {*plain, *plain["rows"], *plain["verdicts"]["sauna"]}
    assert {"complete", "opening", "rejected", "avoid"} <= fields
    assert [each for each in sorted(fields) if f"`{each}`" not in summary] == []
    terminal.run(f"{check} --long --changes-within 9d -o long.ndjson --rejects no.csv")
    (first, *_) = (tmp_path / "long.ndjson").read_text(encoding="utf-8").splitlines()
    header = (tmp_path / "patients.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    long = [each for each in json.loads(first) if each not in header]
    assert long[0] == "activity"
    assert long[-1] == "opens_at"
    section = row.partition("\n## ")[0]
    assert [each for each in long if f"`{each}`" not in section] == []


def test_glossary_terms_stand_once_and_in_order() -> None:
    """Every term is a heading, once, and the headings are alphabetical."""
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    terms = [match[2] for match in HEADING.finditer(text) if match[1] == "##"]
    folded = [term.casefold() for term in terms]
    assert folded == sorted(set(folded))
    missing = [term for term in GLOSSARY_TERMS if term not in folded]
    assert not missing


def test_glossary_names_every_verdict_urgency_and_type() -> None:
    """The words that code, YAML and JSON use are in the glossary as they are written there."""
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    words = [*map(str, Verdict), *map(str, Urgency), *load_rules().types]
    missing = [word for word in words if f"`{word}`" not in text]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=_page_id)
def test_every_relative_link_resolves(page: Path) -> None:
    """Files exist, and so do the headings that anchors name."""
    for match in LINK.finditer(_outside_fences(page.read_text(encoding="utf-8"))):
        target = match[1] or match[2]
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert not anchor or anchor in _anchors(file), target


def test_every_page_can_be_reached() -> None:
    """The index, or a page it leads to, links to each page of the documentation."""
    reached, waiting = set(), [DOCS / "README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        text = _outside_fences(page.read_text(encoding="utf-8"))
        linked = {
            (page.parent / match[1].partition("#")[0]).resolve()
            for match in LINK.finditer(text)
            if match[1]
        }
        waiting += [
            each
            for each in linked
            if each.suffix == ".md" and each not in reached and each.exists()
        ]
    assert set(DOCS.rglob("*.md")) <= reached


@pytest.mark.skipif(sys.platform == "win32", reason="the examples are written for a Unix shell")
@pytest.mark.parametrize("page", PAGES, ids=_page_id)
def test_every_example_prints_what_is_shown(page: Path, tmp_path: Path) -> None:
    """Each command of a console block is run; a question always has a fixed `--at`."""
    terminal = _Terminal(tmp_path)
    for match in FENCE.finditer(page.read_text(encoding="utf-8")):
        if match[1] != "console":
            continue
        for command, shown in _examples(match[2]):
            if _program(command) not in {"mesocare", *HELPERS}:
                continue
            if "--treated" in command or "MESOCARE_TREATED" in command:
                assert re.search(r"--at |MESOCARE_AT=", command), command
            printed = terminal.run(command)
            assert _matches(shown, printed), "\n".join([command, *printed])


def test_pages_without_an_example_are_known() -> None:
    """An example that is not recognised as one would pass unseen, so both are counted."""
    counts = {
        _page_id(page): sum(
            _program(command) in {"mesocare", *HELPERS}
            for match in FENCE.finditer(page.read_text(encoding="utf-8"))
            if match[1] == "console"
            for command, _ in _examples(match[2])
        )
        for page in PAGES
    }
    assert {page for page, count in counts.items() if not count} == WITHOUT_EXAMPLES
    prompts = sum(
        len(re.findall(r"^\$ ", page.read_text(encoding="utf-8"), re.MULTILINE)) for page in PAGES
    )
    assert sum(counts.values()) == prompts >= 122


def _typed(page: Path) -> list[str]:
    """Return the lines of a page's shell blocks that run mesocare itself."""
    blocks = [match[2] for match in FENCE.finditer(page.read_text("utf-8")) if match[1] == "sh"]
    return [line for block in blocks for line in block.splitlines() if line.startswith("mesocare")]


def test_every_line_of_readme_runs(tmp_path: Path) -> None:
    """Each answers with a verdict or succeeds, one after the other on one record."""
    terminal = _Terminal(tmp_path)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    shutil.copy(ROOT / "examples" / "patients.csv", tmp_path)
    lines = _typed(ROOT / "README.md")
    assert len(lines) == 13
    for line in lines:
        printed = terminal.run(f"TREATED=2024-05-01T14:30; {line} </dev/null")
        # Its questions need a terminal, and are answered in tests of their own.
        wanted = {2} if line == "mesocare check-in" else {0, 1, 3, 4}
        assert terminal.exit_code in wanted, (line, printed)
        assert not [text for text in printed if "unforeseen" in text], line


def main() -> None:
    """Write the output of every example again."""
    for page in PAGES:
        with tempfile.TemporaryDirectory() as folder:
            text = page.read_text(encoding="utf-8")
            new = _rewritten(text, _Terminal(Path(folder)))
            if new != text:
                page.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
