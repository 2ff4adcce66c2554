"""Words people type: two lists from elsewhere, products of classes, and what must stay quiet."""

from __future__ import annotations

import random
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from mesocare.app.words import activity, sign
from mesocare.core.model import Group, Item, Verdict
from mesocare.core.verdict.engine import answer
from mesocare.rules.loader import built_in, load_rules
from tests.support.words import (
    SEVERITY,
    activity_is_right,
    question,
    rows,
    shares,
    sign_is_right,
)

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet
    from tests.support.searches import Searched

RULES = load_rules()
ASKED = question(RULES)
# The least share of each list that is read right, in percent.
PROMISED = {
    "activities": 98,
    "signs: emergency": 100,
    "signs: same day": 98,
    "signs: contact clinic": 95,
    "signs: none": 95,
    "signs: absent": 70,
}


def test_the_lists_are_read_as_promised(rules: RuleSet) -> None:
    """Six shares of two lists that were collected elsewhere."""
    found = shares(rules)
    assert set(found) == set(PROMISED)
    for kind, (right, all_) in found.items():
        assert right * 100 >= PROMISED[kind] * all_, (kind, right, all_)


def test_no_activity_is_read_too_softly(rules: RuleSet) -> None:
    """What is read wrong is refused, or stricter than what was meant."""
    for row in rows("activities"):
        found = activity(row.phrase, ASKED)
        if activity_is_right(row, found):
            continue
        assert row.expected != "none" or not found.ids, row
        softest = min(_severity(id_, rules) for id_ in found.ids) if found.ids else 9
        assert softest >= max(
            _severity(id_, rules) for id_ in row.expected.split("|")[0].split(",")
        )


def _severity(id_: str, rules: RuleSet) -> int:
    if id_ == "none":
        return Verdict.AVOID.severity
    named = rules.items.get(id_) or rules.groups[id_]
    return answer(named, ASKED.treatments, rules, ASKED.at).verdict.severity


def test_no_denied_sign_is_an_emergency() -> None:
    """Whatever is not read as not there is at least no alarm."""
    for row in rows("signs"):
        if row.urgency == "absent":
            assert sign(row.phrase, ASKED).urgency != "emergency", row


# Written by hand, apart from the lists in data/: each pair names an emergency.
BREATH = ("breathing", "breathe", "breath", "breathing in")
NO_BREATH = (
    "trouble",
    "difficulty",
    "hard",
    "can't",
    "cannot",
    "struggling",
    "problems",
    "unable to",
)
THROAT = ("throat", "tongue")
CLOSED = ("is closing", "feels tight", "is swollen", "swelling up", "tightening")
LIPS = ("lips", "lip", "tongue", "mouth")
SWOLLEN = ("swollen", "swelling", "puffed up", "ballooning", "swollen up")
SKIN = ("skin", "patch", "area", "cheek", "nose")
COLOURS = (
    "white",
    "grey",
    "blue",
    "dusky",
    "mottled",
    "black",
    "purple",
    "pale",
    "blotchy",
    "marbled",
)
SIGHT = ("vision", "sight", "eyesight")
NO_SIGHT = ("lost", "blurred", "going", "double", "blurry", "changed", "losing")
FACES = ("face", "mouth", "smile", "side of my face")
DROOPS = ("drooping", "droopy", "sagging", "lopsided", "has dropped")
SPEECH = ("speech", "words", "talking", "speaking")
NO_SPEECH = ("slurred", "slurring", "trouble", "can't", "jumbled", "garbled")
LIMBS = ("arm", "leg", "hand", "left side", "right side")
WEAK = ("weak", "numb", "paralysed", "can't move")
CHEST = ("chest",)
CHEST_PAIN = ("pain", "tight", "pressure", "hurts", "crushing", "aching")
PAIN = ("pain", "hurts", "agony")
EXTREME = ("unbearable", "excruciating", "extreme", "severe", "worst", "terrible")
HEART = ("heart", "pulse", "heartbeat")
RACING = ("racing", "pounding", "irregular", "fast", "fluttering")
BLOOD = ("bleeding", "blood")
MUCH = ("won't stop", "pouring", "everywhere", "gushing", "not stopping")
PAIRS = (
    (BREATH, NO_BREATH), (THROAT, CLOSED), (LIPS, SWOLLEN), (SKIN, COLOURS), (SIGHT, NO_SIGHT),
    (FACES, DROOPS), (SPEECH, NO_SPEECH), (LIMBS, WEAK), (CHEST, CHEST_PAIN), (PAIN, EXTREME),
    (HEART, RACING), (BLOOD, MUCH),
)  # fmt: skip
ALONE = (
    "passed out", "unconscious", "seizure", "wheezing", "choking", "slurred speech", "stroke",
    "anaphylaxis", "confused", "vomiting", "heart attack", "coughing up blood",
    "thunderclap headache", "necrosis", "blue lips", "suicidal", "sepsis",
    "can't swallow", "can't wake him up",
)  # fmt: skip
FRAMES = (
    "{}", "my {}", "I have {}", "I think {}", "{} since this morning", "help {}", "sudden {}",
    "it's {} and I'm scared", "{} after my injections", "he has {}", "why is my {}", "{}!!",
    "a bit {}", "{} but no fever", "also {} and some redness", "{} what do I do",
)  # fmt: skip
MUST_FIRE, SHARE = 20_000, 1_000


