"""Ingredients of a clinic's protocol: what they add, and that no product gets milder by them."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mesocare
from mesocare.app.product import ProductAnswer, product
from mesocare.core.model import Verdict
from mesocare.core.question import Question
from mesocare.errors import MesocareError, RulesError
from mesocare.render.json.product import product_json
from mesocare.render.text.product import product_text
from mesocare.rules.loader import load_rules
from mesocare.rules.overlay.ingredients import MOST_CLASSES, MOST_NAMES
from mesocare.rules.quality.changes import LOOSENED, MIXED, NEW, REMOVED, TIGHTENED
from mesocare.rules.quality.diff import compare
from tests.support.protocols import load, write

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet
    from mesocare.rules.quality.changes import Move

pytestmark = pytest.mark.usefixtures("files_read_once")

BUILT_IN = load_rules()
TABLE = BUILT_IN.products()
TREATED = datetime(2024, 5, 1, 12, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")
OURS: dict[str, Any] = {"label": "growth factor", "items": ["retinoids"], "note": "We wait."}
LONG = 4000  # hours, after which nothing is restricted any more


@pytest.fixture(autouse=True)
def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep compiled rule sets in a directory of the test's own."""
    monkeypatch.setenv("MESOCARE_CACHE_DIR", str(tmp_path / "cache"))


def said(names: dict[str, Any], **classes: Any) -> dict[str, Any]:
    """Return a protocol's part on ingredients, with a class of its own."""
    return {"ingredients": {"classes": {"ours": OURS, **classes}, "names": names}}


def asked(rules: RuleSet, hours: float) -> Question:
    at = TREATED + timedelta(hours=hours)
    one = mesocare.treatment("face", "2024-05-01T14:00", at=at, zone="Europe/Berlin")
    return Question(at, ZONE, (one,), rules, no_color=True)


def of(rules: RuleSet, text: str, hours: float = 60, kind: str | None = None) -> ProductAnswer:
    return product(text, asked(rules, hours), kind)


def refused(folder: Path, body: dict[str, Any] | str) -> list[str]:
    """Return the problems for which a protocol is refused."""
    with pytest.raises(RulesError) as caught:
        load_rules(write(folder, body))
    return list(caught.value.problems)


def test_a_name_of_the_clinics_own(tmp_path: Path) -> None:
    """It decides by the item of its class, on the clinic's word, by each of its names."""
    rules = load(tmp_path, said({"Novum-7": {"class": "ours", "synonyms": ["Zeta", "zeta"]}}))
    text = "Aqua, {}, Glycerin, Panthenol, Talc"
    for name in ("Novum-7", "NOVUM 7", "Zeta", "Zeta (organic)", "Novum-7/Blubb"):
        found = of(rules, text.format(name))
        assert found.verdict is Verdict.AVOID
        assert found.decides is not None
        assert found.decides.entry[:3] == ("Novum-7", "ours", "restricted")
        assert found.decides.protocol == "Rose Clinic"
        assert found.reading.unknown == ()
    question = asked(rules, 60)
    told = json.loads(product_json(found, question))["decides"]
    assert told["source"] == "Protocol rose-clinic 1, Dr A. Example"
    assert (told["grade"], told["entry"], told["protocol"]) == ("B", None, "Rose Clinic")
    shown = " ".join(product_text(found, question).split())
    assert "Protocol Rose Clinic's protocol restricts Novum-7/Blubb (growth factor)." in shown
    assert "Know We wait." in shown


def test_a_list_is_no_better_read(tmp_path: Path) -> None:
    """Where the rule set knows nothing of a name, the doubt stays; the words say why."""
    rules = load(tmp_path, said({"Novum": {"class": "ours"}, "Zeta": {"class": "ours"}}))
    found = of(rules, "Aqua, Novum, Glycerin, Talc, Blubb, Mica", LONG)
    assert found.verdict is Verdict.LIMITED
    assert found.doubts == ("only known to the clinic's protocol, near the top: Novum",)
    assert of(rules, "Novum, Zeta", LONG).verdict is Verdict.ASK
    with pytest.raises(MesocareError):
        of(BUILT_IN, "Novum, Zeta", LONG)
    assert [each.known for each in found.reading.found] == [True, False, True, True, False, True]
    assert (found.reading.recognised, found.reading.known) == (5, 4)


