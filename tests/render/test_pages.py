"""The pages, PDFs, pictures and calendars as their readers open them: in real programs.

Each test says which program it lacks where it is absent; what CI runs has all of them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mesocare.app.agenda import Wanted, agenda
from mesocare.render.calendar import calendar_file
from tests.support.process import ASKED, AT, TREATED
from tests.support.recoveries import recoveries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mesocare.core.model import RuleSet
    from tests.support.process import Program
    from tests.support.searches import Searched

pytestmark = pytest.mark.long

WIDTHS, SCHEMES = (360, 1200), ("light", "dark")
PAGES = {
    "sheet": ("sheet", *ASKED, "--name", "Ada <b>", "--clinic", "Rose & Co", "-o", "-"),
    "sheet-brightening": ("sheet", *ASKED, "--type", "brightening", "-o", "-"),
    "sheet-large": ("sheet", *ASKED, "--large-print", "-o", "-"),
    "timeline": ("timeline", *ASKED, "--html", "-"),
    "timeline-all": ("timeline", *ASKED, "--all", "--type", "brightening", "--html", "-"),
    "report": ("report", *ASKED, "--html", "-"),
}
TWO = (
    *("--treated", TREATED, "--type", "face", "--treated", TREATED, "--type", "scalp"),
    *("--at", AT),
)
REFERENCE = Path(__file__).parents[1] / "data" / "sheet.png"


def missing(what: str, why: str = "is not installed") -> None:
    """Leave a test out, and say what it lacks."""
    pytest.skip(f"{what} {why}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Give Debian's Chromium."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("Playwright")
    path = shutil.which("chromium")
    if path is None:
        missing("chromium")
    with sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def written(program: Program, tmp_path: Path) -> Callable[[tuple[str, ...]], Path]:
    """Return what writes a page to a file."""

    def write(arguments: tuple[str, ...]) -> Path:
        done = program.run(*arguments)
        assert done.code == 0, done.err
        path = tmp_path / "page.html"
        path.write_text(done.out, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("name", PAGES)
def test_a_browser_shows_it(
    browser: Any, written: Callable[[tuple[str, ...]], Path], name: str, searched: Searched
) -> None:
    """No error, no request, nothing wider than the screen, and axe-core finds no fault."""
    from axe_playwright_python.sync_playwright import Axe

    path = written(PAGES[name])
    for width in WIDTHS:
        for scheme in SCHEMES:
            page = browser.new_page(
                viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
            )
            said: list[str] = []
            asked: list[str] = []
            page.on("console", lambda message, said=said: said.append(message.text))
            page.on("pageerror", lambda error, said=said: said.append(str(error)))
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.goto(path.as_uri())
            assert asked == [path.as_uri()]
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
            assert not said
            page.close()
    searched(len(WIDTHS) * len(SCHEMES), "pages in a browser")


@pytest.mark.parametrize("name", PAGES)
def test_its_own_policy_lets_it_work(
    browser: Any, written: Callable[[tuple[str, ...]], Path], name: str
) -> None:
    """Under the policy in the page nothing of it is refused, and its style is in force."""
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(written(PAGES[name]).as_uri())
    assert not said
    assert page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") != "none"
    page.close()


@pytest.mark.parametrize("options", [ASKED, (*ASKED, "--type", "brightening"),
                                     (*ASKED, "--type", "scalp"), TWO])  # fmt: skip
@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_two_pages_on_paper(
    browser: Any,
    written: Callable[[tuple[str, ...]], Path],
    options: tuple[str, ...],
    paper: str,
) -> None:
    """A browser prints a sheet on two pages, the second with whom to call."""
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")
    page = browser.new_page()
    page.goto(written(("sheet", *options, "--paper", paper, "-o", "-")).as_uri())
    found = pypdf.PdfReader(BytesIO(page.pdf(prefer_css_page_size=True)))
    page.close()
    assert len(found.pages) == 2
    assert "Whom to call" in found.pages[1].extract_text()
    width = float(found.pages[0].mediabox.width)
    assert width == pytest.approx(595 if paper == "a4" else 612, abs=1.5)


def test_marks_follow_the_clock(
    browser: Any, written: Callable[[tuple[str, ...]], Path], program: Program
) -> None:
    """As the clock moves, each mark is what the engine says then; never milder a second early."""
    path = written(("sheet", *ASKED, "-o", "-"))
    found = program.run("sheet", *ASKED, "--json").json()["leave"]
    words = {"avoid": "Not yet", "ask": "Ask first", "limited": "With care", "allowed": "Fine"}
    moments = sorted({
        datetime.fromisoformat(stretch["begin"]) for line in found for stretch in line["stretches"]
    })  # fmt: skip
    page = browser.new_page()
    page.clock.install(time=datetime.fromisoformat(f"{AT}+02:00").astimezone(UTC))
    page.goto(path.as_uri())
    looked = 0
    for moment in moments:
        for at in (moment - timedelta(seconds=1), moment):
            if at < datetime.fromisoformat(f"{AT}+02:00"):
                continue
            page.clock.set_fixed_time(at)
            page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
            marks = page.eval_on_selector_all("tr .now", "all => all.map(each => each.textContent)")
            for line, mark in zip(found, marks, strict=True):
                held = [each for each in line["stretches"]
                        if datetime.fromisoformat(each["begin"]) <= at][-1]  # fmt: skip
                partly = held["verdict"] == "allowed" and held["condition"]
                assert mark == ("Fine, in part" if partly else words[held["verdict"]]), (line, at)
                looked += 1
    assert looked > 100
    page.clock.set_fixed_time(datetime(2024, 4, 1, tzinfo=UTC))
    page.reload()
    assert page.eval_on_selector_all(".now:not([hidden])", "all => all.length") == 0
    page.close()


def test_without_scripts(browser: Any, written: Callable[[tuple[str, ...]], Path]) -> None:
    """Every date is there, and no mark."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(written(PAGES["sheet"]).as_uri())
    text = page.inner_text("main")
    assert "Fri 3 May, 14:30" in text
    assert "Marked for" not in text
    context.close()


