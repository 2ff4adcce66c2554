"""Ingredient lists: where they begin and end, and where one name ends and the next begins."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mesocare.ingredients
from mesocare.parsing.labels.inci import LONGEST_NAME, parse_label, pieces, printed


def names(text: str) -> list[str]:
    return [each.name for each in parse_label(text).items]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Aqua, Glycerin; Retinol • Parfum · CI 77891 | Talc", 6),
        ("Aqua\nGlycerin\nRetinol", 3),
        ("Ceteareth-20 (and) Cetyl Alcohol (and) Talc", 3),
        ("AQUA - GLYCERIN - PEG-7 GLYCERYL COCOATE", 3),
        ("Aqua、Glycerin，Retinol；Talc", 4),
        ("Aqua,Glycerin,Retinol", 3),
        ("Aqua. Glycerin. Alcohol Denat. Cyclopentasiloxane.", 4),
    ],
)
def test_separators(text: str, wanted: int) -> None:
    """Whatever labels put between two names parts them."""
    assert len(names(text)) == wanted


@pytest.mark.parametrize(
    "name",
    [
        "1,2-Hexanediol",
        "1, 2-Hexanediol",
        "Toluene-2,5-Diamine Sulfate",
        "N,N-Bis(2-Hydroxyethyl)-p-Phenylenediamine Sulfate",
        "PEG/PPG-18/18 Dimethicone",
        "Caprylic/Capric Triglyceride",
        "Alcohol Denat.",
        "HC Blue No. 2",
        "Fragrance (Linalool, Limonene)",
        "Sigesbeckia Orientalis (St. Paul's Wort) Extract",
        "Water / Aqua / Eau",
        "C12 - 16 Alcohols",
    ],
)
def test_one_name_stays_one(name: str) -> None:
    """What looks like a separator inside a name parts nothing."""
    items = parse_label(f"Glycerin, {name}, Talc").items
    assert [each.position for each in items] == [1, 2, 3]
    assert items[1].text == name.rstrip(".")


@pytest.mark.parametrize(
    ("text", "name", "inside", "percent"),
    [
        ("Parfum (Fragrance)", "Parfum", ("Fragrance",), None),
        ("Butyrospermum Parkii (Shea) Butter", "Butyrospermum Parkii Butter", (), None),
        ("Salicylic Acid 2%", "Salicylic Acid", (), 2.0),
        ("2,5 % Benzoyl Peroxide", "Benzoyl Peroxide", (), 2.5),
        ("Glycolic Acid (2.1%)", "Glycolic Acid", (), 2.1),
        ("Ethanol 70% (v/v)", "Ethanol", (), 70.0),
        ("Tocopherol (94,000 ppm)", "Tocopherol", (), None),
        ("Water[7]", "Water", (), None),
        ("Laureth-[9]4", "Laureth-4", (), None),
        ("Glycerin*", "Glycerin", (), None),
        ("Linalool\u00b9", "Linalool", (), None),
        ("[CI 77891]", "CI 77891", (), None),
        ("Zinc Oxide (nano)", "Zinc Oxide", ("nano",), None),
        ("Coconut (Cocos) Oil (Organic", "Coconut Oil", ("Organic",), None),
        ("Aqua)", "Aqua", (), None),
        ("(Aqua", "Aqua", (), None),
        ("((Aqua))", "Aqua", (), None),
        ("Talc, Inactive: Aqua", "Aqua", (), None),
        ("Talc, Aqua: 5%", "Aqua", (), 5.0),
        ("(Organic) Aqua (Eau)", "Aqua", ("Eau",), None),
    ],
)
def test_what_stands_beside_a_name(
    text: str, name: str, inside: tuple[str, ...], percent: float | None
) -> None:
    """Brackets at its end, percentages and footnotes are taken off, and kept where they matter."""
    item = parse_label(text).items[-1]
    assert (item.name, item.inside, item.percent) == (name, inside, percent)


def test_pieces_of_a_bracket() -> None:
    """A bracket may hold a list, which is parted as any."""
    assert pieces("CI 77491, CI 77492") == ["CI 77491", " CI 77492"]


@pytest.mark.parametrize("text", ["", "  ", ",;,", "12, 34", "(", "---", "*"])
def test_no_letters_no_names(text: str) -> None:
    """Without a letter there is no name."""
    assert parse_label(text).lists == ()
    assert printed(text, 1) is None


@pytest.mark.parametrize(
    "head",
    [
        "Ingredients:", "INGREDIENTS", "Ingrédients :", "Inhaltsstoffe:", "INCI:", "Ingredienti:",
        "Ingredients (INCI):", "Ingredients/Ingrédients:", "Full ingredients list:", "成分：",
        "Состав:", "Thành phần:", "Składniki:", "Ingredients -",
    ],
)  # fmt: skip
def test_where_a_list_begins(head: str) -> None:
    """A head in the main languages begins a list, and what stands before is no part of it."""
    label = parse_label(f"Calming cream, 50 ml\n{head} Aqua, Glycerin, Talc")
    assert [each.name for each in label.items] == ["Aqua", "Glycerin", "Talc"]
    assert label.lists[0].headed
    assert label.before.strip() == "Calming cream, 50 ml"


@pytest.mark.parametrize(
    "tail",
    [
        "Directions: apply daily.", "Warnings: keep away.", "Made in France", "How to use it",
        "Mode d'emploi : le soir", "Anwendung: abends", "Contains 10 ppm fluoride",
        "Please be aware that lists may change.", "Free from: Parfum",
        "Ohne Parfum", "www.example.org",
    ],
)  # fmt: skip
def test_where_a_list_ends(tail: str) -> None:
    """What follows a list is no part of it."""
    for text in (f"Aqua, Glycerin, Talc. {tail}", f"Ingredients: Aqua, Glycerin, Talc\n{tail}"):
        label = parse_label(text)
        assert [each.name for each in label.items] == ["Aqua", "Glycerin", "Talc"]
        assert tail.rstrip(".") in label.after


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("Charcoal Peel-off Mask: Aqua, Talc, Parfum", "Charcoal Peel-off Mask: "),
        ("Zinc Shampoo\nAqua, Talc, Parfum", "Zinc Shampoo\n"),
        ("Aqua,\nTalc, Parfum, Mica", ""),
    ],
)
def test_a_title_without_a_head(text: str, before: str) -> None:
    """A first line without a list in it, or words before a colon, are a title."""
    label = parse_label(text)
    assert (label.before, label.items[0].name) == (before, "Aqua")
    assert not label.lists[0].headed


def test_praise_is_no_head() -> None:
    """Key ingredients are praise; the list comes later."""
    text = "Key ingredients: a miracle. Ingredients: Aqua, Talc. With the ingredients: none."
    assert names(text)[:2] == ["Aqua", "Talc"]
    assert names("These are ingredients we love, Aqua") == ["These are ingredients we love", "Aqua"]


def test_a_broken_line_is_one_name() -> None:
    """Where commas part names, the end of a line does not."""
    assert names("Ingredients: Aqua, Glyceryl\nStearate, Talc") == [
        *("Aqua", "Glyceryl Stearate", "Talc")
    ]


def test_several_lists() -> None:
    """A kit has several, and each is read."""
    label = parse_label("Step 1 Ingredients: Aqua, Talc. Step 2 Ingredients: Aqua, Retinol")
    assert [[item.name for item in each.items] for each in label.lists] == [
        ["Aqua", "Talc", "Step 2"],
        ["Aqua", "Retinol"],
    ]


def test_drug_facts() -> None:
    """Actives and inactives of the United States are lists of their own."""
    label = parse_label(
        "Drug Facts\nActive ingredients Purpose\nAvobenzone 3% Sunscreen Homosalate 10% Sunscreen\n"
        "Inactive ingredients: Water, Glycerin, and other ingredients"
    )
    assert [each.part for each in label.lists] == ["inactive"]
    label = parse_label(
        "Active ingredients: Avobenzone 3% Sunscreen Homosalate 10% Sunscreen Zinc Oxide 4.0%\n"
        "Inactive ingredients: Water, Glycerin, and other ingredients"
    )
    active, inactive = label.lists
    assert [(each.name, each.percent) for each in active.items] == [
        *(("Avobenzone", 3.0), ("Homosalate", 10.0), ("Zinc Oxide", 4.0))
    ]
    assert (active.part, inactive.part, inactive.more) == ("active", "inactive", True)
    assert [each.name for each in inactive.items] == ["Water", "Glycerin"]
    assert label.percent == 17.0


def test_a_percentage_that_runs_into_the_next_name() -> None:
    """Where the comma was lost, the percent sign parts two names."""
    assert names("Titanium Dioxide 6.3% , Zinc Oxide 4.0%Water, Dimethicone") == [
        *("Titanium Dioxide", "Zinc Oxide", "Water", "Dimethicone")
    ]


@pytest.mark.parametrize(
    "block",
    [
        "[+/- CI 77891, CI 77491]", "(+/-: CI 77891, CI 77491)", "May contain: CI 77891, CI 77491",
        "± CI 77891, CI 77491", "Peut contenir : CI 77891, CI 77491", "+/- CI 77891, CI 77491",
    ],
)  # fmt: skip
def test_may_contain(block: str) -> None:
    """What it only may contain is told apart; a tolerance is not such a block."""
    items = parse_label(f"Talc, Mica, {block}").items
    assert [each.name for each in items if each.may] == ["CI 77891", "CI 77491"]
    assert not any(each.may for each in parse_label("Retinol 0.5% +/- 0.1%, Talc").items)


def test_what_follows_the_block_belongs_to_the_list() -> None:
    """The bracket ends the block."""
    items = parse_label("Talc [+/- CI 77891], Parfum").items
    assert {each.name: each.may for each in items} == {
        "Talc": False,
        "Parfum": False,
        "CI 77891": True,
    }


def test_footnotes_are_no_names() -> None:
    """A line that explains a star is left out; a starred name is not."""
    text = "Glycerin*, *Parfum, Talc. *Certified Organic. Mica * Essential Oil"
    assert names(text) == ["Glycerin", "Parfum", "Talc", "Mica", "Essential Oil"]


def test_entities_and_control_characters() -> None:
    """HTML is undone before anything is parted; what nobody sees is taken out and counted."""
    assert names("Aqua&nbsp;&amp; Parfum&#44; Talc&quot;") == ["Aqua & Parfum", 'Talc"']
    label = parse_label("Aq\x00ua, Tal\u200bc")
    assert (label.cleaned, len(label.items)) == (2, 2)


def test_a_long_piece_is_cut() -> None:
    """A name is shown in bearable length."""
    (item,) = parse_label("a" * 10_000).items
    assert len(item.text) == LONGEST_NAME


def test_the_public_module() -> None:
    """Its examples hold."""
    failed, tried = doctest.testmod(mesocare.ingredients)
    assert (failed, tried > 5) == (0, True)


@given(st.text(alphabet=st.sampled_from("aA1, .()[]%*/-+±\n:;&•"), max_size=80))
def test_nothing_fails(text: str) -> None:
    """Any text is read, and each name of it stands in it."""
    for item in parse_label(f"Ingredients: {text}").items:
        assert any(map(str.isalpha, item.name))


def test_a_drug_label_on_one_line() -> None:
    """Its heads part the lists without a sign; a single one amid a sentence parts nothing."""
    both = "Active ingredient Benzoyl Peroxide 5% Inactive ingredients Purified Water, Glycerin"
    label = parse_label(both)
    assert [(each.part, [item.name for item in each.items]) for each in label.lists] == [
        ("active", ["Benzoyl Peroxide"]),
        ("inactive", ["Purified Water", "Glycerin"]),
    ]
    prose = parse_label("It has the active ingredient retinol. Ingredients: Aqua, Glycerin")
    assert [item.name for item in prose.items] == ["Aqua", "Glycerin"]