def test_places_stay_as_they_are(tmp_path: Path) -> None:
    """A buffer that counted for its place counts still; the clinic's own has a place too."""
    rules = load(tmp_path, said({"Novum": {"class": "ours", "role": "first"}}))
    acid = of(rules, "Novum, Aqua, Citric Acid, Talc, Mica")
    assert {each.entry.name for each in acid.held} == {"Novum", "CITRIC ACID"}
    assert [each.entry.name for each in of(rules, "Aqua, Novum, Talc").traces] == ["Novum"]


def test_what_the_table_has_as_harmless(tmp_path: Path) -> None:
    """It is restricted by every name that the table has for it, and is known as before."""
    names = {"Panthenol": {"class": "ours"}, "Methylisothiazolinone": {"class": "ours"}}
    rules = load(tmp_path, said(names))
    for name in ("Panthenol", "D-Panthenol", "Provitamin B5"):
        found = of(rules, f"Aqua, {name}, Glycerin", LONG)
        assert [each.entry.group for each in found.held] == ["ours"]
        assert (found.verdict, found.doubts) == (Verdict.ALLOWED, ())
        assert of(rules, f"Aqua, {name}, Glycerin").verdict is Verdict.AVOID
    noted = of(rules, "Aqua, Glycerin, Methylisothiazolinone")
    assert (len(noted.held), noted.noted) == (1, ())


def test_what_the_table_restricts(tmp_path: Path) -> None:
    """The table's word holds beside the clinic's; the same again is accepted, and changes nothing.

    So a protocol stays good when the table learns a name of it.
    """
    names = {
        "Lactic Acid": {"class": "aha"},
        "Citric Acid": {"class": "aha", "role": "first-third"},
        "EGF": {"class": "peptide"},
    }
    both = {"label": "peptide", "items": ["niacinamide", "retinoids"]}
    ingredients = {"classes": {"peptide": both}, "names": names}
    rules = load(tmp_path, {"ingredients": ingredients})
    low = "Aqua, Glycerin, Talc, Mica, Honey, {}"
    (acid,) = of(rules, low.format("Lactic Acid")).held
    assert (acid.entry.role, acid.protocol) == ("restricted", "Rose Clinic")
    assert of(rules, low.format("Lactic Acid")).traces == ()
    assert [each.protocol for each in of(rules, low.format("Citric Acid")).traces] == [""]
    groups = [each.entry.group for each in of(rules, "Sh-Oligopeptide-1, Aqua, Talc").held]
    assert groups == ["peptide", "niacinamide"]


def test_a_known_class_is_tied_to_more(tmp_path: Path) -> None:
    """It loses nothing, and what decides by the clinic's word says so."""
    more = {"items": ["sunbed", "fragrance"], "mask": ["sauna"], "clinic": True}
    rules = load(tmp_path, {"ingredients": {"classes": {"fragrance": more}}})
    old, new = TABLE.classes["fragrance"], rules.products().classes["fragrance"]
    assert new.items == (*old.items, "sunbed")
    assert new.mask == (*old.mask, "sauna")
    assert (new.label, new.hair, new.added) == (old.label, old.hair, ("sunbed", "sauna"))
    found = of(rules, "Aqua, Parfum, Glycerin", 200)
    assert found.decides is not None
    assert found.decides.protocol == "Rose Clinic"
    assert of(rules, "Aqua, Parfum, Glycerin", LONG).verdict is Verdict.LIMITED
    assert of(BUILT_IN, "Aqua, Parfum, Glycerin", LONG).verdict is Verdict.ALLOWED


