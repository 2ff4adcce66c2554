"""`mesocare product`: where the text comes from, what is shown, exit codes, JSON, errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.process import ASKED, AT, TREATED

if TYPE_CHECKING:
    from tests.support.process import Program

LIST = "Aqua, Glycerin, Retinol, Cetearyl Alcohol, Parfum"
LATER = ("--treated", TREATED, "--at", "2024-07-01T09:00")


def plain(program: Program, *arguments: str) -> dict[str, Any]:
    """Return what is printed as JSON."""
    found: dict[str, Any] = program.run("product", *arguments, "--json").json()
    return found


def test_the_text_may_come_from_anywhere(program: Program) -> None:
    """As typed, in several words, from a file in either encoding, from a pipe."""
    asked = plain(program, LIST, *ASKED)
    assert plain(program, *LIST.split(), *ASKED) == asked
    file = program.place / "label.txt"
    file.write_text(f"\ufeff{LIST}", encoding="utf-8")
    assert plain(program, "--file", str(file), *ASKED) == asked
    file.write_bytes(f"{LIST}, Parfüm".encode("cp1252"))
    assert plain(program, "--file", str(file), *ASKED)["not_recognised"] == []
    for dash in (["-"], ["--file", "-"]):
        ended = program.run("product", *dash, *ASKED, "--json", given=LIST.encode())
        assert ended.json() == asked


@pytest.mark.parametrize(
    ("text", "asked", "code", "verdict"),
    [
        (LIST, ASKED, 1, "avoid"),
        ("Aqua, Glycerin, Panthenol", LATER, 0, "allowed"),
        ("Aqua, Novum, Panthenol", LATER, 3, "limited"),
        ("Aqua, Hydroquinone, Talc", (*LATER, "--type", "brightening"), 4, "ask"),
    ],
)
def test_the_exit_code_is_the_verdict(
    program: Program, text: str, asked: tuple[str, ...], code: int, verdict: str
) -> None:
    """As that of `can-i`, and the first line says it."""
    ended = program.run("product", text, *asked)
    assert ended.code == code
    assert ended.out.splitlines()[0].split()[1] == verdict
    assert plain(program, text, *asked)["verdict"] == verdict


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ([], "no list of ingredients was given", "Type for example: mesocare product"),
        ([""], "the list of ingredients is empty", "mesocare product"),
        (["Hello, you"], "no ingredient was recognised in any of the 2 names", "INCI names"),
        (["Hello"], "no ingredient was recognised in the one name", "INCI names"),
        ([LIST, "--kind", "maks"], "unknown kind of product 'maks'; known: cleanser", "mask"),
        ([LIST, "--file", "x"], "a list and --file were both given", "Give one of them."),
        (["--file", "none.txt"], "the label in 'none.txt' cannot be read: No such", "mesocare"),
        (["--file", "."], "the label in '.' cannot be read", "mesocare product"),
    ],
)
def test_errors(program: Program, arguments: list[str], message: str, hint: str) -> None:
    """What was given, what is possible, what to type."""
    ended = program.run("product", *arguments, *ASKED)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert hint in ended.err


def test_a_file_that_is_too_large(program: Program) -> None:
    """A megabyte is no label, and is not read to its end."""
    file = program.place / "large.txt"
    file.write_bytes(b"Aqua, " * 200_000)
    ended = program.run("product", "--file", str(file), *ASKED)
    assert ended.code == 2
    assert "is more than 1 MB" in ended.err


def test_a_treatment_is_needed(program: Program) -> None:
    """As everywhere."""
    ended = program.run("product", LIST)
    assert ended.code == 2
    assert "no treatment was given" in ended.err


def test_what_is_shown(program: Program) -> None:
    """What decides, the others, what was not recognised, how it was taken, and the caveat."""
    text = f"Sheet mask: {LIST}, Novum, Citric Acid, Methylisothiazolinone, Benzyl Salicylate"
    out = program.run("product", text, *ASKED).out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    joined = " ".join(lines)
    assert lines[0].startswith("x avoid This product, until")
    assert "Decides Retinol (retinoid), number 3. Rule: retinoids" in joined
    assert "Also avoid until" in joined
    assert "Traces Citric Acid (AHA)" in joined
    assert "Noted Methylisothiazolinone (sensitising preservative)" in joined
    assert "Unknown 1 of 9 not recognised: Novum." in joined
    assert 'Kind Taken as a mask, by "sheet mask"' in joined
    assert "Amounts and pH are not on a label" in joined
    assert f"mesocare explain retinoids --treated {TREATED}" in joined


def test_what_is_shown_of_a_doubt(program: Program) -> None:
    """Whom to ask is said in a row of its own."""
    out = " ".join(program.run("product", "Aqua, Novum, Panthenol, Talc", *LATER).out.split())
    assert out.startswith("~ limited This product, with care Decides What could not be read")
    assert "Ask Check with your clinic: not recognised near the top: Novum." in out


def test_many_names_are_counted(program: Program) -> None:
    """A long row names the first and counts the rest; a long name is cut."""
    scents = "Linalool, Limonene, Citral, Geraniol, Eugenol, Coumarin, Farnesol, Citronellol"
    out = " ".join(program.run("product", f"Aqua, {scents}, {'Parfum ' * 30}", *ASKED).out.split())
    assert "and 1 more" in out


def test_a_time_that_is_not_known(program: Program) -> None:
    """A date without a time is a whole day, and the answer says what to type."""
    out = program.run("product", LIST, "--treated", "2024-05-01", "--at", "2024-05-08T09:00").out
    assert "The time of treatment decides" in " ".join(out.split())


def test_what_a_diary_says_leads(own: Program) -> None:
    """A red flag on record comes first, and holds the product back."""
    own.run("treated", TREATED)
    own.run("feel", "blisters", "--at", AT)
    ended = own.run("product", "Aqua, Glycerin, Panthenol", "--at", "2024-05-10T09:00")
    assert ended.code == 4
    assert "x avoid" not in ended.out
    assert ended.out.index("blister") < ended.out.index("This product")
    assert plain(own, "Aqua, Glycerin, Panthenol", "--at", "2024-05-10T09:00")["triage"]


def test_json(program: Program) -> None:
    """The fields, and what stands in them."""
    text = "Face cream. Ingredients: Aqua, Retinol 1%, Novum, Menthol [+/- CI 77491]"
    found = plain(program, text, *ASKED)
    assert found["schema"] == "mesocare.product/1"
    assert list(found) == [
        *("schema", "at", "triage", "treatments", "verdict", "limited_from", "allowed_from"),
        *("decides", "answer", "held", "noted", "traces", "names", "not_recognised"),
        *("check_with_clinic", "kind", "lists", "remarks", "rules"),
    ]
    decides = found["decides"]
    assert (decides["text"], decides["position"], decides["percent"]) == ("Retinol 1%", 2, 1.0)
    assert (decides["name"], decides["class"], decides["activity"]) == (
        *("RETINOL", "retinoid", "retinoids"),
    )
    assert (decides["source"][:6], decides["entry"], decides["grade"]) == ("CosIng", "376", "A")
    assert [each["text"] for each in found["held"]] == ["Retinol 1%", "Menthol", "CI 77491"]
    assert found["held"][2]["may_contain"] is True
    assert found["not_recognised"] == [
        {"text": "Novum", "position": 3, "percent": None, "may_contain": False}
    ]
    assert found["kind"] == {"ids": ["cream"], "given": False, "words": ["cream"]}
    assert found["lists"] == [{"part": "all", "headed": True, "names": 5}]
    assert found["answer"]["activity"] == "retinoids"


def test_json_of_what_no_rule_holds(program: Program) -> None:
    """A shampoo on a treated face: named, without a rule."""
    found = plain(program, "Aqua, Parfum, Talc", "--kind", "shampoo", *ASKED)
    (held,) = found["held"]
    assert (held["activity"], held["verdict"], held["allowed_from"]) == (None, None, None)
    assert found["decides"] is None


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("colour", [True, False])
def test_on_a_terminal(program: Program, width: int, colour: bool) -> None:
    """It fits every width, in colour or not, and begins with the verdict."""
    env = None if colour else {"NO_COLOR": "1"}
    screen = program.on_terminal("product", LIST, *ASKED, width=width, env=env)
    assert screen.code == 1
    assert max(map(len, screen.lines)) <= min(width, 100)
    assert screen.lines[0].startswith("✗ avoid  This product")
    assert ("\x1b[1;38" in screen.raw) is colour
