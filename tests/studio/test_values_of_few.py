"""No role but the researcher is shown a number about fewer than five viewers, by any route or export.

A number is about a few viewers if it follows from what they alone felt. Two changes of a study show this:

- Everybody else feels somewhat more or less than they did. If a number stays the same, but changes as soon as
  the few feel slightly more or less, it is about the few.
- Everybody else feels nothing. If a number stays the same, but changes as soon as the few feel nothing, it is
  about the few.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import mido
import numpy as np
import pyarrow.parquet as pq
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from studio_servers import renew_token

from moviemotion.analysis.analyze import Analysis, analyze
from moviemotion.analysis.segments.segment import Segment
from moviemotion.analysis.signals.seat_map import Place, SeatMap
from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.assistant.study_reader import MAX_SECONDS, StudyReader
from moviemotion.emotions import EMOTIONS, Emotion
from moviemotion.privacy.participants import save_segments
from moviemotion.privacy.pseudonymize import pseudonymize_study
from moviemotion.privacy.roles import Role
from moviemotion.problems import Harm, Problem
from moviemotion.reports.html.chart_data import CURVE_STEPS, NO_VALUE
from moviemotion.screenplay.alignment.align import TimedScript, align_script
from moviemotion.screenplay.formats.format_registry import read_screenplay
from moviemotion.studio.accounts import AccountStore
from moviemotion.studio.app import create_app
from moviemotion.studio.open_analyses import OpenAnalysis
from moviemotion.studio.routes.downloads import EXPORT_KINDS

SECONDS = 150
PASSWORD = "four words and more"
OTHERS = (Role.WRITER, Role.PRIVACY_OFFICER)
STRUCTURE = re.compile(r"[-+−]?\d+(?:[.,]\d+)*")


@dataclass(frozen=True)
class Feeling:
    """An emotion that some viewers show for a while."""

    viewers: tuple[int, ...]
    start: int
    seconds: int
    emotion: Emotion
    size: float


def random_feelings(rng: np.random.Generator, viewers: int) -> tuple[list[Feeling], list[Feeling]]:
    """Feelings that most viewers share, and feelings of one to four of them: alone, mixed, at the end."""

    def some(least: int, most: int) -> tuple[int, ...]:
        count = int(rng.integers(least, most + 1))
        return tuple(sorted(rng.choice(viewers, count, replace=False).tolist()))

    def feeling(who: tuple[int, ...], start: int, emotion: Emotion) -> Feeling:
        return Feeling(who, start, int(rng.integers(4, 8)), emotion, float(rng.uniform(2.5, 5)))

    first, second = int(rng.integers(20, 30)), int(rng.integers(90, 100))
    shared = [
        feeling(tuple(range(viewers)), first, Emotion.HAPPY),
        feeling(some(viewers - 3, viewers), second, Emotion.SAD),
        feeling(some(3, 4), 60, Emotion.FEAR),
    ]
    few = [
        replace(shared[0], viewers=some(1, 4), emotion=Emotion.SAD, size=float(rng.uniform(3.5, 5))),
        feeling(some(1, 4), int(rng.integers(42, 50)), Emotion.ANGER),
        feeling(some(1, 4), int(rng.integers(70, 80)), Emotion.DISGUST),
        feeling(some(1, 4), int(rng.integers(110, 125)), Emotion.SURPRISE),
        feeling(some(1, 4), SECONDS - 9, Emotion.CONTEMPT),
    ]
    return shared[:2], [shared[2], *few]


def study_of(
    feelings: list[Feeling],
    viewers: int,
    script: TimedScript,
    size: dict[int, float] | None = None,
    longer: frozenset[int] = frozenset(),
) -> Analysis:
    """Analyze viewers with these feelings, multiplied by a factor or a second longer for some of them."""
    logits = np.zeros((viewers, SECONDS, len(EMOTIONS)))
    logits[:, :, 0] = 4
    for felt in feelings:
        column = EMOTIONS.index(felt.emotion)
        for viewer in felt.viewers:
            span = slice(felt.start, felt.start + felt.seconds + (viewer in longer))
            logits[viewer, span, column] += felt.size * (size or {}).get(viewer, 1.0)
    odds = np.exp(logits)
    names = tuple(f"v-{k:012x}" for k in range(viewers))
    places = {name: Place(str(k // 6), k % 6 + 1) for k, name in enumerate(names)}
    return analyze(
        "Hay",
        Timeline(
            names,
            0,
            (odds / odds.sum(axis=2, keepdims=True)).astype(np.float32),
            np.full((viewers, SECONDS), 5, np.int32),
        ),
        script,
        (Problem("ends-early", Harm.MISSING, "ends at 30 s", names[1]),),
        36,
        rejected_counts={"occluded": 3},
        seat_map=SeatMap.of(names, places),
    )


def numbers(name: str, content: object) -> Iterator[tuple[tuple[object, ...], float]]:
    """List every number of an answer, with the place at which it stands."""
    if isinstance(content, dict):
        for key, value in content.items():
            if key == "curves":
                for curve, packed in value.items():
                    steps = np.frombuffer(base64.b64decode(packed), "<u2")
                    for at, step in enumerate(steps.tolist()):
                        yield (name, key, curve, at), np.nan if step == NO_VALUE else step / CURVE_STEPS
            else:
                yield from (((name, key, *place), v) for (_, *place), v in numbers("", value))
    elif isinstance(content, list | tuple):
        for at, value in enumerate(content):
            yield from (((name, at, *place), v) for (_, *place), v in numbers("", value))
    elif isinstance(content, bool | int | float):
        yield (name,), float(content)
    elif isinstance(content, str):
        yield from (((name, *place), v) for place, v in text_numbers(content))


def text_numbers(text: str) -> Iterator[tuple[tuple[object, ...], float]]:
    """The numbers of a text, by the rest of their line; a line may move, so its number is not part of it."""
    for line in text.splitlines():
        kind = STRUCTURE.sub("#", line)
        for at, number in enumerate(STRUCTURE.findall(line)):
            plain = number.replace(",", "").replace("−", "-")
            yield (kind, at, plain), float(plain) if plain.count(".") < 2 else 0.0


def file_numbers(name: str, content: bytes) -> Iterator[tuple[tuple[object, ...], float]]:
    """The numbers of a downloaded file."""
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield from file_numbers(f"{name}/{member}", archive.read(member))
    elif name.endswith(".parquet"):
        yield from numbers(name, pq.read_table(io.BytesIO(content)).to_pydict())
    elif name.endswith((".json", ".otio")):
        yield from numbers(name, json.loads(content))
    elif name.endswith(".csv"):
        rows = list(csv.reader(io.StringIO(content.decode())))
        yield from numbers(name, [dict(zip(rows[0], row, strict=True)) for row in rows[1:]])
    elif name.endswith(".vtt"):
        for at, line in enumerate(content.decode().splitlines()):
            yield from numbers(f"{name} {at}", json.loads(line) if line.startswith("{") else line)
    elif name.endswith(".html"):
        text = content.decode()
        for script in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', text, re.S):
            yield from numbers(name, json.loads(script))
        yield from numbers(name, re.sub(r"<(script|style).*?</\1>", "", text, flags=re.S))
    elif name.endswith(".pdf"):
        yield from numbers(name, pdf_text(content))
    elif name.endswith(".mid"):
        track = mido.MidiFile(file=io.BytesIO(content)).tracks[0]
        yield from numbers(name, [message.text for message in track if message.type == "marker"])
    else:
        yield from numbers(name, content.decode())


def pdf_text(content: bytes) -> str:
    import pypdfium2

    document = pypdfium2.PdfDocument(content)
    return "\n".join(page.get_textpage().get_text_range() for page in document)


def everything_shown(
    app: FastAPI, client: TestClient, study: str, analysis: Analysis
) -> dict[tuple[object, ...], float]:
    """Every number that any page, route or export about an analysis returns to a signed-in user."""
    app.state.open_analyses.open = lambda folder, left_out=frozenset(): OpenAnalysis((), analysis)
    shown: dict[tuple[object, ...], float] = {}
    for path, methods in app.openapi()["paths"].items():
        # Entries of the log have the time of their request, which differs from one analysis to the next.
        skipped = "{seat}" in path or "{token}" in path or path.endswith(("events", "log"))
        if "get" not in methods or skipped:
            continue
        names = EXPORT_KINDS if "{kind}" in path else [""]
        segments = ["", "front"] if path.endswith(("/curves", "/moments", "/script")) else [""]
        for kind, segment in product(names, segments):
            url = path.replace("{study}", study).replace("{kind}", kind)
            query = {"segment": segment} if segment else {}
            query |= {"fps": "25"} if kind else {}
            query |= {"first": study, "second": "other"} if path.endswith("/compare") else {}
            answer = client.get(url, params=query)
            assert answer.status_code in ((200,) if segment else (200, 403, 404)), (url, answer.text)
            if answer.status_code != 200:
                continue
            if answer.headers["content-type"] == "application/json" and not kind:
                shown |= dict(numbers(f"{path} {segment}".strip(), answer.json()))
            else:
                file = answer.headers.get("content-disposition", path).strip('"').rsplit("_", 1)[-1]
                shown |= dict(file_numbers(f"{kind} {file}", answer.content))
    reader = StudyReader(app.state.root)
    reader._analyses = app.state.open_analyses
    for read in (reader.overview, reader.moments, reader.scenes, reader.pages, reader.lines, reader.segments):
        shown |= dict(numbers(f"assistant {read.__name__}", read(study)))
    seconds = len(analysis.audience_curve.seconds)
    for segment in (None, *(found["name"] for found in reader.segments(study)["segments"])):
        for start in range(0, seconds, MAX_SECONDS):
            answer = reader.curve(study, start, start + MAX_SECONDS, segment)
            shown |= dict(numbers(f"assistant curve {segment} {start}", answer))
    return shown


@pytest.fixture
def script(film: Path) -> TimedScript:
    return align_script(read_screenplay(film / "film.fountain"), None, float(SECONDS))


@pytest.mark.parametrize("seed", range(4))
def test_no_number_follows_from_fewer_than_five_viewers(
    root: Path, matinee: Path, script: TimedScript, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    viewers = int(rng.integers(11, 14))
    shared, few = random_feelings(rng, viewers)
    asked = [few[k] for k in rng.choice(len(few), 2, replace=False)]
    accounts = AccountStore(root)
    app = create_app(root, accounts)
    pseudonymize_study(matinee)
    shutil.copytree(matinee, root / "other")
    role = OTHERS[seed % 2]
    names = study_of([], viewers, script).timeline.viewers
    save_segments(matinee, names, [Segment("front", chosen=names[:6])])
    accounts.add(str(role), role, PASSWORD)
    with TestClient(app, base_url="https://studio.example") as client:
        renew_token(client)
        assert client.post("/api/session", json={"name": str(role), "password": PASSWORD}).is_success
        about_few = find_values_of_few(app, client, shared + few, asked, viewers, script)
    assert about_few == {}, sorted(map(str, about_few))[:: max(len(about_few) // 20, 1)]


def find_values_of_few(
    app: FastAPI,
    client: TestClient,
    feelings: list[Feeling],
    few: list[Feeling],
    viewers: int,
    script: TimedScript,
) -> dict[tuple[object, ...], float]:
    def shown(
        who: list[int] | tuple[int, ...] = (), size: float = 1.0, longer: bool = False
    ) -> dict[tuple[object, ...], float]:
        sizes, longer_for = dict.fromkeys(who, size), frozenset(who if longer else ())
        return everything_shown(
            app, client, "matinee", study_of(feelings, viewers, script, sizes, longer_for)
        )

    def same(one: dict, other: dict, place: tuple) -> bool:
        a, b = one.get(place, np.nan), other.get(place, np.nan)
        return bool(a == b or (np.isnan(a) and np.isnan(b)))

    full, calm, found = shown(), shown(list(range(viewers)), 0), {}
    for felt in few:
        others = [k for k in range(viewers) if k not in felt.viewers]
        # The others change more, so that rounding and standardizing do not hide it.
        more = shown(others, 1.4, longer=True), shown(felt.viewers, 1.1)
        less = shown(others, 0.85, longer=True), shown(felt.viewers, 0.93)
        nothing = shown(others, 0), shown(felt.viewers, 0)
        for place, value in full.items():
            # The fit is rounded here; moments.json, which is checked as well, has all decimals. The number of
            # differences of each kind, and the viewers needed to decide them, summarize all of them.
            if any(kind in str(place) for kind in ("fit #", "of # differences", "would decide half")):
                continue
            from_few_alone = all(same(full, change[0], place) for change in (more, less)) and not all(
                same(full, change[1], place) for change in (more, less)
            )
            of_few_alone = same(full, nothing[0], place) and not same(full, nothing[1], place)
            # A correlation stays the same if everybody feels more. A number that would also be there if
            # nobody had felt anything, such as the size of the audience, says nothing about anyone.
            scale_free = "synchrony" in str(place)
            is_about_few = of_few_alone or (from_few_alone and not scale_free)
            if (
                is_about_few
                and not np.isnan(value)
                and value not in (0, viewers)
                and not same(full, calm, place)
            ):
                found[place] = value
    return found