@pytest.mark.parametrize("options", [ASKED, (*ASKED, "--type", "brightening"), TWO])
def test_the_pdf_says_what_the_json_says(own: Program, options: tuple[str, ...]) -> None:
    """Every date of the JSON is in the text of the PDF, which has two pages."""
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")
    pytest.importorskip("weasyprint", reason="WeasyPrint is not installed")
    done = own.run("sheet", *options, "-o", "sheet.pdf", "--name", "Ada <b>&")
    assert done.code == 0, done.err
    reader = pypdf.PdfReader(own.place / "sheet.pdf")
    assert len(reader.pages) == 2
    text = "".join(re.sub(r"\s", "", page.extract_text()) for page in reader.pages)
    found = own.run("sheet", *options, "--json").json()
    for line in found["leave"]:
        for words in (line["label"], line["not_before"], line["no_limit_from"]):
            assert re.sub(r"\s", "", words) in text, words
    for call in found["call"][:1]:
        for flag in call["red_flags"]:
            said = re.sub(r"[\s-]", "", flag["text"] + (flag["action"] or ""))
            assert said in text.replace("-", ""), flag["id"]
    assert "Ada<b>&" in text


def test_the_pdf_looks_as_it_did(own: Program) -> None:
    """Its first page is the picture that was looked at, within a tolerance for other letters."""
    pypdfium2 = pytest.importorskip("pypdfium2", reason="pypdfium2 is not installed")
    pytest.importorskip("weasyprint", reason="WeasyPrint is not installed")
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    own.run("sheet", *ASKED, "-o", "sheet.pdf", "--clinic", "Rose Clinic")
    page = pypdfium2.PdfDocument(own.place / "sheet.pdf")[0]
    seen = page.render(scale=0.5).to_pil().convert("L")
    if os.environ.get("MESOCARE_NEW_PICTURES"):  # to be looked at before it is kept
        seen.save(REFERENCE)
    stored = image.open(REFERENCE).convert("L")
    assert seen.size == stored.size
    small = (24, 34)  # where there is ink, not which letters it makes
    pairs = zip(seen.resize(small).tobytes(), stored.resize(small).tobytes(), strict=True)
    differences = [abs(one - other) for one, other in pairs]
    assert sum(differences) / len(differences) < 12


