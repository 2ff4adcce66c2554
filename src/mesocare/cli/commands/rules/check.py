"""`mesocare rules check` and `test`: whether a rule set holds together and says what it should."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mesocare.cli import clock
from mesocare.cli.commands.rules.base import chosen_rules, settled
from mesocare.cli.options import Json, Rules, add
from mesocare.cli.reply import Reply
from mesocare.errors import MesocareError, RulesError

if TYPE_CHECKING:
    from datetime import date

    from mesocare.rules.quality.cases import Case

Files = Annotated[
    list[str] | None,
    typer.Argument(help="Rule-set directories or protocols; the built-in rules if left out."),
]
CaseFiles = Annotated[list[str], typer.Argument(help="Files of cases, or directories of them.")]
Strict = Annotated[
    bool, typer.Option("--strict", help="Refuse overdue reviews, uncited figures, weak sources.")
]
Form = Annotated[str, typer.Option("--format", help="text, json, github or sarif.")]
At = Annotated[
    str | None,
    typer.Option("--at", help="The day of the check; today if left out.", metavar="WHEN"),
]
Junit = Annotated[
    Path | None, typer.Option("--junit", help="Write JUnit XML there too.", metavar="FILE")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    add(app, "check", check, "mesocare rules check my-clinic.yaml --strict")
    add(app, "test", run_cases, "mesocare rules test cases.yaml --rules my-clinic.yaml")


def check(
    files: Files = None,
    *,
    strict: Strict = False,
    form: Form = "text",
    json: Json = None,
    at: At = None,
) -> Reply:
    """Every problem of a rule set or a protocol, with its file and line; exit code 1 if any."""
    from mesocare.render.text.rules_check import FORMATS, Checked
    from mesocare.rules.quality.findings import findings

    if form not in FORMATS:
        message = f"unknown format {form!r}; known: {', '.join(FORMATS)}"
        raise MesocareError(message, "Type for example: mesocare rules check --format github")
    today = _today(at)
    given: list[str | None] = [*files] if files else [None]
    checked = [
        Checked(
            "built-in rules" if file is None else file, findings(file, today if strict else None)
        )
        for file in given
    ]
    text = FORMATS["json" if json else form](checked)
    return Reply(text or None, int(any(each.findings for each in checked)))  # GitHub: no remark


def _today(at: str | None) -> date:
    """Return the day that a review date is compared with."""
    from mesocare.parsing import dates

    settings = settled(at=at)
    with settings.reading("tz"):
        name = settings.get("tz")
        zone = clock.system_zone() if name is None else dates.parse_zone(name)
    now = clock.now()
    with settings.reading("at"):
        text = settings.get("at")
        instant = now if text is None else dates.parse_at(text, now=now, zone=zone)
    return instant.astimezone(zone).date()


def run_cases(
    files: CaseFiles, *, rules: Rules = None, junit: Junit = None, json: Json = None
) -> Reply:
    """Put published cases to a rule set; exit code 1 if any fails, 2 if they cannot be run."""
    from mesocare.render.text import rules_test
    from mesocare.rules import cache
    from mesocare.rules.quality.case_runner import run_case

    settings = settled(rules=rules, json=json)
    with cache.left_alone():  # the files themselves are what is tried
        known = chosen_rules(settings)
        outcomes = [run_case(case, known) for case in _cases(files)]
    code = int(not all(each.passed for each in outcomes))
    if junit is not None:
        from mesocare.cli.output import write_file

        xml = rules_test.junit_xml(outcomes, known.identity)
        if str(junit) == "-":  # in the place of the outcomes
            return Reply(xml, code, is_data=True)
        write_file(junit, xml)
    view = rules_test.outcomes_json if settings.get("json") else rules_test.outcomes_text
    return Reply(view(outcomes, known.identity), code)


def _cases(files: list[str]) -> list[Case]:
    """Return the cases of all files, or raise with everything wrong with them."""
    from mesocare.rules.loader import read_file
    from mesocare.rules.quality.cases import read_cases

    cases: list[Case] = []
    problems = []
    for path in (path for file in files for path in _paths(file)):
        try:
            content = read_file(path)
        except RulesError as error:
            error.message = f"{str(path)!r}: {error.message}"
            error.hint = "Name a file of cases, as data/cases/ has them."
            raise
        found, wrong = read_cases(str(path), content)
        cases += found
        problems += wrong
    if problems:
        message = f"{len(problems)} problem{'' if len(problems) == 1 else 's'} in the cases"
        raise RulesError(message, "Correct the lines named and run the command again.", problems)
    return cases


def _paths(file: str) -> list[Path]:
    """Return the files that a name stands for: itself, or all below a directory."""
    path = Path(file)
    if not path.is_dir():
        return [path]
    found = sorted(path.rglob("*.yaml"))
    if not found:
        raise MesocareError(f"no .yaml file below {file!r}", "Name a file of cases.")
    return found
