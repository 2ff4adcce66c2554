"""`mesocare triage`: what the diary means; and the same for the commands that lead with it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from mesocare.cli.options import command
from mesocare.cli.reply import Reply
from mesocare.cli.request import Request, no_treatment
from mesocare.render.text.plain import wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mesocare.core.diary.entries import Entry
    from mesocare.core.diary.triage import Triage
    from mesocare.core.question import Question
    from mesocare.errors import MesocareError

# How long somebody in need may wait for the record before being told whom to call.
PATIENCE_SECONDS = 2.0
NOTED = "It is in the diary. To see it, type: mesocare diary"
EXIT_CODES = {"none": 0, "contact_clinic": 1, "same_day": 3, "emergency": 4}


def register(app: typer.Typer) -> None:
    """Add the command."""

    @command(
        app,
        "triage",
        example="mesocare triage",
        whole_record=True,
        needs_treatment=False,
        needs_diary=True,
    )
    def triage(request: Request) -> Reply:
        """What the diary means: whom to call, if anyone; the exit code says so too."""
        from mesocare.app.diary import judged

        entries, found = judged(request.question, request.record)
        # A red flag needs no treatment to be one. Without a finding, nothing has been judged.
        if not request.question.treatments and not found.findings:
            raise no_treatment()
        exit_code = EXIT_CODES[found.urgency.value if found.urgency else "none"]
        return request.reply(shown(request, entries, found), exit_code, found)


def shown(request: Request, entries: Sequence[Entry], found: Triage) -> str:
    """Return what a diary means as the request wants it, text or JSON."""
    if request.json:
        from mesocare.render.json import record

        return record.triage(found, entries, request.question)
    from mesocare.render.text.triage import triage_text

    return triage_text(found, request.question, empty=not entries)


def in_brief(found: Triage, question: Question) -> str:
    """Return what a diary means, for a command that has just added to it."""
    if not found.findings:
        # Quick: a page would load rich. Without a treatment, nothing was judged.
        return (
            f"{wrapped(question.rules.triage.unremarkable.text)}\n" if question.treatments else ""
        )
    from mesocare.render.text.triage import triage_text

    return triage_text(found, question)


@contextmanager
def calling_meanwhile(entries: Sequence[Entry], question: Question) -> Iterator[None]:
    """While entries are kept: if that takes long, say on standard error whom to call for them.

    Another program may hold the record for half a minute; a red flag does not wait so long.
    """
    from mesocare.app.diary import calls_alone

    call = calls_alone(entries, question)
    if not call:
        yield
        return
    from threading import Timer

    said = f"{wrapped(call)}\nThe record is in use; still trying to note it.\n"
    timer = Timer(PATIENCE_SECONDS, lambda: typer.echo(said, nl=False, err=True))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def still_calling(
    error: MesocareError, entries: Sequence[Entry], question: Question
) -> MesocareError:
    """Return an error that also says whom to call for what somebody tried to report.

    Whatever went wrong, a red flag that was reported is never left unanswered.
    """
    from mesocare.app.diary import calls_alone

    error.hint = "\n".join(filter(None, (calls_alone(entries, question), error.hint)))
    return error
