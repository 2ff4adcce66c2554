"""Text from outside: what a screen obeys, what a spreadsheet runs, what somebody may have meant."""

from __future__ import annotations

import re
import sys

import pytest

from mesocare.text import FORMULA, closest, is_formula, lower_first, printable, without_formula

# Blanks that Unicode knows; a spreadsheet skips them before it looks for a sign.
BLANKS = [chr(code) for code in range(sys.maxunicode + 1) if chr(code).isspace()]


@pytest.mark.parametrize("sign", "=+-@＝＋－＠")
def test_formulas_are_made_plain(sign: str) -> None:
    """Behind any blanks, in full width too, a sign that opens a formula is made plain text."""
    for before in ["", *BLANKS, "   ", "\u3000 \xa0"]:
        assert without_formula(f"{before}{sign}1+1") == f"'{before}{sign}1+1"
    assert without_formula(f"a{sign}1") == f"a{sign}1"


@pytest.mark.parametrize("cell", ["\tplain", "\rplain", "\nplain"])
def test_a_control_character_at_the_front_is_made_plain(cell: str) -> None:
    """Some programs drop it and look again."""
    assert is_formula(cell)


@pytest.mark.parametrize("cell", ["", " ", "  plain", "'=1", "1=1", "ﬀ", "5-3", "é=1"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    """Nothing else is touched."""
    assert without_formula(cell) == cell


def test_the_pattern_names_every_blank() -> None:
    """It has to spell them out, since DuckDB knows other blanks than Python."""
    assert all(re.match(FORMULA, f"{blank}=") for blank in BLANKS)


def test_printable() -> None:
    """What a terminal obeys or hides is spelt out, a lone surrogate too; the rest stays."""
    assert printable("café \x1b[2J\u202e\n\ud800") == "café \\x1b[2J\\u202e\\n\\ud800"


def test_lower_first() -> None:
    """A label begins small inside a sentence, unless it is an abbreviation."""
    assert [lower_first(text) for text in ("Make-up", "SPF 50", "A", "")] == [
        *("make-up", "SPF 50", "a", "")
    ]


def test_closest() -> None:
    """The nearest spelling comes first, and none that is far."""
    assert closest("skalp", ["face", "scalp"]) == ["scalp"]
    assert closest("xyz", ["face", "scalp"]) == []
