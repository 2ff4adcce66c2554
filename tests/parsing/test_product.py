"""A product's verdict: which ingredient decides, what a doubt does, and what can never happen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import mesocare
from mesocare.app.product import ProductAnswer, product
from mesocare.core.model import Verdict
from mesocare.core.question import Question
from mesocare.core.verdict.engine import answer
from mesocare.errors import MesocareError
from mesocare.rules.loader import load_rules

RULES = load_rules()
PRODUCTS = RULES.products()
TREATED = datetime(2024, 5, 1, 12, tzinfo=UTC)
HOURS: tuple[float, ...] = (6, 18, 60, 120, 200, 400, 1000)
ENTRIES = [row.split("\t") for row in PRODUCTS.rows]
PLACED = ("first-third", "first-five", "first", "on-a-scrub")
KNOWN = [row[0] for row in ENTRIES if "," not in row[0]]
STEADY = [row[0] for row in ENTRIES if row[2] not in PLACED and "," not in row[0]]


def asked(hours: float = 60, type_: str = "face") -> Question:
    """Return the question so many hours after one treatment."""
    at = TREATED + timedelta(hours=hours)
    one = mesocare.treatment(type_, "2024-05-01T14:00", at=at, zone="Europe/Berlin")
    return Question(at, ZoneInfo("Europe/Berlin"), (one,), RULES)


QUESTIONS = {hours: asked(hours) for hours in HOURS}


def of(text: str, hours: float = 60, type_: str = "face", kind: str | None = None) -> ProductAnswer:
    return product(text, asked(hours, type_), kind)


@pytest.mark.parametrize(
    ("text", "decides", "item"),
    [
        ("Aqua, Glycerin, Retinol, Parfum", "Retinol", "retinoids"),
        ("Aqua, Glycerin, Talc, Parfum", "Parfum", "fragrance"),
        ("Alcohol Denat., Aqua, Menthol", "Alcohol Denat", "alcohol-based"),
        ("Aqua, Glycerin, Polyvinyl Alcohol, Talc, Mica, Inulin, Honey", "Polyvinyl Alcohol",
         "strong-mask"),
        ("Aqua, Calcium Thioglycolate, Talc", "Calcium Thioglycolate", "waxing"),
        ("Aqua, Dihydroxyacetone, Glycerin", "Dihydroxyacetone", "self-tan"),
        ("Aqua, Sodium Lauryl Sulfate, Glycerin", "Sodium Lauryl Sulfate", "makeup-remover"),
    ],
)  # fmt: skip
def test_what_decides(text: str, decides: str, item: str) -> None:
    """The strictest of the items decides, and the answer is the engine's own."""
    found = of(text, 30)
    assert found.decides is not None
    assert found.decides.found.printed.name == decides
    question = asked(30)
    own = answer(RULES.items[item], question.treatments, RULES, question.at)
    assert found.decisive == own
    assert (found.verdict, found.allowed_from) == (own.verdict, own.allowed_from)


def test_the_order_of_the_others() -> None:
    """The strictest comes first; each is there once, however often it is printed."""
    found = of("Aqua, Parfum, Ethylhexyl Salicylate, Retinol, Parfum, Calcium Thioglycolate", 30)
    assert [each.found.printed.name for each in found.held] == [
        *("Calcium Thioglycolate", "Parfum", "Retinol", "Ethylhexyl Salicylate")
    ]
    severities = [each.answer.verdict.severity for each in found.held if each.answer]
    assert severities == sorted(severities, reverse=True)


def test_nothing_restricted() -> None:
    """The kind decides: in the first hours nothing goes on the skin."""
    plain = "Aqua, Glycerin, Panthenol"
    assert of(plain, 6).verdict is Verdict.AVOID
    assert of(plain, 6).decides is None
    assert of(plain, 18).verdict is Verdict.LIMITED
    assert of(plain, 30).verdict is Verdict.ALLOWED
    assert of(plain, 30).doubts == ()


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("Aqua, Novum, Glycerin, Panthenol, Talc", "not recognised near the top: Novum"),
        ("Aqua, Glycerin", "too little of a list was recognised"),
        ("Aqua 60%, Glycerin 50%, Panthenol", "its percentages add up to 110 %"),
        ("Aqua, Glycerin, Panthenol and other ingredients", "it ends with"),
        ("Aqua, Glycerin, Panthenol", ""),
        ("Aqua, Glycerin, Panthenol, and other ingredients", "it ends with"),
        ("Aqua, Hydrocortisone, Panthenol", "no rule covers Hydrocortisone (steroid) in full"),
        ("Alanine, Biotin, Caffeine, Citric Acid, Glycerin, Honey, Inulin, Talc",
         "Citric Acid: the order of this list says nothing"),
        ("Aqua, Glycerin, " + "Talc, " * 1000, "1002 names are more than a label has"),
    ],
)  # fmt: skip
def test_a_doubt_is_no_plain_yes(text: str, doubt: str) -> None:
    """A list that was not read well is never allowed; the clinic is asked."""
    found = of(text, 1000)
    assert bool(doubt) == (found.verdict is Verdict.LIMITED)
    assert bool(doubt) == (found.allowed_from is None)
    assert any(doubt in each for each in found.doubts) or not doubt


