"""Alignment accuracy on hand-timed lines of real films, and on synthetic damage with known truth."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from damaged_film import damaged_film
from gold_lines import gold_lines
from harder_film import harder_film
from synthetic_film import make_film

from moviemotion.screenplay.alignment.align import TimeSource, align_script
from moviemotion.screenplay.alignment.normalize import normalize_text, normalize_words
from moviemotion.screenplay.formats.format_registry import read_screenplay
from moviemotion.screenplay.subtitles.parse import read_subtitles

SHARED = Path(__file__).parents[3] / "shared" / "data" / "scripts" / "pairs"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data/scripts/pairs")


def test_synthetic_damage_of_a_synthetic_film() -> None:
    screenplay = make_film(400, seed=21).screenplay
    film = damaged_film(screenplay, seed=1)
    timed = align_script(screenplay, film.subtitles, None)
    spoken = {k: start for k, start in film.starts.items() if not math.isnan(start)}
    near = [abs(timed.cues[k].start - start) <= 1.5 for k, start in spoken.items()]
    found_cut = [timed.cues[k].source is TimeSource.CUT for k in film.starts.keys() - spoken.keys()]
    assert sum(near) >= 0.95 * len(near)
    assert sum(found_cut) >= 0.95 * len(found_cut)


@pytest.mark.parametrize(
    ("damage", "spoken", "absent"),
    [
        ("paraphrased", 0.97, 0.95),
        ("rewritten", 0.97, 0.9),
        ("condensed, two speakers in a subtitle", 0.97, 0.95),
        ("letters misread", 0.97, 0.95),
        ("scenes reordered", 0.97, 0.95),
        ("foreign lines", 0.9, 0.95),
        ("all of it, mildly", 0.95, 0.9),
    ],
)
def test_harder_films_of_a_synthetic_script(
    tmp_path: Path, damage: str, spoken: float, absent: float
) -> None:
    screenplay = make_film(400, seed=22).screenplay
    film = harder_film(screenplay, damage, seed=1)
    path = tmp_path / "film.srt"
    path.write_text(film.srt, encoding="utf-8")
    timed = align_script(screenplay, read_subtitles(path), None)
    heard = {k: start for k, start in film.starts.items() if not math.isnan(start)}
    near = [abs(timed.cues[k].start - start) <= 1.0 for k, start in heard.items()]
    found_cut = [timed.cues[k].source is TimeSource.CUT for k in film.starts.keys() - heard.keys()]
    assert sum(near) >= spoken * len(near)
    assert sum(found_cut) >= absent * len(found_cut)


@needs_shared
@pytest.mark.parametrize(
    ("name", "spoken", "absent", "sure"),
    # The second script is an early draft. 49 of its lines are spoken, most of them rewritten, and four of the
    # 36 lines found with confidence 0.9 are wrong.
    [("mission_impossible", 0.97, 0.95, 0.95), ("mystery_men", 0.75, 0.95, 0.85)],
)
def test_gold_lines_of_real_films(name: str, spoken: float, absent: float, sure: float) -> None:
    screenplay = read_screenplay(SHARED / f"{name}.txt")
    timed = align_script(screenplay, read_subtitles(SHARED / f"{name}.srt"), None)
    lines = gold_lines(timed, name)
    near = [line.near for line in lines if line.kind != "absent"]
    found_cut = [line.cut for line in lines if line.kind == "absent"]
    certain = [line.near for line in lines if line.confidence is not None and line.confidence >= 0.9]
    assert sum(near) >= spoken * len(near)
    assert sum(found_cut) >= absent * len(found_cut)
    assert sum(certain) >= sure * len(certain)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Twenty-six, twenty-seven.", "26, 27."),
        ("I'm gonna say it's 4:30.", "I am going to say it is four thirty"),
        ("Dr. Weiß can’t dance", "Doctor WEIß can not dance!"),
        ("Iím sure they donít", "I'm sure they don't"),
        ("I'd say Jim’s late, they´ve gone", "I would say Jim is late, they have gone"),
        ("He shouldn't, he won't: let's go", "He should not, he will not: let us go"),
        ("l'm Iooking, lt wiII be aII right", "I'm looking, it will be all right"),
        ("125,000 people", "one hundred twenty-five thousand people"),
    ],
)
def test_the_same_speech_spelled_differently(one: str, other: str) -> None:
    assert normalize_words(one) == normalize_words(other)


def test_sentences_and_clauses() -> None:
    wording = normalize_text("Well, Dr. Heller... is it over? No -- not yet, Jim.")
    assert " ".join(wording.words) == "well doctor heller is it over no not yet jim"
    assert [w for w, begins in zip(wording.words, wording.starts_sentence, strict=True) if begins] == [
        *("well", "is", "no", "not")
    ]
    assert [w for w, begins in zip(wording.words, wording.starts_clause, strict=True) if begins] == [
        *("well", "doctor", "is", "no", "not", "jim")
    ]
    assert not normalize_text("The money Jim").starts_clause[-1]
    assert normalize_text("The money Jim", {"jim"}).starts_clause[-1]