def test_the_picture_in_pixels(own: Program) -> None:
    """The PNG is as large as said, has ink of every verdict, and words."""
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    pytest.importorskip("resvg_py", reason="resvg is not installed")
    done = own.run("timeline", *ASKED, "--png", "a.png")
    assert done.code == 0, done.err
    seen = image.open(own.place / "a.png").convert("RGB")
    assert seen.width == 840
    colours = {colour for _, colour in seen.getcolors(1_000_000)}
    for known in ((140, 28, 34), (240, 180, 41), (213, 236, 220), (255, 255, 255)):
        assert known in colours
    # The letters of the title, in the first lines.
    dark = sum(1 for each in seen.crop((0, 0, 840, 80)).convert("L").tobytes() if each < 100)
    assert dark > 1_000


def test_khal_imports_it_twice(tmp_path: Path, rules: RuleSet, searched: Searched) -> None:
    """A real calendar program takes every file, and shows each event once however often."""
    khal = Path(sys.executable).with_name("khal")
    if not khal.exists():
        missing("khal")
    calendars = tmp_path / "calendars"
    calendars.mkdir()
    config = tmp_path / "config"
    config.write_text(
        f"[calendars]\n[[one]]\npath = {calendars}\n"
        f"[sqlite]\npath = {tmp_path / 'khal.db'}\n"
        "[locale]\ntimeformat = %H:%M\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\n"
        "datetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n"
        "local_timezone = Europe/Berlin\ndefault_timezone = Europe/Berlin\n"
        "[default]\ndefault_calendar = one\n"
    )

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [str(khal), "-c", str(config), *arguments], capture_output=True, text=True, check=False,
            env={**os.environ, "HOME": str(tmp_path), "LANG": "C.UTF-8", "PYTHONWARNINGS": ""},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    plans = [agenda(question, None, Wanted()) for question in recoveries(60, 10, rules)]
    paths = [tmp_path / f"{number}.ics" for number in range(len(plans))]
    for path, plan in zip(paths, plans, strict=True):
        path.write_bytes(calendar_file(plan, detail=True))
    for _ in range(2):
        run("import", "--batch", *map(str, paths))
        assert len(list(calendars.glob("*.ics"))) == sum(len(plan.events) for plan in plans)
    for each in calendars.glob("*.ics"):
        each.unlink()
    for path, plan in zip(paths[:8], plans[:8], strict=True):
        for _ in range(2):
            run("import", "--batch", str(path))
        assert len(list(calendars.glob("*.ics"))) == len(plan.events)
        opening = next(each for each in plan.events if each.kind == "opens")
        assert isinstance(opening.begin, datetime)
        day = opening.begin - timedelta(days=1)
        listed = run("list", "--format", "{uid}", "--day-format", "", f"{day:%Y-%m-%d}", "3d")
        uids = [each for each in listed.split() if each.startswith(opening.key)]
        assert len(uids) == 1, listed
        for each in calendars.glob("*.ics"):
            each.unlink()
    searched(len(plans), "calendars imported twice by khal")


def test_the_site_is_built(tmp_path: Path) -> None:
    """Its pages are prepared, one for each activity, each naming every claim of its rules."""
    root = Path(__file__).resolve().parents[2]
    target = tmp_path / "pages"
    subprocess.run(
        [sys.executable, str(root / "scripts" / "site.py"), str(target)], check=True
    )  # fmt: skip
    names = json.loads((root / "data" / "schema" / "activities.json").read_text())
    assert names
    from mesocare.rules.loader import load_rules

    rules = load_rules()
    for item in rules.items.values():
        text = (target / "activities" / f"{item.id}.md").read_text()
        for rule in item.rules.values():
            assert all(id_ in text for id_ in rule.evidence), item.id
