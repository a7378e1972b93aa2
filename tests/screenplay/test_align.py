from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from synthetic_film import Film, make_film, with_words_changed

from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.alignment.align import TimedScript, TimeSource, align_script
from moviemotion.screenplay.alignment.candidates import CandidateSearch
from moviemotion.screenplay.alignment.conflicts import LineAlignment, doubt_isolated_lines, doubt_lone_moves
from moviemotion.screenplay.alignment.normalize import normalize_text
from moviemotion.screenplay.elements import Element, ElementKind
from moviemotion.screenplay.formats.format_registry import read_screenplay
from moviemotion.screenplay.subtitles.parse import Subtitle, read_subtitles

SHARED = Path(__file__).parents[3] / "shared" / "data" / "scripts"
CASE = Path(__file__).parents[3] / "shared" / "cases" / "scripts" / "isolated_move"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data/scripts")


@pytest.fixture(scope="module")
def film() -> Film:
    """A short feature: 240 lines."""
    return make_film(240, seed=3)


def shares(timed: TimedScript, film: Film) -> tuple[float, float]:
    """Shares of the film's spoken lines that were found, and that start within a second of the truth."""
    spoken = [k for k, start in film.starts.items() if not math.isnan(start)]
    found = [k for k in spoken if timed.cues[k].source is TimeSource.SUBTITLES]
    right = [k for k in spoken if abs(timed.cues[k].start - film.starts[k]) <= 1.0]
    return len(found) / len(spoken), len(right) / len(spoken)


def assert_in_order(timed: TimedScript) -> None:
    last = 0.0
    for cue, element in zip(timed.cues, timed.screenplay.elements, strict=True):
        if cue.source is TimeSource.CUT:
            assert math.isnan(cue.start)
            assert math.isnan(cue.end)
        elif element.kind is not ElementKind.CHARACTER:
            assert last <= cue.start <= cue.end
            last = cue.end


def test_the_shooting_script_itself(film: Film) -> None:
    timed = align_script(film.screenplay, film.subtitles, None)
    found, right = shares(timed, film)
    assert found > 0.98
    assert right > 0.98
    assert_in_order(timed)
    assert "were found" in timed.timing
    assert ", 0 are" not in timed.timing
    assert [cue.element for cue in timed.cues] == list(range(len(film.screenplay.elements)))


def test_a_character_takes_the_time_of_its_speech(film: Film) -> None:
    timed = align_script(film.screenplay, film.subtitles, None)
    for cue, said in zip(timed.cues, timed.cues[1:], strict=False):
        if timed.screenplay.elements[cue.element].kind is ElementKind.CHARACTER:
            assert (cue.start, cue.end, cue.source) == (said.start, said.end, said.source)


@pytest.mark.parametrize(("share", "least"), [(0.1, 0.95), (0.2, 0.9), (0.4, 0.7)])
def test_changed_words(film: Film, share: float, least: float) -> None:
    damaged = with_words_changed(film, share, seed=1)
    timed = align_script(film.screenplay, damaged.subtitles, None)
    assert shares(timed, film)[1] > least
    assert_in_order(timed)


def test_lines_cut_from_the_film_are_not_in_it() -> None:
    film = make_film(160, seed=5, pause=0.2)
    gone = range(60, 84)  # three whole scenes
    shift = film.subtitles[gone.stop].start - film.subtitles[gone.start].start
    kept = film.subtitles[: gone.start] + tuple(
        replace(s, start=s.start - shift, end=s.end - shift) for s in film.subtitles[gone.stop :]
    )
    timed = align_script(film.screenplay, kept, None)
    lines = list(film.starts)
    cut = [k for k in lines if timed.cues[k].source is TimeSource.CUT]
    assert set(cut) <= set(lines[gone.start : gone.stop])
    assert len(cut) > 0.9 * len(gone)
    # A scene whose every line is gone is gone with its heading.
    headings = [e for e in film.screenplay.elements if e.kind is ElementKind.SCENE_HEADING and e.scene == 9]
    assert timed.cues[film.screenplay.elements.index(headings[0])].source is TimeSource.CUT
    assert_in_order(timed)


def test_a_scene_moved_in_the_film_is_found_there() -> None:
    film = make_film(120, seed=6)
    texts = [s.text for s in film.subtitles]
    order = [*range(40), *range(48, 100), *range(40, 48), *range(100, 120)]
    moved = [replace(slot, text=texts[k]) for slot, k in zip(film.subtitles, order, strict=True)]
    lines = list(film.starts)
    truth = {lines[k]: slot.start for slot, k in zip(film.subtitles, order, strict=True)}
    timed = align_script(film.screenplay, moved, None)
    right = [k for k in lines[40:48] if abs(timed.cues[k].start - truth[k]) <= 1.0]
    assert len(right) >= 6
    assert "in a different order than in the script" in timed.timing


