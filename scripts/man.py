"""Write the manual page, mesocare(1), from the command line itself.

With a path it is written there, otherwise to docs/mesocare.1, from where a wheel installs it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import typer

from mesocare.cli.app import SECTIONS, build

TARGET = Path(__file__).resolve().parents[1] / "docs" / "mesocare.1"
ABOUT = (
    "tells somebody who had mesotherapy where they are in their recovery, what is allowed now, when"
    " the rest opens, and what to watch for. Every verdict rests on graded sources, which"
    " .B mesocare explain shows. It informs and never replaces a practitioner."
)
EXIT_CODES = {
    "0": "Allowed, or done.",
    "1": "Avoid; of a check, some rows were rejected.",
    "2": "Something given cannot be used; the message says what to type.",
    "3": "Limited.",
    "4": "Ask; of triage, a doctor or an emergency.",
}
FILES = {
    "MESOCARE_HOME": "The directory of the record.",
    "MESOCARE_CONFIG": "The configuration file.",
    "MESOCARE_DATES": "The order of numbers in dates, as --dates.",
}


def escaped(text: str) -> str:
    """Return a text as roff reads it."""
    text = " ".join(text.replace("\b", " ").split()).replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text)


def page() -> str:
    """Return the manual page in roff."""
    group: Any = typer.main.get_command(build())
    context = group.make_context("mesocare", [], resilient_parsing=True)
    lines = [
        '.TH MESOCARE 1 "" "mesocare" "User Commands"',
        ".SH NAME",
        "mesocare \\- recovery after mesotherapy: what is allowed now, and when the rest opens",
        ".SH SYNOPSIS",
        ".B mesocare",
        "[\\fICOMMAND\\fR] [\\fIOPTIONS\\fR] [\\fIWORDS\\fR]",
        ".SH DESCRIPTION",
        ".B mesocare",
        escaped(ABOUT.replace(" .B mesocare explain", " mesocare explain")),
    ]
    for title, names in SECTIONS.items():
        lines += [f".SH {title.upper()}"]
        for name in names:
            lines += command(name, group.get_command(context, name), context)
    lines.append(".SH EXIT STATUS")
    for code, meaning in EXIT_CODES.items():
        lines += [".TP", f".B {code}", escaped(meaning)]
    lines.append(".SH ENVIRONMENT")
    for variable, meaning in FILES.items():
        lines += [".TP", f".B {variable}", escaped(meaning)]
    lines += [
        ".PP",
        "Every shared option has a variable of its own, which its description names.",
        ".SH EXAMPLES",
        ".nf",
        *(
            escaped(line)
            for line in ("mesocare today --treated yesterday", "mesocare can-i go to the gym")
        ),
        ".fi",
    ]
    return "\n".join(lines) + "\n"


def command(name: str, each: Any, parent: Any) -> list[str]:
    """Return what is said of one command: what it is for, and its options."""
    about, _, example = str(each.help).partition("\b")
    context = each.make_context(name, [], parent=parent, resilient_parsing=True)
    arguments = [
        piece for piece in each.collect_usage_pieces(context) if not piece.startswith("[OPTIONS")
    ]
    lines = [
        f".SS {escaped(' '.join(['mesocare', name, *arguments]))}",
        escaped(about),
    ]
    for parameter in each.params:
        record = parameter.get_help_record(context)
        if record is not None and parameter.param_type_name == "option" and record[0] != "--help":
            lines += [".TP", f".B {escaped(record[0])}", escaped(record[1] or "")]
    for nested in sorted(getattr(each, "commands", {})):
        inner = each.commands[nested]
        lines += [".TP", f".B {escaped(nested)}", escaped(str(inner.help).partition("\b")[0])]
    shown = example.partition("Example:")[2].strip()
    if shown:
        lines += [".PP", "Example:", f".B {escaped(shown)}"]
    return lines


def main() -> None:
    """Write it."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    target.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
