"""Names against the table: whole names only, and what was printed on real labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesocare.parsing.labels.inci import parse_label
from mesocare.parsing.labels.ingredients import Reader, Reading
from mesocare.parsing.labels.names import folded, misread, without_notes
from mesocare.rules.loader import load_rules
from tests.support import labels

if TYPE_CHECKING:
    from mesocare.core.products import Products

READER = Reader(load_rules().products())
PRODUCTS: Products = READER.products
HARMLESS_CLASSES = {"base", "preservative", "colourant", "mild-surfactant", "mineral-filter"}


def read(text: str) -> Reading:
    return labels.read(text, READER)


def groups(name: str) -> set[str]:
    """Return the classes of one name alone; none if it is not recognised."""
    return {entry.group for found in read(name).found for entry in found.entries}


# Every trap: names in which a part is something else.
TRAPS = [
    "Cetyl Alcohol", "Cetearyl Alcohol", "Stearyl Alcohol", "Behenyl Alcohol", "Lanolin Alcohol",
    "C14-22 Alcohols", "Phenethyl Alcohol", "Butyloctyl Salicylate", "Tridecyl Salicylate",
    "Asiatic Acid", "Madecassic Acid", "Hyaluronic Acid", "Stearic Acid", "Folic Acid",
    "Ferulic Acid", "Hydroxystearic Acid", "Etidronic Acid", "Propylene Glycol", "Butylene Glycol",
    "Caprylyl Glycol", "Glycol Distearate", "1,2-Hexanediol", "Sodium Gluconate", "Zinc Gluconate",
    "Tocopherol", "Tocopheryl Acetate", "Erythorbic Acid", "Sodium Erythorbate",
    "Behentrimonium Methosulfate", "Magnesium Sulfate", "Zinc Sulfate", "Sodium Sulfate",
    "Sodium Cetearyl Sulfate", "Triethanolamine", "Rosa Canina Fruit Oil", "Zinc Oxide",
    "Titanium Dioxide", "CI 77891", "Rubus Idaeus Seed Oil", "Camellia Sinensis Leaf Extract",
    "Phenoxyethanol", "Methylparaben", "Triethyl Citrate", "Lauryl Lactate", "Carbomer", "BHA",
    "Sodium Polyacrylate", "Cocamidopropyl Betaine", "Betaine", "Sodium Lauroyl Glutamate",
]  # fmt: skip


@pytest.mark.parametrize("name", TRAPS)
def test_traps_are_harmless(name: str) -> None:
    """A name is not what a part of it is."""
    found = groups(name)
    assert found
    assert found <= HARMLESS_CLASSES


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("Alcohol", "drying-alcohol"), ("Alcohol Denat.", "drying-alcohol"),
        ("SD Alcohol 40-B", "drying-alcohol"), ("Betaine Salicylate", "bha"),
        ("Capryloyl Salicylic Acid", "bha"), ("Ethylhexyl Salicylate", "chemical-filter"),
        ("Octisalate", "chemical-filter"), ("Homosalate", "chemical-filter"),
        ("Benzyl Salicylate", "fragrance"), ("Retinyl Palmitate", "retinoid"),
        ("Hydroxypinacolone Retinoate", "retinoid"), ("Sodium Retinoyl Hyaluronate", "retinoid"),
        ("Bakuchiol", "retinoid-alternative"), ("Rosa Canina Flower Oil", "essential-oil"),
        ("Tetrahexyldecyl Ascorbate", "vitamin-c"), ("Polyvinyl Alcohol", "peel-off"),
        ("Ammonium Thioglycolate", "depilatory"), ("TEA-Lauryl Sulfate", "harsh-surfactant"),
        ("Dihydroxyacetone", "self-tan"), ("p-Phenylenediamine", "hair-dye"),
        ("Tea Tree Oil", "essential-oil"), ("Menthol", "cooling"), ("Iron Oxides", "tint"),
        ("Vanillyl Butyl Ether", "heat"), ("Hydroquinone", "pigment-lightener"),
        ("Benzoyl Peroxide", "benzoyl-peroxide"), ("Methylisothiazolinone",
                                                   "sensitising-preservative"),
    ],
)  # fmt: skip
def test_what_names_belong_to(name: str, group: str) -> None:
    """Each of the classes, by names that are easily taken for something else."""
    assert groups(name) == {group}


@pytest.mark.parametrize(
    ("printed", "group"),
    [
        ("RETINOL", "retinoid"), ("retinol.", "retinoid"), ("Retinol*", "retinoid"),
        ("Salicylic  Acid", "bha"), ("SalicylicAcid", "bha"), ("Salicy- lic Acid", "bha"),
        ("Sodium Lauryl Sulphate", "harsh-surfactant"), ("Parfüm", "fragrance"),
        ("Aqua / Water / Eau", "base"), ("Water/Aqua/Eau", "base"),
        ("Parfum/Fragrance", "fragrance"),
        ("Cl 77492", "tint"), ("C1 77492", "tint"), ("CI77492", "tint"), ("CI 77491 77492", ""),
        ("3-0-Ethyl Ascorbic Acid", "vitamin-c"), ("Glyc0lic Acid", "aha"),
        ("Salicylsäure", "bha"), ("Trétinoïne", "retinoid"),
        ("Glycolic Acid6", "aha"), ("Betaine13 Salicylate10", "bha"), ("Polysorbate 603", ""),
        ("Limonene and Linalool", "fragrance"), ("Water and Pepper", ""),
        ("Titanium Dioxide (CI 77891)", "mineral-filter"), ("정제수", "base"),
        ("Alcohol (Organic)", "drying-alcohol"), ("Squalane (Olive Origin)", "base"),
    ],
)  # fmt: skip
def test_how_names_are_printed(printed: str, group: str) -> None:
    """Case, blanks, line breaks, synonyms, spellings, slips of a camera and footnotes."""
    assert groups(printed) == ({group} if group else set())


def test_both_sides_of_a_bracket_count() -> None:
    """What stands in a bracket at the end is read as well, and can only add."""
    assert groups("Fragrance (Essential Oil)") == {"fragrance", "essential-oil"}
    assert groups("Natural Blend (Retinol, Parfum)") == {"retinoid", "fragrance"}
    # A plant's common name amid its name is no ingredient of its own.
    assert groups("Gardenia (Jasmine) Extract") == set()


def test_a_slash_never_leads_to_a_fragment() -> None:
    """Parts count if all are names, or if a restricted one is a name among others."""
    assert groups("Lactic Acid/Glycolic Acid Copolymer") == set()
    assert groups("Dimethicone/Vinyl Dimethicone Crosspolymer") == {"base"}
    assert groups("Dimethicone/Novum Crosspolymer") == set()
    assert groups("Retinol/Novum") == {"retinoid"}
    assert groups("Aqua/Novum") == set()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Citric Acid, Aqua, Talc", True),
        ("Aqua, Talc, Glycerin, Citric Acid", False),
        ("Aqua, Propanediol, Citric Acid, Talc", True),  # a short list is made of its first names
        ("Aqua, Talc, Glycerin, Citric Acid 5%", True),
        ("Aqua, Talc, Glycerin [+/- Citric Acid]", False),
        ("Aqua, Alanine, Biotin, Caffeine, Citric Acid, Glycerin, Honey, Talc", False),
        ("Alanine, Biotin, Caffeine, Citric Acid, Glycerin, Honey, Inulin, Talc", None),
    ],
)
def test_a_buffer_is_no_peel(text: str, wanted: bool | None) -> None:
    """An acid counts high up or with a percentage, and is unsure where order says nothing."""
    (found,) = (each for each in read(text).found if each.printed.name == "Citric Acid")
    assert found.counts(found.entries[0], peel=False) is wanted
    assert found.counts(found.entries[0], peel=True) is (not found.printed.may)


def test_powders_count_on_a_scrub_only() -> None:
    """Silica thickens; on a scrub it scrubs. Sugar does where it comes first."""
    (silica,) = read("Silica").found
    assert silica.counts(silica.entries[0], peel=False) is False
    assert silica.counts(silica.entries[0], peel=True) is True
    first, *_ = read("Sucrose, Parfum").found
    assert first.counts(first.entries[0], peel=False) is True


def test_unknown_names_near_the_top() -> None:
    """The first third by the printed order, or anywhere where that says nothing."""
    assert [each.text for each in read("Aqua, Novum, Talc, Mica, Parfum, Zeta").early] == ["Novum"]
    text = "Alanine, Biotin, Caffeine, Dextrin, Glycerin, Honey, Inulin, Lecithin, Novum, Aqua"
    assert [each.text for each in read(text).early] == ["Novum"]
    assert read("Talc [+/- Novum]").early == ()


def test_what_was_seen_is_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is looked up once; the memory does not grow without end."""
    reader = Reader(PRODUCTS)
    monkeypatch.setattr("mesocare.parsing.labels.ingredients._MOST_KEPT", 2)
    for name in ("Aqua", "Talc", "Retinol", "Aqua"):
        assert labels.read(name, reader).recognised == 1
    assert len(reader._seen) <= 2