def test_a_list_mostly_unread_is_for_the_clinic() -> None:
    """Of what is mostly unknown nothing can be said, so it is `ask`; what is avoided stays so."""
    found = of("Aqua, Glycerin, Panthenol, Novum, Zeta, Ypsilon, Xena", 1000)
    assert found.verdict is Verdict.ASK
    assert (found.limited_from, found.allowed_from) == (None, None)
    assert "too little of a list was recognised" in found.doubts
    assert of("Aqua, Retinol, Novum, Zeta, Ypsilon, Xena", 60).verdict is Verdict.AVOID
    assert of("정제수, 글리세린, 레티놀", 60).verdict is Verdict.ASK


def test_a_head_makes_a_short_list() -> None:
    """One name after `Ingredients` is a list of one."""
    assert of("Ingredients: Petrolatum", 60).verdict is Verdict.ALLOWED
    assert of("Petrolatum", 60).verdict is Verdict.LIMITED


@pytest.mark.parametrize(
    "text",
    [
        "Please bring some milk, and do not forget the bread", "水杨酸护肤品，很好用", "12, 34",
        "", "\x00\x01", "Уход за кожей, нежный крем", "Vitamin-rich happiness",
    ],
)  # fmt: skip
def test_what_is_no_list_is_refused(text: str) -> None:
    """Prose, other languages and nothing at all get no verdict."""
    with pytest.raises(MesocareError) as caught:
        of(text)
    assert "mesocare product" in caught.value.hint


def test_remarks() -> None:
    """Several lists, what may be in it, and what was taken out are said."""
    found = of("Ingredients: Aqua, Talc, Mi\x00ca [+/- CI 77491]. Ingredients: Aqua, Retinol")
    assert len(found.remarks) == 3
    assert found.decides is not None
    assert found.decides.entry.group == "retinoid"
    twice = of("Aqua, Glycerin, Talc, Mica, Honey, Inulin. Aqua, Lactic Acid, Panthenol", 1000)
    assert twice.remarks == (
        "water stands in it twice, so it may be two products; all of it counts",
    )
    assert twice.doubts == ("Lactic Acid: it may be of a second product in the text",)
    facts = of("Active ingredients: Zinc Oxide 5%. Inactive ingredients: Aqua, Talc, Mica")
    assert facts.remarks == ()


def test_kinds() -> None:
    """A kind has a rule of its own; one that is guessed is said, and only adds."""
    assert of("Aqua, Glycerin, Talc", 60, kind="mask").verdict is Verdict.AVOID
    assert of("Aqua, Glycerin, Talc", 60, kind=" Cream ").kind.given
    guess = of("Sheet Mask: Aqua, Glycerin, Talc", 60)
    assert [each.id for each in guess.kind.kinds] == ["mask"]
    assert guess.kind.words == ("sheet mask",)
    assert guess.verdict is Verdict.AVOID
    peel_off = of("Peel-off mask: Aqua, Glycerin, Talc", 60)
    assert [each.id for each in peel_off.kind.kinds] == ["mask"]
    after = of("Aqua, Glycerin, Talc. Directions: use the shampoo daily", 60)
    assert [each.id for each in after.kind.kinds] == ["shampoo"]
    with pytest.raises(MesocareError, match="unknown kind of product 'mak'"):
        of("Aqua", kind="mak")


def test_a_peel_makes_its_acids_count() -> None:
    """On a peel an acid is no buffer, wherever it stands."""
    low = "Aqua, Glycerin, Talc, Mica, Inulin, Honey, Citric Acid"
    assert of(low).held == ()
    assert [each.entry.name for each in of(low).traces] == ["CITRIC ACID"]
    assert [each.entry.name for each in of(f"Fruit peel: {low}").held] == ["CITRIC ACID"]
    assert [each.entry.name for each in of(low, kind="peel").held] == ["CITRIC ACID"]