def test_a_class_for_the_clinic_to_answer(tmp_path: Path) -> None:
    """Without an item it is never more than limited; on hair its own items hold."""
    own = {"label": "medicine", "clinic": True}
    hair = {"label": "hair factor", "items": ["fragrance"], "hair": ["hair-washing"]}
    names = {"Finasteride": {"class": "medicine"}, "Novum": {"class": "tonic"}}
    rules = load(tmp_path, said({**names, "Zeta": {"class": "ours"}}, medicine=own, tonic=hair))
    found = of(rules, "Aqua, Finasteride, Glycerin", LONG)
    assert found.verdict is Verdict.LIMITED
    assert "no rule covers Finasteride (medicine) in full" in found.doubts
    assert rules.products().classes["tonic"].hair == ("hair-washing",)


def test_without_ingredients_nothing_changes(tmp_path: Path) -> None:
    """A protocol that says nothing of them has those of the rule set."""
    assert load(tmp_path).products == BUILT_IN.products
    assert load(tmp_path, {"ingredients": {}}).products == BUILT_IN.products


def name(**said_of_it: Any) -> dict[str, Any]:
    """Return a protocol with one name, changed."""
    return said({"Novum": {"class": "ours", **said_of_it}})


def classes(**said_of_them: Any) -> dict[str, Any]:
    """Return a protocol that says something of classes."""
    return {"ingredients": {"classes": said_of_them}}


STAYS = "and this stays as it is"
FAULTS: list[tuple[dict[str, Any], str]] = [
    (name(**{"class": "retinoyd"}), "Novum.class: no class 'retinoyd', here or in the rule set"),
    (name(**{"class": "base"}), "Novum.class: the class 'base' is tied to no rule"),
    (name(role="harmless"), "Novum.role: got 'harmless'; allowed here: restricted, first-third"),
    (name(role="noted"), "Novum.role: got 'noted'"),
    (name(rolle="first"), "unknown key 'rolle' (did you mean role?)"),
    (name(synonyms=[]), "Novum.synonyms"),
    (name(synonyms="Zeta"), "Novum.synonyms"),
    (name(synonyms=["x\x07"]), "Novum.synonyms.0"),
    (name(synonyms=["---"]), "Novum.synonyms.0: '---' is not read as one name of a list"),
    (name(synonyms=["Zeta, Xena"]), "'Zeta, Xena' is not read as one name"),
    (name(synonyms=["Zeta 5%"]), "'Zeta 5%' is not read as one name"),
    (name(synonyms=["May contain Zeta"]), "'May contain Zeta' is not read as one name"),
    (name(synonyms=["a" * 121]), "Novum.synonyms.0: 121 characters"),
    (name(synonyms=["Parfum"]), "and a protocol takes nothing away; tie 'ours' to fragrance too"),
    (said({"Novum": "ours"}), "ingredients.names.Novum: expected a mapping"),
    (said({"Novum": {}}), "ingredients.names.Novum: missing: class"),
    ({"ingredients": {"names": {7: {"class": "aha"}}}}, "the key '7', which YAML reads"),
    (said({"Retinol": {"class": "retinoid", "role": "first"}}), f"(restricted), {STAYS}"),
    (said({"Citric Acid": {"class": "aha", "role": "first-five"}}), f"(first-third), {STAYS}"),
    (said({"Hydrocortisone": {"class": "ours"}}), "that is a medicine, and nobody is told to lea"),
    (said({"Clobetasol Propionate": {"class": "ours"}}), f"steroid (restricted), {STAYS}"),
    (
        said({"EGF": {"class": "ours"}}),
        "names.EGF: the rule set has 'SH-OLIGOPEPTIDE-1' as niacinamide, and a protocol takes not",
    ),
    (
        said({"Aqua": {"class": "ours"}, "Water": {"class": "ours"}}),
        "names.Water: 'Water' already leads to 'Aqua'",
    ),
    (
        said({"Novum 7": {"class": "ours"}, "NOVUM-7": {"class": "retinoid"}}),
        "names.Novum 7: 'Novum 7' already leads to 'NOVUM-7'",
    ),
    (classes(ours=OURS), "classes.ours: no restricted ingredient belongs to it"),
    (classes(base={"items": ["sauna"]}), "classes.base: no restricted ingredient belongs to it"),
    (classes(retinoyd={"items": ["sauna"]}), "needs a `label` (did you mean retinoid?)"),
    (classes(ours={"label": "Ours"}), "classes.ours: it is tied to no rule; name `items`, or say"),
    (classes(ours={"label": "x", "mask": ["sauna"]}), "classes.ours: it is tied to no rule"),
    (classes(ours={**OURS, "items": ["sawna"]}), "ours.items.0: no item 'sawna' in the rule set"),
    (classes(ours={**OURS, "items": ["retinoid"]}), "(did you mean retinoids?)"),
    (classes(ours={**OURS, "hair": ["sauna", "x"]}), "classes.ours.hair.1: no item 'x'"),
    (classes(ours={**OURS, "clinic": False}), "classes.ours.clinic: expected true"),
    (classes(retinoid={"label": "x"}), f"retinoid.label: the rule set has 'retinoid', {STAYS}"),
    (classes(retinoid={"note": "x"}), "retinoid.note: the rule set has 'retinoid'"),
    (classes(retinoid={"hair": ["sauna"]}), "retinoid.hair: the rule set has 'retinoid'"),
    (classes(retinoid={"items": []}), "retinoid.items"),
    (classes(retinoid={"itms": ["sauna"]}), "unknown key 'itms' (did you mean items?)"),
    (classes(steroid={"items": ["sauna"]}), "steroid.items: that is a medicine, and nobody is"),
    (classes(medicated={"mask": ["sauna"]}), "medicated.mask: that is a medicine"),
    ({"ingredients": {"kinds": {}}}, "unknown key 'kinds'"),
    ({"ingredients": []}, "ingredients"),
    ({"ingredients": {"names": []}}, "ingredients.names"),
    (classes(**{"A B": OURS}), "ingredients.classes"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "says"), FAULTS)