def _must_fire() -> list[str]:
    """Return texts that name an emergency, in both orders, in every frame, with capitals or not."""
    named = [*ALONE]
    for one, other in PAIRS:
        named += [f"{a} {b}" for a, b in product(one, other)]
        named += [f"{b} {a}" for a, b in product(one, other)]
    return [frame.format(each) for each in named for frame in FRAMES]


def _changed(text: str, chance: random.Random) -> str:
    """Return a text as somebody else would type it."""
    text = chance.choice((str, str.upper, str.title, str.capitalize))(text)
    text = text.replace("'", chance.choice(("'", "\u2019", "")))
    return (
        chance.choice(("", " ", "please ", "um, "))
        + text
        + chance.choice(("", ".", "?", " ...", " today"))
    )


@pytest.mark.parametrize(
    "count", [SHARE, pytest.param(MUST_FIRE, marks=pytest.mark.long)], ids=["share", "all"]
)
def test_every_emergency_fires(count: int, searched: Searched) -> None:
    """Whatever stands around it: never less than an emergency."""
    chance = random.Random(20261127)
    texts = _must_fire()
    assert len(texts) * 4 > MUST_FIRE
    for _ in range(count):
        text = _changed(chance.choice(texts), chance)
        assert sign(text, ASKED).urgency == "emergency", text
    searched(count, "ways to name an emergency")


def _long(word: str) -> bool:
    return word.isalpha() and len(word) > len("tongue")


@pytest.mark.parametrize("count", [300, pytest.param(5000, marks=pytest.mark.long)])
def test_a_slip_keeps_an_emergency(count: int) -> None:
    """One letter left out or exchanged in a long word: hardly ever less, and never nothing."""
    chance = random.Random(20261128)
    texts = [text for text in _must_fire() if any(_long(word) for word in text.split())]
    softer = 0
    for _ in range(count):
        words = chance.choice(texts).split()
        n = chance.choice([n for n, word in enumerate(words) if _long(word)])
        at = chance.randrange(1, len(words[n]) - 1)
        swap = words[n][:at] + words[n][at + 1] + words[n][at] + words[n][at + 2 :]
        words[n] = chance.choice((words[n][:at] + words[n][at + 1 :], swap))
        found = sign(" ".join(words), ASKED)
        assert found.urgency != "none", words
        softer += SEVERITY[found.urgency or "none"] < SEVERITY["same_day"]
    assert softer * 50 <= count, softer


NOT_THERE = ("no {}", "no more {}", "{} gone", "no {} any more", "{} has gone")
NAMES = ("fever", "chest pain", "swelling", "redness", "pus", "itching", "blisters", "dizziness")


@pytest.mark.parametrize("name", NAMES)
def test_whole_forms_deny(name: str) -> None:
    """Around a complete name they say that it is not there."""
    for form in NOT_THERE:
        assert sign(form.format(name), ASKED).absent, form


@pytest.mark.parametrize(
    "text",
    [
        "not breathing", "stopped breathing", "couldn't breathe", "no vision", "can't feel my face",
        "no pulse", "breathing stopped", "not breathing properly", "cannot see",
        "no sight in one eye",
        "no my lips are swollen", "no, my throat is closing", "lips gone blue",
        "skin has gone white",
        "no fever but my tongue is swelling", "not sure if my throat is swelling", "face gone numb",
        "bleeding does not stop", "can't swallow", "never felt pain this severe", "not waking up",
        "swollen lips not going down", "no idea why I can't breathe", "heart has stopped",
    ],
)  # fmt: skip
def test_vital_functions_are_never_denied(text: str) -> None:
    """A negation that is no whole form denies nothing."""
    found = sign(text, ASKED)
    assert (found.urgency, found.absent) == ("emergency", False)


QUIET = 2  # percent of ordinary words that may be raised to the same day or more


def _nearly() -> list[str]:
    return (built_in() / "words" / "english.txt").read_text(encoding="utf-8").split()


@pytest.mark.parametrize(
    "count", [800, pytest.param(20_000, marks=pytest.mark.long)], ids=["share", "all"]
)
def test_ordinary_words_that_look_alike_stay_quiet(count: int, searched: Searched) -> None:
    """English words a slip away from ours: never an activity by a slip, hardly ever an alarm."""
    words = _nearly()
    assert len(words) > 5000
    words = random.Random(20261129).sample(words, min(count, len(words)))
    slipped = [word for word in words if activity(word, ASKED).reading == "slip"]
    assert slipped == []
    alarms = [word for word in words if SEVERITY[sign(word, ASKED).urgency or "none"] > 1]
    assert len(alarms) * 100 <= QUIET * len(words), alarms[:50]
    searched(len(words), "words of English that look like ours")