def test_hair_and_scalp() -> None:
    """What only goes on hair concerns a treated scalp, and no face; a guess is no such promise."""
    shampoo = "Aqua, Sodium Laureth Sulfate, Parfum"
    assert of(shampoo, 60, kind="shampoo").verdict is Verdict.ALLOWED
    assert of(shampoo, 60, kind="shampoo").held[0].answer is None
    assert of(f"Shampoo: {shampoo}", 60).verdict is Verdict.AVOID
    assert of(shampoo, 30, "scalp", kind="shampoo").verdict is Verdict.AVOID
    gel = of("Aqua, Parfum, Glycerin", 30, "scalp", kind="hair")
    assert gel.decisive.activity == "styling-products"
    face = of("Aqua, Resorcinol, Hydrogen Peroxide, Talc", 60, kind="hair")
    assert (face.verdict, face.doubts) == (Verdict.ALLOWED, ())
    assert len(of("Aqua, Resorcinol, Hydrogen Peroxide, Talc", 60).doubts) == 2
    dye = of("Aqua, Resorcinol, Glycerin", 30, "scalp", kind="hair")
    assert dye.decides is not None
    assert dye.decides.answer is not None
    assert dye.decides.answer.activity == "hair-colour"


def test_what_the_clinic_has_to_see_first() -> None:
    """An open finding in the diary holds a product back too."""
    found = product("Aqua, Glycerin, Panthenol", asked(1000), None, ["infection"])
    assert found.verdict is Verdict.ASK
    assert found.decisive.held_by == ("infection",)


def test_favoured_names_cancel_nothing() -> None:
    """Panthenol and cica beside an acid leave the acid."""
    found = of("Aqua, Panthenol, Madecassoside, Centella Asiatica Extract, Salicylic Acid")
    assert found.verdict is Verdict.AVOID


LISTS = st.lists(st.sampled_from(KNOWN), min_size=3, max_size=10, unique=True)
STEADY_LISTS = st.lists(st.sampled_from(STEADY), min_size=3, max_size=10, unique=True)
UNKNOWN = st.sampled_from(["Novum", "Zeta Extract", "Blubberin", "Ypsilon-4", "Xena Oil"])
ADDED = st.one_of(st.sampled_from(KNOWN), UNKNOWN)
WHEN = st.sampled_from(HOURS)


def severity(names: list[str], hours: float, sign: str = ", ") -> int:
    return product(sign.join(names), QUESTIONS[hours]).verdict.severity


@given(LISTS, ADDED, WHEN)
def test_adding_an_ingredient_is_never_milder(names: list[str], added: str, hours: float) -> None:
    """One more at the end, known or not."""
    assert severity([*names, added], hours) >= severity(names, hours)


@given(STEADY_LISTS, ADDED, WHEN, st.integers(0, 10))
def test_adding_one_anywhere_is_never_milder(
    names: list[str], added: str, hours: float, at: int
) -> None:
    """Anywhere, too, where no name counts by its place; such a name further down counts less."""
    assert severity([*names[:at], added, *names[at:]], hours) >= severity(names, hours)


@given(LISTS, st.lists(st.tuples(st.integers(0, 10), UNKNOWN), max_size=3), WHEN)
def test_removing_unknown_names_is_never_stricter(
    names: list[str], unknown: list[tuple[int, str]], hours: float
) -> None:
    """What nobody knows can only make it stricter."""
    more = list(names)
    for at, name in unknown:
        more.insert(at, name)
    assert severity(names, hours) <= severity(more, hours)


@given(LISTS, st.sampled_from(["; ", " • ", " | ", "\n", ",\n"]), st.booleans(), WHEN)
def test_separators_and_case_change_nothing(
    names: list[str],
    sign: str,
    lower: bool,
    hours: float,
) -> None:
    """Whatever parts the names, and in whatever letters they are."""
    assume(not any(each.startswith("CI ") for each in names))
    printed = [each.lower() for each in names] if lower else names
    assert severity(printed, hours, sign) == severity(names, hours)


@given(STEADY_LISTS, st.randoms(use_true_random=False), WHEN)
def test_order_changes_nothing_for_what_always_counts(
    names: list[str],
    chance: object,
    hours: float,
) -> None:
    """Order matters only for names that count by their place."""
    mixed = list(names)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert severity(mixed, hours) == severity(names, hours)


@given(LISTS, WHEN, st.sampled_from(["Novum", "a plant", "nano", "Zeta (organic)"]))
def test_brackets_make_nothing_milder(names: list[str], hours: float, inner: str) -> None:
    """A bracket behind a name takes nothing away."""
    printed = [*names[:-1], f"{names[-1]} ({inner})"]
    assert severity(printed, hours) == severity(names, hours)


@given(LISTS, WHEN, st.sampled_from([word for k in PRODUCTS.kinds.values() for word in k.words]))
def test_a_guess_is_never_milder(names: list[str], hours: float, words: str) -> None:
    """What the words of a label tell can only make it stricter."""
    text = ", ".join(names)
    guess = product(f"{words}\nIngredients: {text}", QUESTIONS[hours])
    plain = product(f"Ingredients: {text}", QUESTIONS[hours])
    assert guess.verdict.severity >= plain.verdict.severity
