"""Several studies on disk and a file of ratings: what goes with them, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from moviemotion.audience.samples import Samples
from moviemotion.emotions import Emotion
from moviemotion.errors import MoviemotionError
from moviemotion.reports.rating_lines import rated_pattern_lines
from moviemotion.study.folder import StudyFolder
from moviemotion.study.provenance import Provenance
from moviemotion.workflows.pattern_study import read_ratings, relate_patterns_to_ratings
from tests.analysis.audiences import simulate_timeline

SECONDS = 120
HEIGHTS = (0.7, 0.75, 0.8, 0.85, 0.9, 1.0)


def write_study(folder: Path, height: float, seed: int) -> Path:
    """A finished study of eight viewers who laugh together once, so strongly."""
    timeline = simulate_timeline(8, SECONDS, seed, ((50, 58, Emotion.HAPPY, height),))
    study = StudyFolder(folder, {"cameras": {name: {} for name in timeline.viewers}})
    for name, scores in zip(timeline.viewers, timeline.probabilities, strict=True):
        nothing = np.zeros(SECONDS, np.int16)
        samples = Samples(
            viewers=(name,),
            frames=SECONDS,
            end=SECONDS - 0.5,
            viewer=nothing,
            time=np.arange(SECONDS, dtype=float),
            box=np.zeros((SECONDS, 4), np.float32),
            detection=np.ones(SECONDS, np.float32),
            emotions=scores,
            weight=np.ones(SECONDS, np.float32),
            rejection_reason=nothing.astype(np.int8),
        )
        study.save_samples(name, samples)
    Provenance("Untitled film", None, (), seed, None).write(study)
    return folder


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("films")
    return [write_study(folder / f"film-{k}", height, k) for k, height in enumerate(HEIGHTS)]


def ratings_of(folder: Path, text: str) -> Path:
    path = folder / "ratings.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_studies_are_matched_by_name_and_every_pattern_is_set_beside_the_ratings(studies, tmp_path):
    rows = [f"{s.name},{height}" for s, height in zip(studies, HEIGHTS, strict=True)]
    ratings = ratings_of(tmp_path, "\n".join(["study,rating", *reversed(rows)]))
    rated = relate_patterns_to_ratings(studies, ratings, seed=1)
    assert rated.films == tuple(s.name for s in studies)
    patterns = {a.pattern: a for a in rated.associations}
    assert patterns["strength of the peak"].films == 6
    assert patterns["strength of the peak"].correlation > 0
    lines = rated_pattern_lines(rated.films, rated.motifs, rated.associations)
    assert lines[0].startswith("6 films")
    assert repr(relate_patterns_to_ratings(studies, ratings, seed=1)) == repr(rated)


def test_every_mismatch_is_one_line(studies, tmp_path):
    ratings = ratings_of(tmp_path, "study,rating\nfilm-0,3\nfilm-9,4\nfilm-8,5\n")
    with pytest.raises(MoviemotionError) as refused:
        relate_patterns_to_ratings(studies[:2], ratings)
    lines = str(refused.value).splitlines()
    assert len(lines) == 3
    assert "no rating for film-1" in lines[0]
    assert "a rating for film-9" in lines[1]


def test_the_same_study_twice_and_too_few_studies_are_refused(studies, tmp_path):
    ratings = ratings_of(tmp_path, "study,rating\nfilm-0,3\n")
    with pytest.raises(MoviemotionError, match="given twice"):
        relate_patterns_to_ratings([studies[0], studies[0]], ratings)
    with pytest.raises(MoviemotionError, match="too few"):
        relate_patterns_to_ratings(studies[:1], ratings)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("film,score\na,3\n", "the columns study and rating are missing"),
        ("study,rating\na,good\n,4\nb,inf\n", "line 2 is not a valid rating"),
        ("study,rating\na,3\na,4\n", "line 3 rates a a second time"),
        ("study,rating\na\n", "line 2 is not a valid rating"),
        ("", "the columns study and rating are missing"),
    ],
)
def test_ratings_that_are_none_are_refused(tmp_path, text, message):
    with pytest.raises(MoviemotionError, match=message):
        read_ratings(ratings_of(tmp_path, text))


def test_ratings_that_cannot_be_read_are_refused(tmp_path):
    with pytest.raises(MoviemotionError, match=r"none\.csv: cannot be read \(No such file or directory\)"):
        read_ratings(tmp_path / "none.csv")
    (tmp_path / "odd.csv").write_bytes(b"study,rating\n\xff\xfe,3\n")
    with pytest.raises(MoviemotionError, match="cannot be read"):
        read_ratings(tmp_path / "odd.csv")