def test_faults_are_named_with_their_place(tmp_path: Path, body: dict[str, Any], says: str) -> None:
    """Each with the line of the protocol."""
    problems = refused(tmp_path, body)
    assert any(says in each for each in problems), problems
    assert all(each.startswith("rose.yaml:") for each in problems), problems
    assert not any(each.startswith("rose.yaml:1:") for each in problems), problems


@pytest.mark.parametrize(
    "key",
    [
        r'"A\tB"',
        r'"A\nB"',
        r'"Retinol\u202e"',
        r'"\0"',
        '""',
        '"|"',
        "? [a]\n   ",
        "&a x",
        "!!int 7",
    ],
)
def test_hostile_names(tmp_path: Path, key: str) -> None:
    """Whatever a name is, it is a name in one line or refused, and breaks no other."""
    body = (
        f"ingredients:\n  names:\n   {key}: {{class: fragrance}}\n   Novum: {{class: fragrance}}\n"
    )
    path = write(tmp_path, body)
    try:
        rules = load_rules(path)
    except RulesError:
        return
    products = rules.products()
    assert [len(row.split("\t")) for row in products.rows[-2:]] == [7, 7]
    entry = products.own_entry("novum")
    assert entry is not None
    assert entry[:4] == ("Novum", "fragrance", "restricted", "clinic")


