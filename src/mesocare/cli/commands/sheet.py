"""`mesocare sheet`: the aftercare sheet that a practitioner hands over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mesocare.cli.fields import WithAbout
from mesocare.cli.options import command
from mesocare.cli.reply import Reply
from mesocare.cli.request import Request
from mesocare.errors import MesocareError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.app.sheet import Letterhead, Sheet
    from mesocare.core.model import RuleSet
    from mesocare.core.question import Recorded

EXAMPLE = 'mesocare sheet --treated 2024-05-01T14:30 --name "Ada Lovelace" -o sheet.html'
FORMS = ("html", "pdf", "md", "txt")
PAPERS = ("a4", "letter")
LONGEST = 120
LARGEST_LOGO = 80 * 1024
# How pictures begin that every browser shows.
PICTURES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif"}


def option(name: str, help_: str, metavar: str = "TEXT") -> Any:
    """Return how an option of a sheet is declared."""
    return typer.Option(f"--{name}", help=help_, metavar=metavar, show_default=False)


Clinic = Annotated[str | None, option("clinic", "The clinic's name.")]
Phone = Annotated[str | None, option("phone", "Its number.")]
Logo = Annotated[str | None, option("logo", "Its logo: PNG, JPEG or GIF.", "FILE")]
Paper = Annotated[str, typer.Option("--paper", help="a4 or letter.", metavar="SIZE")]
Large = Annotated[bool, typer.Option("--large-print", help="Large print, on more pages.")]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @command(app, "sheet", example=EXAMPLE)
    def sheet(
        request: Request,
        *,
        name: Annotated[str | None, option("name", "The patient's name.")] = None,
        clinic: Clinic = None,
        phone: Phone = None,
        logo: Logo = None,
        paper: Paper = "a4",
        large: Large = False,
        with_about: WithAbout = False,
        products: Annotated[
            bool, typer.Option("--products", help="When the products on record may come back, too.")
        ] = False,
        output: Annotated[
            str | None,
            typer.Option("--output", "-o", help="The file; - for stdout.", metavar="FILE"),
        ] = None,
        form: Annotated[
            str | None, option("format", "html, pdf, md or txt; by the file's name.", "FORMAT")
        ] = None,
        force: Annotated[
            bool, typer.Option("--force", help="Replace a file that is there.")
        ] = False,
    ) -> Reply:
        """The aftercare sheet to hand over, with the dates of this patient."""
        from mesocare.app.schedule import schedule
        from mesocare.app.sheet import sheet as facts
        from mesocare.cli.output import check_new, save

        form = _form(form, output)
        if output is not None:
            suffixes = (".html", ".htm") if form == "html" else (f".{form}",)
            check_new(output, suffixes, EXAMPLE, force=force)
        known = request.question
        head = letterhead(
            known.recorded, clinic, phone, logo, paper, large=large, rules=known.rules
        )
        meaning = request.meaning
        found = facts(
            schedule(request.question, meaning),
            head._replace(name=line(name, "--name") if name else ""),
            with_about=with_about,
            products=request.shelf if products else (),
        )
        if output is None and request.json:
            from mesocare.render.json import schedule as view

            return request.reply(view.sheet(found, meaning), meaning=meaning)
        data = made(found, form)
        if output is None and form in {"md", "txt"}:
            return request.reply(data.decode(), meaning=meaning)
        return save("-" if output is None else output, data, request.question.rules_given)


def made(found: Sheet, form: str) -> bytes:
    """Return a sheet in one of its forms."""
    if form == "html":
        from mesocare.render.html.sheet import sheet_html

        return sheet_html(found)
    if form == "pdf":
        from mesocare.render.html.sheet import sheet_pdf

        return sheet_pdf(found)
    from mesocare.render.text.sheet import sheet_markdown, sheet_text

    return (sheet_markdown(found) if form == "md" else sheet_text(found)).encode()


def _form(named: str | None, output: str | None) -> str:
    """Return the form of the sheet: as named, else by the file's name, else text.

    Raises:
        MesocareError: There is no such form.
    """
    suffix = "" if output in {None, "-"} else Path(output or "").suffix.lower().lstrip(".")
    found = named or {"htm": "html"}.get(suffix, suffix) or ("html" if output == "-" else "txt")
    if found not in FORMS:
        what = f"--format {named!r}" if named else f"{output!r}"
        raise MesocareError(f"{what}: a sheet is {', '.join(FORMS)}", f"Type: {EXAMPLE}")
    return found


def letterhead(
    recorded: Sequence[Recorded],
    clinic: str | None,
    phone: str | None,
    logo: str | None,
    paper: str,
    *,
    large: bool,
    rules: RuleSet,
) -> Letterhead:
    """Return what the clinic puts on a sheet; by default what is on record, or in a protocol.

    Raises:
        MesocareError: A text or a logo that cannot be printed.
    """
    from mesocare.app.sheet import Letterhead

    if paper.lower() not in PAPERS:
        raise MesocareError(f"--paper {paper!r} is unknown", f"Type one of: {', '.join(PAPERS)}.")
    told = (each for each in reversed(recorded) if each.clinic or each.phone)
    known = next(told, rules.identity)
    return Letterhead(
        clinic=line(clinic, "--clinic") if clinic else known.clinic or "",
        phone=line(phone, "--phone") if phone else known.phone or "",
        logo=_picture(logo) if logo is not None else "",
        letter=paper.lower() == "letter",
        large=large,
    )


def line(text: str, option: str) -> str:
    """Return a text that fits a line of a sheet.

    Raises:
        MesocareError: It is too long, or holds what cannot be printed.
    """
    from mesocare.text import is_shown

    found = " ".join(text.split())
    if len(found) > LONGEST:
        message = f"{option} has {len(found)} characters; a sheet has room for {LONGEST}"
        raise MesocareError(message, f"Shorten it: {option} {found[:20]!r}")
    if not is_shown(found):
        raise MesocareError(
            f"{option} {found!r} holds characters that print nothing", "Leave them out."
        )
    return found


def _picture(path: str) -> str:
    """Return a picture as an address that holds all of it.

    Raises:
        MesocareError: It is none, or too large to stand in a page.
    """
    import base64

    try:
        if not Path(path).is_file():
            raise MesocareError(f"--logo {path!r} is no file", "Name a PNG or JPEG file.")
        with Path(path).open("rb") as file:
            data = file.read(LARGEST_LOGO + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise MesocareError(
            f"--logo {path!r} cannot be read: {why}", "Name another file."
        ) from error
    if len(data) > LARGEST_LOGO:
        message = f"--logo {path!r} is larger than {LARGEST_LOGO // 1024} kB"
        raise MesocareError(message, "Save it smaller; 400 pixels across are enough.")
    kind = next((name for begin, name in PICTURES.items() if data.startswith(begin)), None)
    if kind is None:
        raise MesocareError(f"--logo {path!r} is no PNG, JPEG or GIF", "Save it as one of these.")
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