@pytest.mark.parametrize("expected", labels.thirteen(), ids=lambda each: each.product)
def test_the_thirteen_lists(expected: labels.Expected) -> None:
    """Names, restricted classes and what nobody knows, to the letter."""
    reading = read(expected.text)
    assert len(reading.found) == expected.names
    assert labels.classes_of(reading) == expected.classes
    assert tuple(each.text for each in reading.unknown) == expected.unknown


@pytest.mark.parametrize(
    "product", [each for each in labels.collected() if not each.held_out], ids=lambda p: p.product
)
def test_lists_collected_since(product: labels.Collected) -> None:
    """Exact, or marked as read wrong until it is; those that are held out are only measured."""
    exact = labels.classes_of(read(product.text)) == product.classes
    assert exact is not product.wrong


def test_there_are_lists_enough_to_measure_by() -> None:
    """Each is there once, has its source, and names only classes of the table."""
    lists = labels.collected()
    assert len(lists) >= 80
    assert sum(each.held_out for each in lists) >= 40
    assert len({each.product for each in lists}) == len({each.text for each in lists}) == len(lists)
    assert all(each.source for each in lists)
    assert set().union(*(each.classes for each in lists)) <= set(PRODUCTS.classes)


@given(st.sampled_from(sorted(PRODUCTS.names)), st.sampled_from(sorted(PRODUCTS.names)))
def test_no_part_of_a_name_is_a_name(one: str, other: str) -> None:
    """Two names run together are neither: only the whole is compared."""
    joined = f"x{one.replace('/', '')}{other.replace('/', '')}x"
    if joined not in PRODUCTS.names:
        assert groups(joined) == set()


def test_forms() -> None:
    """What names are compared by, and what a camera may have read."""
    assert folded("Aluminium – Ｓulphate/Colour") == "aluminumsulfate/color"
    assert misread("retinol") == []
    assert "ci77492" in misread("cl77492")
    assert without_notes("Panthenol") is None
    assert without_notes("Panthenol4") == "Panthenol"
    assert without_notes("CI 77891") is None


def test_a_label_without_a_list_has_nothing() -> None:
    """No name, nothing found."""
    reading = READER.read(parse_label(""))
    assert (reading.found, reading.unknown, reading.recognised) == ((), (), 0)