def with_line_replaced(film: Film, line: int, script: str, *subtitles: Subtitle) -> tuple[Film, int]:
    """The film with another text for one of its lines, and other subtitles for it; the line's element."""
    k = list(film.starts)[line]
    elements = list(film.screenplay.elements)
    elements[k] = replace(elements[k], text=script)
    around = (*film.subtitles[:line], *subtitles, *film.subtitles[line + 1 :])
    return replace(film, screenplay=replace(film.screenplay, elements=tuple(elements)), subtitles=around), k


def test_a_line_whose_clauses_change_places_is_found_completely(film: Film) -> None:
    lines = [
        normalize_text("Jimbo, it is over."),
        normalize_text("Jimbo it is over"),
    ]  # the second has no parts
    others = ". ".join(subtitle.text for subtitle in film.subtitles)
    spoken = normalize_text(f"{others}. It is over, Jimbo. {others}")
    at = np.linspace(0.0, 600.0, len(spoken.words))
    search = CandidateSearch(lines, spoken.words, spoken.starts_sentence, at)
    parted, whole = search.find(0), search.find(1)
    best = int(parted.bits.argmax())
    assert [spoken.words[k] for k in parted.word_pairs(best)[:, 1]] == ["it", "is", "over", "jimbo"]
    assert parted.bits.max() > whole.bits.max() + 1


def test_a_line_does_not_reach_over_a_long_silence_for_words_at_its_end() -> None:
    film = make_film(80, seed=12)
    late = [replace(s, start=s.start + 40, end=s.end + 40) for s in film.subtitles[41:]]
    slot = film.subtitles[40]
    film, k = with_line_replaced(
        replace(film, subtitles=(*film.subtitles[:41], *late)),
        40,
        "The tide came up to the house, come on.",
        replace(slot, text="The tide came up to the house."),
        Subtitle(slot.end + 35, slot.end + 36, "Come on."),
    )
    timed = align_script(film.screenplay, film.subtitles, None)
    assert timed.cues[k].start == pytest.approx(slot.start, abs=0.1)
    assert timed.cues[k].end == pytest.approx(slot.end, abs=0.1)


@pytest.mark.parametrize(
    ("script", "first", "between", "second"),
    [
        ("Where is the lighthouse?", "Where is the lighthouse, hm?", "Well...", "Where is the lighthouse?"),
        (
            "Agatha, the boat is gone. Let us take the ladder.",
            "Agatha, the boat went.",
            "Whoever it was...",
            "We had better take the ladder.",
        ),
    ],
    ids=["said twice", "broken by another"],
)
def test_a_line_starts_with_its_first_sentence(script: str, first: str, between: str, second: str) -> None:
    film = make_film(80, seed=12)
    late = [replace(s, start=s.start + 12, end=s.end + 12) for s in film.subtitles[41:]]
    at = film.subtitles[40].start
    said = [Subtitle(at + 4 * k, at + 4 * k + 2, text) for k, text in enumerate((first, between, second))]
    film = replace(film, subtitles=(*film.subtitles[:41], *late))
    film, k = with_line_replaced(film, 40, script, *said)
    timed = align_script(film.screenplay, film.subtitles, None)
    assert timed.cues[k].start == pytest.approx(at, abs=0.05)


def test_a_sentence_of_the_film_belongs_to_one_line(film: Film) -> None:
    """The line before contains "the second system" too, but there it is only part of a sentence."""
    changed, k = with_line_replaced(
        film,
        40,
        "The first system hears a whisper. The second system is on the floor.",
        replace(film.subtitles[40], text="The first system hears a whisper."),
    )
    after = film.subtitles[41]
    changed, n = with_line_replaced(
        changed,
        41,
        "And the third detects a warm body.",
        Subtitle(after.start, after.start + 2, "The second system detects a warm body."),
    )
    timed = align_script(changed.screenplay, changed.subtitles, None)
    assert timed.cues[k].end <= after.start
    assert timed.cues[n].start == pytest.approx(after.start, abs=0.05)


def test_a_line_takes_no_word_from_the_middle_of_another_lines_sentence(film: Film) -> None:
    changed, _ = with_line_replaced(
        film, 40, "Twentyfive minutes.", replace(film.subtitles[40], text="Twentyfive minutes.")
    )
    after = film.subtitles[41]
    changed, n = with_line_replaced(
        changed,
        41,
        "You have got ten. Move!",
        Subtitle(after.start, after.start + 2, "You have got ten minutes. Move!"),
    )
    changed, k = with_line_replaced(
        changed, 42, "Twentyfive minutes.", Subtitle(after.start + 3, after.start + 4, "Harrumph.")
    )
    timed = align_script(changed.screenplay, changed.subtitles, None)
    assert timed.cues[n].start == pytest.approx(after.start, abs=0.05)
    assert not after.start <= timed.cues[k].start < after.start + 2


