"""The aftercare sheet as a page, and as a PDF of it: complete on paper, and alive on a telephone.

The page loads nothing. Its own small script marks what is open when it is looked at; without it
every date is there all the same.
"""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING

import segno
from markupsafe import Markup

from mesocare.core.model import Verdict
from mesocare.core.signs import Urgency
from mesocare.errors import MesocareError
from mesocare.render import sheet_words as words
from mesocare.render.axis import kind
from mesocare.render.html.page import fill, part, policy
from mesocare.render.phrasing import instant_words, listed_as

if TYPE_CHECKING:
    from mesocare.app.schedule import Row
    from mesocare.app.sheet import Sheet

# From how many letters on, on the front, a sheet is printed more closely.
ROOMS = (("dense", 4000), ("denser", 5000))
LINE = 40
MASK = 3
MISSING = (
    "Type: pip install 'mesocare[pdf]', which needs Pango: apt install libpango-1.0-0 "
    "libpangoft2-1.0-0, or brew install pango. Without it, write sheet.html: it prints as well "
    "from any browser."
)


def sheet_html(sheet: Sheet) -> bytes:
    """Return the sheet as a page."""
    return _page(sheet, script=part("sheet.js")).encode()


def sheet_pdf(sheet: Sheet) -> bytes:
    """Return the sheet as a PDF.

    Raises:
        MesocareError: What makes it is not installed.
    """
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:
        message = "a PDF needs WeasyPrint and Pango, which are not installed"
        raise MesocareError(message, MISSING) from error
    document = HTML(string=_page(sheet), url_fetcher=_refused)
    return bytes(document.write_pdf())


def _refused(url: str, *_: object, **__: object) -> dict[str, object]:
    """Fetch nothing but what is in the page itself."""
    if url.startswith("data:"):
        from weasyprint import default_url_fetcher

        found: dict[str, object] = default_url_fetcher(url)
        return found
    message = f"{url!r} is not in the page"
    raise ValueError(message)


def _page(sheet: Sheet, script: Markup | None = None) -> str:
    known, head = sheet.schedule, sheet.head
    question = known.question
    css = part("page.css", "sheet.css", *(["large.css"] if head.large else []))
    css += part("letter.css") if head.letter else Markup("")
    rules = question.rules
    return fill(
        "sheet.html.j2",
        sheet=sheet,
        head=head,
        title=words.title(sheet),
        treated=words.treated(sheet),
        notes=words.notes(sheet),
        leave=lambda line: words.leave_words(line, sheet),
        free=lambda line: words.free_words(line, sheet),
        between=lambda line: words.between_words(line, sheet),
        steps=_steps,
        epoch=_epoch,
        kinds=_kinds(sheet),
        care=[(each, words.care_words(each, sheet)) for each in known.care],
        normal=words.normal_words(sheet),
        products=words.product_words(sheet),
        sessions=words.next_session_words(sheet),
        emergency=Urgency.EMERGENCY,
        code=_code(words.code_words(sheet)),
        room=_room(sheet),
        rules=rules,
        made=instant_words(question.at, question.zone),
        made_at=_epoch(question.at),
        policy=policy(css, script or "", images=bool(head.logo)),
        style=css,
        script=script,
    )


def _kinds(sheet: Sheet) -> dict[str, str]:
    """Return what the marks say, as the rule set calls it."""
    rules = sheet.schedule.question.rules
    found = {verdict.value: listed_as(verdict, rules) for verdict in Verdict}
    return found | {"partly": f"{found['allowed']}, in part"}


def _room(sheet: Sheet) -> str:
    """Return how closely a sheet is to be printed, so that it takes no more than two pages."""
    said = [
        *(text for line in sheet.lines for text in words.between_words(line, sheet)),
        *(each.text for each in sheet.schedule.care),
        *("-" * LINE for _ in sheet.lines),
    ]
    letters = sum(map(len, said))
    return " ".join(name for name, most in ROOMS if letters > most)


def _steps(row: Row) -> str:
    """Return from when on what holds, for the script: seconds since 1970 and a word."""
    return " ".join(f"{_epoch(each.begin)}={kind(each)}" for each in row.stretches)


def _epoch(at: datetime) -> int:
    """Return an instant in seconds since 1970, never before it is over."""
    whole = at.astimezone(UTC).replace(microsecond=0)
    return int(whole.timestamp()) + (whole != at.astimezone(UTC))


def _code(text: str) -> Markup:
    """Return a code to be scanned, as a drawing."""
    out = BytesIO()
    # To weigh the eight masks takes four fifths of the time, and scanners read any of them.
    code = segno.make_qr(text, error="m", mask=MASK)
    code.save(out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=2, nl=False)
    return Markup(out.getvalue().decode())  # noqa: S704 - a path made of numbers
