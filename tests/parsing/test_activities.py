"""Words people type -> the item or group they mean, or a refusal with the closest names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mesocare.errors import ActivityError
from mesocare.parsing.activities import find, understand
from mesocare.parsing.names import exact_key, names

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet

FOUND = [
    ("makeup", "makeup"),
    ("make-up", "makeup"),
    ("MAKE UP", "makeup"),
    ("wear makeup", "makeup"),
    ("foundation", "foundation"),
    ("go to the gym", "intense-workout"),
    ("gym", "intense-workout"),
    ("workouts", "intense-workout"),
    ("go running", "intense-workout"),
    ("retinol", "retinoids"),
    ("use my retinol again", "retinoids"),
    ("sheet mask", "regular-mask"),
    ("sheet masks", "regular-mask"),
    ("sauna", "sauna"),
    ("saunas", "sauna"),
    ("swimming", "water"),
    ("go swimming", "water"),
    ("minoxidil", "minoxidil"),
    ("hair dye", "hair-colour"),
    ("ibuprofen", "nsaid"),
    ("take ibuprofen", "nsaid"),
    ("painkillers", "nsaid"),
    ("paracetamol", "paracetamol"),
    ("wash my face", "gentle-cleansing"),
    ("shampoo", "hair-washing"),
    ("get botox", "botulinum-toxin"),
    ("sunbeds", "sunbed"),
    ("sunbathe", "sunbathing"),
    ("helmet", "contact-sport"),
    ("hat", "tight-hat"),
    ("loose hat", "loose-hat"),
    ("walk", "light-activity"),
    ("a walk", "light-activity"),
    ("hot tub", "hot-tub"),
    ("exercise", "exercise"),
    ("eye-lip-makeup", "eye-lip-makeup"),
]
REFUSED = [
    ("sauna thingy", "sauna"),
    ("not wear makeup", "not whether to leave it out"),
    ("stop blood thinners", "not whether to leave it out"),
    ("go without sunscreen", "not whether to leave it out"),
    ("quantum physics", "makeup"),
    ("serum", "many things"),
    ("cerave", "brand of many products"),
    ("antibiotics", "keep taking"),
    ("stop taking my warfarin", "keep taking"),
    ("ice cream", "Type for example"),
    ("", "makeup"),
    ("???", "makeup"),
    ("now", "makeup"),
]
READ = [
    ("dye my hair", ["hair-colour"], "form"),
    ("when can I go for a run again", ["intense-workout"], "form"),
    ("makup", ["makeup"], "slip"),
    ("retinoll", ["retinoids"], "slip"),
    ("the pill", ["blood-thinners"], "form"),
    ("apply alcohol", ["alcohol-based"], "route"),
    ("glass of wine", ["alcohol"], "form"),
    ("wine and a sauna", ["alcohol", "sauna"], "several"),
    ("coffee or tea", ["hot-drinks"], "form"),
    ("moisturiser with retinol", ["retinoids"], "form"),
    ("the ordinary retinol", ["retinoids"], "form"),
]


@pytest.mark.parametrize(("words", "ids", "reading"), READ)
def test_read(words: str, ids: list[str], reading: str, rules: RuleSet) -> None:
    """Words around a name, several names and slips are read, and it is said how."""
    found = understand([words], rules)
    assert (list(found.ids), found.reading) == (ids, reading)


@pytest.mark.parametrize("words", ["makup", "sauan"])
def test_no_slip_is_guessed_in_files(words: str, rules: RuleSet) -> None:
    """Where nobody sees what was understood, a slip is refused with what was meant."""
    with pytest.raises(ActivityError, match="no rule is written") as caught:
        find([words], rules)
    assert "Did you mean" in caught.value.hint


@pytest.mark.parametrize(("words", "id_"), FOUND)
def test_found(words: str, id_: str, rules: RuleSet) -> None:
    """The words lead to the item or group that people mean by them."""
    assert find(words.split(), rules).id == id_
    assert find([words], rules).id == id_


@pytest.mark.parametrize(("words", "suggested"), REFUSED)
def test_refused_with_the_closest_names(words: str, suggested: str, rules: RuleSet) -> None:
    """What is not accounted for, or turns a question round, is refused and says what to type."""
    with pytest.raises(ActivityError) as caught:
        find([words], rules)
    assert repr(words) in caught.value.message
    assert suggested in caught.value.hint
    assert caught.value.exit_code == 2


def test_a_question_of_any_length_is_refused_briefly(rules: RuleSet) -> None:
    """A very long question is not searched and not repeated."""
    with pytest.raises(ActivityError) as caught:
        find(["makeup"] * 5000, rules)
    assert len(caught.value.message) < 100


def test_every_name_leads_home(rules: RuleSet) -> None:
    """Each id, label and alias of the rule set finds its own item or group."""
    for each in (*rules.items.values(), *rules.groups.values()):
        for key in names(each.id, each.label, each.aliases):  # type: ignore[attr-defined]
            assert rules.names[key] == each.id  # type: ignore[attr-defined]


@pytest.mark.parametrize("word", ["not", "no", "stop", "without", "before", "off", "never"])
def test_words_that_turn_a_question_are_kept(word: str) -> None:
    """Dropping one of these would answer the opposite question."""
    assert word in exact_key(f"{word} makeup").split()


@pytest.mark.parametrize(
    ("plural", "singular"),
    [("masks", "mask"), ("lashes", "lash"), ("berries", "berry"), ("boxes", "box")],
)
def test_plurals_meet_their_singular(plural: str, singular: str) -> None:
    """Plural and singular have one key."""
    assert exact_key(plural) == exact_key(singular)


@pytest.mark.parametrize("word", ["gas", "sinus", "dress", "iris", "bus"])
def test_words_that_end_in_s_by_nature_stay(word: str) -> None:
    """Not every s is a plural."""
    assert exact_key(word) == word


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("trouble breathing", "Call your local emergency number now"),
        ("pus", "See a doctor today"),
        ("redness", "mesocare today"),
        ("swelling", "mesocare today"),
    ],
)
def test_a_sign_is_no_activity(words: str, said: str, rules: RuleSet) -> None:
    """Who asks about a sign is told whom to call, not offered a similar activity."""
    with pytest.raises(ActivityError) as caught:
        find([words], rules)
    assert "is a sign" in caught.value.message
    assert said in caught.value.hint