@pytest.mark.parametrize("more", [0, 1])
def test_how_much_there_may_be(tmp_path: Path, more: int) -> None:
    """As many as are allowed are read; more are refused at once. Synonyms count."""
    half = {f"Novum-{n:03}": {"class": "ours", "synonyms": [f"Zeta-{n:03}"]}
            for n in range(MOST_NAMES // 2 + more)}  # fmt: skip
    many = {f"own-{n:02}": {**OURS} for n in range(MOST_CLASSES + more)}
    each = {f"Novum-{n:02}": {"class": f"own-{n:02}"} for n in range(MOST_CLASSES)}
    if not more:
        assert len(load(tmp_path, said(half)).products().own) == MOST_NAMES
        body = {"ingredients": {"classes": many, "names": each}}
        assert set(many) < set(load(tmp_path, body).products().classes)
        return
    assert any(
        f"ingredients.names: more than {MOST_NAMES} of them, with their synonyms" in problem
        for problem in refused(tmp_path, said(half))
    )
    problems = refused(tmp_path, {"ingredients": {"classes": many}})
    assert problems[0].endswith(f"ingredients.classes: more than {MOST_CLASSES} of them")


def moves(old: RuleSet, new: RuleSet) -> dict[str, Move]:
    return {each.id: each for each in compare(old, new) if each.kind == "ingredient"}


def test_the_difference_is_told(tmp_path: Path) -> None:
    """New names and items tighten, a new class is new, and backwards it is the contrary."""
    more = {"items": ["sauna"], "mask": ["sauna"], "clinic": True}
    body = said({"Novum": {"class": "ours"}}, fragrance=more)
    rules = load(tmp_path, body)
    found, back = moves(BUILT_IN, rules), moves(rules, BUILT_IN)
    assert {id_: each.direction for id_, each in found.items()} == {
        "ours": NEW, "fragrance": TIGHTENED, "Novum": TIGHTENED,
    }  # fmt: skip
    assert {id_: each.direction for id_, each in back.items()} == {
        "ours": REMOVED, "fragrance": LOOSENED, "Novum": LOOSENED,
    }  # fmt: skip
    assert found["Novum"].notes == ("new: ours (restricted)",)
    assert found["fragrance"].notes == (
        "held to sauna too", "held to sauna too on a mask", "the clinic is asked",
    )  # fmt: skip
    assert back["fragrance"].notes[-1] == "the clinic is not asked"


@pytest.mark.parametrize(
    ("before", "after", "direction", "note"),
    [
        ({"role": "first"}, {}, TIGHTENED, "ours (restricted), was ours (first)"),
        ({}, {"role": "first"}, LOOSENED, "ours (first), was ours (restricted)"),
        ({"role": "first"}, {"role": "first-five"}, MIXED, "ours (first-five), was ours (first)"),
        ({}, {"class": "retinoid"}, MIXED, "retinoid (restricted), was ours (restricted)"),
        ({}, {"synonyms": ["Zeta"]}, TIGHTENED, "is found by zeta"),
        ({"synonyms": ["Zeta"]}, {}, LOOSENED, "is no longer found by zeta"),
    ],
)
def test_a_name_that_moved(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any], direction: str, note: str
) -> None:
    """Elsewhere in a list, in another class, or by other names."""
    rules = [
        load(tmp_path, said({"Novum": {"class": "ours", **each}, "Xena": {"class": "ours"}}))
        for each in (before, after)
    ]
    move = moves(*rules)["Novum"]
    assert (move.direction, move.notes) == (direction, (note,))


@pytest.mark.parametrize(
    ("changed", "direction", "note"),
    [
        ({"hair": ["sauna"]}, MIXED, "on hair held to sauna"),
        ({"note": None}, "changed", "reworded: growth factor."),
        ({"label": "peptide"}, "changed", "reworded: peptide. We wait."),
    ],
)
def test_a_class_that_moved(
    tmp_path: Path, changed: dict[str, Any], direction: str, note: str
) -> None:
    """On hair, or in words."""
    ours = {key: value for key, value in {**OURS, **changed}.items() if value}
    old, new = (load(tmp_path, said({"Novum": {"class": "ours"}}, ours=e)) for e in (OURS, ours))
    move = moves(old, new)["ours"]
    assert (move.direction, move.notes) == (direction, (note,))
    if "hair" in changed:
        assert moves(new, old)["ours"].notes == ("on hair held to as its kind",)


def test_harmless_names_come_and_go() -> None:
    """What nothing is asked of is new or removed, and nobody has to review it."""
    names = {key: place for key, place in TABLE.names.items() if place != TABLE.names["panthenol"]}
    less = BUILT_IN._replace(products=lambda: TABLE._replace(names=names))
    assert [each.direction for each in moves(less, BUILT_IN).values()] == [NEW]
    assert [each.direction for each in moves(BUILT_IN, less).values()] == [REMOVED]


@pytest.mark.parametrize(
    ("before", "after", "directions"),
    [
        ("base\tharmless", "aha\trestricted", [TIGHTENED]),
        ("aha\trestricted", "base\tharmless", [LOOSENED]),
        ("base\tharmless", "tint\tnoted", ["changed"]),
        ("base\tharmless\tfda", "base\tharmless\tother", []),
    ],
)
def test_a_row_of_the_table_that_moved(before: str, after: str, directions: list[str]) -> None:
    """Restricted now, or no longer; where its source alone changed nothing moved."""
    both = []
    for cells in (before, after):
        rest = ["x"] * (5 - len(cells.split("\t")))
        row = "\t".join(["NOVUM", cells, *rest])
        products = TABLE._replace(rows=(*TABLE.rows, row), names={"novum": str(len(TABLE.rows))})
        both.append(BUILT_IN._replace(products=partial(TABLE.__class__, *products)))
    assert [each.direction for each in moves(*both).values()] == directions


ENTRIES = [row.split("\t") for row in TABLE.rows]
KNOWN = st.sampled_from([row[0] for row in ENTRIES if "," not in row[0]])
PLACED = st.sampled_from([row[0] for row in ENTRIES if row[2].startswith("first")])
ODD = st.sampled_from(
    ["Novum", "Zeta Extract", "Retin0l", "Retinol and Novum", "Retinol/Novum", "Novum (Retinol)",
     "Glycolic Acid6", "Novum/Zeta Extract", "Xena", "Cl 77492"]
)  # fmt: skip
PRINTED = st.lists(st.one_of(KNOWN, PLACED, ODD), min_size=1, max_size=9)
ROLES = st.sampled_from([None, "restricted", "first-third", "first-five", "first", "on-a-scrub"])
CLASSES = st.sampled_from(["ours", "mild", "fragrance", "asked", "aha"])
NAMES = st.dictionaries(st.one_of(KNOWN, ODD), st.tuples(CLASSES, ROLES), min_size=1, max_size=5)
EXTRA = st.sampled_from([{}, {"aha": {"items": ["sauna"]}}, {"fragrance": {"clinic": True}}])
MILD = {
    "mild": {"label": "mild", "items": ["gentle-cleansing"]},
    "asked": {"label": "asked", "clinic": True},
}

REASONS = (STAYS, "already leads to", "takes nothing away", "is not read as", "medicine")


@given(PRINTED, NAMES, EXTRA, st.sampled_from([18, 60, 200, LONG]), st.sampled_from([None, "peel"]))
def never_milder(
    printed: list[str],
    names: dict[str, tuple[str, str | None]],
    extra: dict[str, Any],
    hours: int,
    kind: str | None,
) -> None:
    """Whatever is accepted, no label has a milder verdict, nor an earlier date."""
    every = {
        text: {"class": group, **({"role": role} if role else {})}
        for text, (group, role) in names.items()
    }
    used = {each["class"] for each in every.values()}
    own = {id_: each for id_, each in {"ours": OURS, **MILD}.items() if id_ in used}
    body = {"ingredients": {"classes": {**own, **extra}, "names": every}}
    if not body["ingredients"]["classes"]:
        del body["ingredients"]["classes"]
    with tempfile.TemporaryDirectory() as folder:
        try:
            rules = load_rules(write(Path(folder), body))
            problems: tuple[str, ...] = ()
        except RulesError as error:
            problems = tuple(error.problems)
    assert all(any(why in each for why in REASONS) for each in problems), problems
    if problems:
        return
    text = ", ".join([*printed, *every])
    for label in (text, ", ".join(printed), f"Ingredients: {', '.join([*every, *printed])}"):
        try:
            before = of(BUILT_IN, label, hours, kind)
        except MesocareError:
            continue
        after = of(rules, label, hours, kind)
        assert after.verdict.severity >= before.verdict.severity
        assert {each.entry for each in before.held} <= {each.entry for each in after.held}
        for was, now in (
            (before.allowed_from, after.allowed_from),
            (before.limited_from, after.limited_from),
        ):
            assert now is None or (was is not None and now >= was)


@pytest.mark.parametrize("examples", [40, pytest.param(1000, marks=pytest.mark.long)])
def test_never_milder(examples: int, searched: Any) -> None:
    """No protocol that is accepted loosens a product."""
    settings(max_examples=examples, suppress_health_check=list(HealthCheck), deadline=None)(
        never_milder
    )()
    searched(examples, "random ingredients of protocols, none milder")