@pytest.mark.long
def test_single_words_of_english(searched: Searched) -> None:
    """None is read as an activity that it does not name, and hardly any is an alarm."""
    listed = Path("/usr/share/dict/american-english")
    if not listed.exists():
        pytest.skip("no list of English words here: apt-get install wamerican")
    words = [word for word in listed.read_text(encoding="utf-8").split() if word.isalpha()]
    words = sorted({word for word in words if word.islower()})[:60_000]
    assert len(words) >= 40_000
    assert [word for word in words if activity(word, ASKED).reading == "slip"] == []
    alarms = [word for word in words if SEVERITY[sign(word, ASKED).urgency or "none"] > 1]
    assert len(alarms) * 100 <= QUIET * len(words)
    searched(len(words), "single words of English")


@pytest.mark.parametrize("how", ["hot", "warm", "very warm", "ice", "frozen"])
@pytest.mark.parametrize(
    "what", ["compress", "pack", "pad", "cloth", "flannel", "towel", "washcloth"]
)
@pytest.mark.parametrize("frame", ["{}", "can i put a {} on my cheek", "{} on my face please"])
def test_heat_and_bare_ice_are_no_cold_compress(how: str, what: str, frame: str) -> None:
    """What a word is called otherwise beside it, is not what it is; that would be softer."""
    assert "cold-compress" not in activity(frame.format(f"{how} {what}"), ASKED).ids


def test_no_name_of_an_activity_is_an_emergency(rules: RuleSet) -> None:
    """Whoever asks by a name of the rule set gets its answer, and names are quiet as signs."""
    named: list[tuple[str, str]] = []
    owners: list[Item | Group] = [*rules.items.values(), *rules.groups.values()]
    for each in owners:
        named += [(each.id, text) for text in (each.label, *each.aliases)]
    for id_, text in named:
        assert activity(text, ASKED).ids == (id_,), text
    loud = [text for _, text in named if sign(text, ASKED).urgency == "emergency"]
    assert len(loud) * 100 <= QUIET * len(named), loud


emergencies = st.sampled_from([row.phrase for row in rows("signs") if row.urgency == "emergency"])
harmless = st.sampled_from(["please", "today", "still", "since yesterday", "on my face", "I think"])


@given(emergencies, harmless, harmless, st.sampled_from([str.upper, str.title, str.lower]))
def test_harmless_words_lower_nothing(text: str, before: str, after: str, case: object) -> None:
    """Words around an emergency, capitals and apostrophes never make it less."""
    assert callable(case)
    found = sign(case(f"{before} {text} {after}"), ASKED)
    assert found.urgency == "emergency"
    assert sign(text.replace("'", "\u2019"), ASKED).urgency == "emergency"


activities = st.sampled_from([row for row in rows("activities") if "," not in row.expected])


@given(activities, st.sampled_from(["please", "when can I", "today", "is it ok to"]))
def test_question_words_change_no_answer(row: object, words: str) -> None:
    """A question around a text is read as the text, or refused."""
    phrase = row.phrase  # type: ignore[attr-defined]
    alone = activity(phrase, ASKED)
    assume(alone.understood)
    asked = activity(f"{words} {phrase}", ASKED)
    assert not asked.understood or set(asked.ids) == set(alone.ids)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "x" * 10_000, "\x1b[31m", "\u202e", "12345", "\U0001f600", "\u4f60\u597d"),
        *("\0", "|=!", "a" * 119),
    ],
    ids=lambda text: ascii(text)[:20],
)  # fmt: skip
def test_odd_texts_are_refused_or_unknown(text: str) -> None:
    """Nothing breaks, nothing is allowed, and what is not understood is never none."""
    assert not activity(text, ASKED).understood
    assert sign(text, ASKED).urgency != "none"


def test_no_phrase_shrinks_to_a_denial() -> None:
    """Words that are left out never leave a lone `not` of a phrase that says more."""
    lists = yaml.safe_load((built_in() / "words" / "signs.yaml").read_text(encoding="utf-8"))
    left_out = set(lists["left_out"])
    for phrases in (*lists["classes"].values(), *lists["ordinary"].values()):
        for phrase in map(str, phrases):
            left = [word for word in phrase.split() if word not in left_out]
            assert left not in (["never"], ["not"], ["no"]) or " " not in phrase, phrase


def test_right_is_told_from_wrong() -> None:
    """The measure itself can fail."""
    row = next(row for row in rows("signs") if row.urgency == "emergency")
    assert not sign_is_right(row, sign("redness", ASKED))
    asked = next(row for row in rows("activities") if row.expected == "sauna")
    assert not activity_is_right(asked, activity("makeup", ASKED))
    assert isinstance(RULES.groups["makeup"], Group)