def test_a_line_does_not_start_with_a_stray_word_of_another_sentence() -> None:
    film = make_film(80, seed=12)
    late = [replace(s, start=s.start + 12, end=s.end + 12) for s in film.subtitles[41:]]
    at = film.subtitles[40].start
    said = [
        Subtitle(at + 3 * k, at + 3 * k + 2, text)
        for k, text in enumerate(("Now to it.", "The tide is out."))
    ]
    film, k = with_line_replaced(
        replace(film, subtitles=(*film.subtitles[:41], *late)), 40, "To me the tide is out.", *said
    )
    timed = align_script(film.screenplay, film.subtitles, None)
    assert timed.cues[k].start == pytest.approx(at + 3, abs=0.05)


def test_an_offset_moves_every_line_and_the_end_of_the_film_caps_them(film: Film) -> None:
    late = tuple(replace(s, start=s.start + 300, end=s.end + 300) for s in film.subtitles)
    timed = align_script(film.screenplay, late, None)
    assert shares(timed, replace(film, starts={k: t + 300 for k, t in film.starts.items()}))[1] > 0.98
    capped = align_script(film.screenplay, film.subtitles, 400.0)
    assert max(cue.end for cue in capped.cues if not math.isnan(cue.end)) <= 400.0
    assert_in_order(capped)


def test_advertisements_and_credits_do_no_harm(film: Film) -> None:
    extra = tuple(Subtitle(1.0 + k, 1.5 + k, f"Subtitles by nobody, visit our site {k}") for k in range(3))
    timed = align_script(film.screenplay, extra + film.subtitles, None)
    assert shares(timed, film)[1] > 0.98


@pytest.mark.parametrize("lines", [20, 240])
def test_subtitles_of_another_film_are_refused(lines: int) -> None:
    film, other = make_film(lines, seed=8), make_film(lines, seed=9)
    assert shares(align_script(film.screenplay, film.subtitles, None), film)[1] > 0.9
    with pytest.raises(MoviemotionError, match="do not match") as caught:
        align_script(film.screenplay, other.subtitles, None)
    assert caught.value.worded({"subtitles": "--subtitles"}).endswith("run without --subtitles")


@pytest.mark.parametrize("seed", range(20))
def test_a_short_film_is_distinguished_from_another(seed: int) -> None:
    film, other = make_film(20, seed=100 + seed), make_film(20, seed=200 + seed)
    damaged = with_words_changed(film, 0.2, seed)
    assert shares(align_script(film.screenplay, damaged.subtitles, None), film)[1] > 0.6
    with pytest.raises(MoviemotionError, match="do not match"):
        align_script(film.screenplay, other.subtitles, None)


def test_one_shared_phrase_does_not_make_it_the_same_film() -> None:
    film, other = make_film(40, seed=10), make_film(40, seed=11)
    phrase = next(s.text for s in film.subtitles if len(s.text.split()) == 8)
    shared = (*other.subtitles[:20], replace(other.subtitles[20], text=phrase), *other.subtitles[21:])
    with pytest.raises(MoviemotionError, match="do not match"):
        align_script(film.screenplay, shared, None)


def test_subtitles_without_words_do_not_match(film: Film) -> None:
    with pytest.raises(MoviemotionError, match="do not match"):
        align_script(film.screenplay, (Subtitle(1.0, 2.0, "..."),), None)


def test_a_script_without_dialogue_cannot_be_found(film: Film) -> None:
    silent = replace(
        film.screenplay, elements=tuple(e for e in film.screenplay.elements if e.kind is ElementKind.ACTION)
    )
    with pytest.raises(MoviemotionError, match="no dialogue"):
        align_script(silent, film.subtitles, None)


def test_without_subtitles_a_page_is_a_minute(film: Film) -> None:
    # 55 one-line paragraphs, each with a blank line: two pages.
    action = tuple(Element(ElementKind.ACTION, "Rain falls.", 1 + 2 * k, 1, 0) for k in range(55))
    pages = align_script(replace(film.screenplay, elements=action), None, None)
    assert pages.cues[-1].end == pytest.approx(120.0)
    timed = align_script(film.screenplay, None, 600.0)
    assert {cue.source for cue in timed.cues} == {TimeSource.PAGE_ESTIMATE}
    assert "estimated from the page" in timed.timing
    assert timed.cues[-1].end == pytest.approx(600.0)
    assert_in_order(timed)


