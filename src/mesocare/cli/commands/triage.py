"""`mesocare triage`: what the diary means; and the same for the commands that lead with it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from mesocare.cli.options import Reply, Request, command, no_treatment
from mesocare.render.phrasing import NOTHING_UNEXPECTED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mesocare.core.diary.entries import Entry
    from mesocare.core.diary.triage import Triage
    from mesocare.core.model import RuleSet
    from mesocare.core.question import Scene
    from mesocare.errors import MesocareError

WIDEST = 100
# How long somebody in need may wait for the record before being told whom to call.
PATIENCE_SECONDS = 2.0
EXIT_CODES = {"none": 0, "contact_clinic": 1, "same_day": 3, "emergency": 4}


def register(app: typer.Typer) -> None:
    """Add the command."""

    @command(app, "triage", example="mesocare triage", whole_record=True, needs_treatment=False)
    def triage(request: Request) -> Reply:
        """What the diary means: whom to call, if anyone; the exit code says so too."""
        entries, found = judged(request)
        # A red flag needs no treatment to be one. Without a finding, nothing has been judged.
        if not request.scene.treatments and not found.findings:
            raise no_treatment()
        exit_code = EXIT_CODES[found.urgency.value if found.urgency else "none"]
        return Reply(shown(request, entries, found), exit_code)


def judged(request: Request) -> tuple[list[Entry], Triage]:
    """Return the diary up to the instant asked about, and what it means.

    It is judged by every treatment on record, also where the question is about those that are
    still healing. Without any treatment, only what needs none is judged.

    Raises:
        UnconfirmedError: It means nothing, but the record was damaged and may lack something.
    """
    from mesocare.core.diary.triage import triage
    from mesocare.store import database, diary
    from mesocare.store import recovery as store_recovery

    with database.reading() as connection:
        recovery = store_recovery.unconfirmed(connection)
        entries = [] if connection is None else diary.entries(connection)
    scene = request.scene
    entries = [each for each in entries if each.at <= scene.at]
    treatments = tuple(each.treatment for each in scene.recorded) or scene.treatments
    zone = None if treatments else scene.zone
    found = triage(entries, treatments, scene.rules, scene.at, zone)
    if recovery is not None and not found.findings:
        raise store_recovery.refusal(recovery)  # what is urgent is said, but never that nothing is
    return entries, found


def shown(request: Request, entries: Sequence[Entry], found: Triage) -> str:
    """Return what a diary means as the request wants it, text or JSON."""
    if request.json:
        from mesocare.render.json import record

        return record.triage(found, entries, request.scene)
    from mesocare.render.text.triage import triage_text

    return triage_text(found, request.scene, empty=not entries)


def in_brief(found: Triage, scene: Scene) -> str:
    """Return what a diary means, for a command that has just added to it."""
    if not found.findings:
        # Quick: a page would load rich. Without a treatment, nothing was judged.
        return f"{wrapped(NOTHING_UNEXPECTED)}\n" if scene.treatments else ""
    from mesocare.render.text.triage import triage_text

    return triage_text(found, scene)


def wrapped(text: str, spare: int = 0) -> str:
    """Return a plain text in lines that fit the screen, with some columns to spare."""
    import shutil
    import textwrap

    width = max(20, min(shutil.get_terminal_size().columns, WIDEST) - spare)
    return "\n".join(
        textwrap.fill(line, width, break_on_hyphens=False) for line in text.split("\n")
    )


def calls(found: Triage, rules: RuleSet) -> str:
    """Return whom to call for each red flag that was found, worst first, a line each."""
    return "\n".join(
        f"{rules.contacts[each.urgency.value]}: {each.text}"
        for each in found.findings
        if each.id in rules.red_flags
    )


def calls_alone(entries: Sequence[Entry], scene: Scene) -> str:
    """Return whom to call for entries by themselves, whatever is on record."""
    from mesocare.core.diary.triage import triage

    return calls(triage(entries, (), scene.rules, scene.at, scene.zone), scene.rules)


@contextmanager
def calling_meanwhile(entries: Sequence[Entry], scene: Scene) -> Iterator[None]:
    """While entries are kept: if that takes long, say on standard error whom to call for them.

    Another program may hold the record for half a minute; a red flag does not wait so long.
    """
    call = calls_alone(entries, scene)
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


def still_calling(error: MesocareError, entries: Sequence[Entry], scene: Scene) -> MesocareError:
    """Return an error that also says whom to call for what somebody tried to report.

    Whatever went wrong, a red flag that was reported is never left unanswered.
    """
    error.hint = "\n".join(filter(None, (calls_alone(entries, scene), error.hint)))
    return error