@needs_shared
@pytest.mark.parametrize(
    ("name", "least"),
    # The second script is an early draft: a look at both shows few lines in common with the film.
    [("mission_impossible", 0.62), ("mystery_men", 0.05)],
)
def test_real_pairs_fit_and_are_fast(name: str, least: float) -> None:
    screenplay = read_screenplay(SHARED / "pairs" / f"{name}.txt")
    subtitles = read_subtitles(SHARED / "pairs" / f"{name}.srt")
    began = time.process_time()  # of this process: others may keep the machine busy
    timed = align_script(screenplay, subtitles, None)
    assert time.process_time() - began < 5
    spoken = [c for c in timed.cues if screenplay.elements[c.element].kind is ElementKind.DIALOGUE]
    found = np.mean([c.source is TimeSource.SUBTITLES for c in spoken])
    print(f"{name}: {found:.3f} of {len(spoken)} lines found")
    assert found > least


@needs_shared
@pytest.mark.parametrize(
    "script", ["pairs/mission_impossible.txt", "pairs/mystery_men.txt", "Big-Fish.fountain"]
)
@pytest.mark.parametrize("subtitles", ["mission_impossible", "mystery_men"])
def test_real_subtitles_of_another_film_are_refused(script: str, subtitles: str) -> None:
    if subtitles in script:
        return
    with pytest.raises(MoviemotionError, match="do not match"):
        align_script(
            read_screenplay(SHARED / script), read_subtitles(SHARED / "pairs" / f"{subtitles}.srt"), None
        )


@needs_shared
def test_known_lines_of_a_real_film() -> None:
    screenplay = read_screenplay(SHARED / "pairs" / "mission_impossible.txt")
    timed = align_script(screenplay, read_subtitles(SHARED / "pairs" / "mission_impossible.srt"), None)
    starts = {e.text: c.start for e, c in zip(screenplay.elements, timed.cues, strict=True)}
    assert starts["The name pal...give us the name."] == pytest.approx(86.84, abs=1)
    assert starts["No, I prefer the theatre."] == pytest.approx(248.7, abs=1)
    assert starts["Aruba, perhaps?"] == pytest.approx(6349.4, abs=1)


def test_evidence_for_lines_moved_alone_and_for_isolated_lines_is_lowered() -> None:
    def said_at(word: int, odds: float) -> LineAlignment:
        pairs = np.array([[0, word], [1, word + 1]])
        return LineAlignment(pairs, 1 / (1 + 2.0**-odds), bits=20.0, required_bits=20.0 - odds)

    in_order = {k: said_at(100 * k, 20.0) for k in (0, 1, 2, 4, 5, 6)}
    far, near = {3: said_at(9000, 3.0)}, {3: said_at(560, 3.0)}
    assert 3 not in doubt_lone_moves(in_order | far)
    assert doubt_lone_moves(in_order | near)[3].probability == pytest.approx(1 / 3)
    sure = doubt_lone_moves(in_order | {3: said_at(9000, 12.0)})
    assert sure[3].probability == pytest.approx(256 / 257)
    isolated = doubt_isolated_lines({2: said_at(10, 6.5), 5: said_at(20, 6.5), 6: said_at(30, 6.5)}, 8)
    assert isolated[2].probability == pytest.approx(8 / 9)
    assert isolated[5].probability == pytest.approx(1 / (1 + 2.0**-6.5))


@pytest.mark.skipif(not CASE.is_dir(), reason="needs ../shared/cases/scripts/isolated_move")
def test_a_cut_line_that_somebody_else_says_much_later_stays_cut() -> None:
    screenplay = read_screenplay(CASE / "mini.fountain")
    timed = align_script(screenplay, read_subtitles(CASE / "mini.srt"), None)
    (gone,) = (k for k, e in enumerate(screenplay.elements) if e.text == "What did I say?")
    assert timed.cues[gone].source is TimeSource.CUT


def test_a_line_moved_alone_does_not_take_its_scenes_heading_along() -> None:
    film = make_film(160, seed=12)
    lines = list(film.starts)
    first = lines[80]  # the first line of its scene, spoken a hundred lines earlier
    early = replace(film.subtitles[80], start=1.0, end=4.0)
    subtitles = (early, *(s for k, s in enumerate(film.subtitles) if k != 80))
    timed = align_script(film.screenplay, subtitles, None)
    assert timed.cues[first].start == pytest.approx(1.0, abs=0.1)
    heading = timed.cues[first - 3]
    assert film.screenplay.elements[heading.element].kind is ElementKind.SCENE_HEADING
    assert film.starts[lines[79]] < heading.start < film.starts[lines[81]]
