"""A screening from files to results: whole, resumable, the same each time, or not there at all."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from moviemotion.analysis.analyze import FILM_SPAN_UNKNOWN
from moviemotion.analysis.script_emotions import EmotionSummary
from moviemotion.analysis.signals.baseline import TimeSpan
from moviemotion.analysis.signals.timeline import PEAK_COLUMNS
from moviemotion.audience.recordings import Camera
from moviemotion.audience.samples import Samples
from moviemotion.audience.synchronization.camera_clocks import FoundClocks, Recorded
from moviemotion.audience.synchronization.clock import CameraClock
from moviemotion.emotions import EMOTIONS
from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.alignment.cues import Cue, TimeSource
from moviemotion.screenplay.elements import ElementKind
from moviemotion.workflows import screen as screening
from moviemotion.workflows.report import report
from moviemotion.workflows.screen import Screening, screen

sys.path.append(str(Path(__file__).parents[1] / "audience"))
from room_recordings import Microphone, Recording, make_film, record, write_film

RATE, SECONDS = 2.0, 8
"""Of the fixture `screened`."""

ANNOTATED = ("annotated.fountain", "annotated.fdx", "annotated.pdf", "annotated.json")
RESULTS = ("provenance.json", "timeline.csv", "moments.json", *ANNOTATED, "report.html")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    return {p.name: ((s := p.stat()).st_ino, s.st_mtime_ns) for p in (folder / "samples").iterdir()}


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "timeline.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def refused(tmp_path: Path, match: str, videos: list[Path], **settings: object) -> str:
    """The error of a screening that must leave nothing behind."""
    with pytest.raises(MoviemotionError, match=match) as caught:
        screen(videos, tmp_path / "study", rate=1.0, **settings)
    assert not (tmp_path / "study").exists()
    return str(caught.value)


# A finished study


def test_every_result_is_there_and_nothing_half_written(screened: Screening) -> None:
    assert set(contents(screened.folder)) == {
        *RESULTS,
        "study.json",
        "study.lock",
        "samples/seat-01.parquet",
        "samples/row-02-03.parquet",
    }
    assert screened.incomplete == ()


def test_the_timeline_has_a_row_for_each_viewer_and_second(screened: Screening) -> None:
    table = rows(screened.folder)
    assert list(table[0]) == ["viewer", "second", "samples", "in_film", *EMOTIONS, *PEAK_COLUMNS]
    viewers = ("seat-01", "row-02-03-1", "row-02-03-2")
    assert [(r["viewer"], int(r["second"])) for r in table] == [
        (viewer, second) for viewer in viewers for second in range(SECONDS)
    ]
    assert {int(r["samples"]) for r in table} == {int(RATE)}
    for row in table:
        assert sum(float(row[e]) for e in EMOTIONS) == pytest.approx(1, abs=1e-3)


def test_the_moments_are_json_that_says_how_sure_they_are(screened: Screening) -> None:
    results = json.loads((screened.folder / "moments.json").read_text(encoding="utf-8"))
    assert (results["film"], results["viewers"], results["seconds"]) == ("The Last Ferry", 3, SECONDS)
    assert results["conclusive"] is False  # three viewers and eight seconds prove nothing
    assert results["conclusion"]


def test_the_script_is_timed_by_its_subtitles(screened: Screening) -> None:
    assert "3 of 3 lines of dialogue" in screened.analysis.script.timing
    annotated = (screened.folder / "annotated.fountain").read_text(encoding="utf-8")
    assert "The ferry leaves without us tonight, I think." in annotated
    assert "[[" in annotated


def test_the_report_asks_nothing_of_the_network(screened: Screening) -> None:
    page = (screened.folder / "report.html").read_text(encoding="utf-8")
    markup = re.sub(r"(?s)(<script\b[^>]*>).*?</script>", r"\1</script>", page)
    assert "<script" in markup
    assert not re.findall(r"""(?i)\b(?:src|href|action|poster)\s*=\s*["']?\s*(?:https?:)?//""", markup)
    assert not re.findall(r"""(?i)@import|url\(\s*["']?(?:https?:)?//""", markup)
    assert not re.findall(r"(?i)<script[^>]*\bsrc\b", markup)


# The same again


def test_a_finished_study_is_reported_again_without_decoding(
    screened: Screening, seats: list[Path], film: Path
) -> None:
    before, written = stamps(screened.folder), contents(screened.folder)
    watched: list[str] = []
    again = screen(
        seats,
        screened.folder,
        film / "film.fountain",
        film / "film.srt",
        rate=RATE,
        progress=lambda camera, seconds: watched.append(camera.name),
    )
    assert watched == []
    assert stamps(screened.folder) == before
    assert contents(again.folder) == written


def test_an_interrupted_study_resumes_and_ends_as_if_never_interrupted(
    screened: Screening, seats: list[Path], film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screening.os, "cpu_count", lambda: 1)  # one camera after the other
    out = tmp_path / "study"
    first_done = out / "samples" / "seat-01.parquet"

    def run(progress: object) -> None:
        screen(seats, out, film / "film.fountain", film / "film.srt", rate=RATE, progress=progress)

    def stop(camera: Camera, seconds: float) -> None:
        if camera.name == "row-02-03":
            while not first_done.exists():
                pass
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(stop)
    assert set(contents(out)) == {"study.json", "study.lock", "samples/seat-01.parquet"}
    kept, watched = stamps(out), []
    run(lambda camera, seconds: watched.append(camera.name))
    assert set(watched) == {"row-02-03"}
    assert stamps(out)["seat-01.parquet"] == kept["seat-01.parquet"]
    # Same inputs, same seed, another run: the same bytes.
    for name in RESULTS:
        assert (out / name).read_bytes() == (screened.folder / name).read_bytes(), name


# Cameras


def test_an_offset_moves_one_camera_on_the_clock_of_the_film(seats: list[Path], tmp_path: Path) -> None:
    screen(seats, tmp_path / "study", offsets={"seat-01": 3.0}, rate=1.0)
    table = rows(tmp_path / "study")
    seen = {
        viewer: [int(r["second"]) for r in table if r["viewer"] == viewer and int(r["samples"])]
        for viewer in ("seat-01", "row-02-03-1")
    }
    assert seen["seat-01"] == list(range(3, SECONDS + 3))
    assert seen["row-02-03-1"] == list(range(SECONDS))
    unseen = [r for r in table if r["viewer"] == "seat-01" and int(r["second"]) < 3]
    assert [(r["samples"], r["happy"]) for r in unseen] == [("0", "")] * 3


def test_an_offset_may_name_the_file(seats: list[Path]) -> None:
    cameras = screening._cameras(seats, {"seat-01.mp4": -1.5})
    assert [(c.name, c.offset) for c in cameras] == [("seat-01", -1.5), ("row-02-03", 0.0)]


def test_files_of_one_name_in_two_folders_are_two_cameras(seats: list[Path], tmp_path: Path) -> None:
    paths = [tmp_path / day / "seat.mp4" for day in ("friday", "saturday")]
    for path in paths:
        path.parent.mkdir()
        shutil.copy(seats[0], path)
    assert [c.name for c in screening._cameras(paths, {})] == ["friday-seat.mp4", "saturday-seat.mp4"]


def test_viewers_of_one_camera_are_not_taken_for_another_camera() -> None:
    """Two people before `row.mp4` must not be `row-1` and `row-2` beside a camera `row-1`."""
    cameras = screening._cameras([Path("row.mp4"), Path("row-1.mp4"), Path("row-left.mp4")], {})
    assert [c.name for c in cameras] == ["row.mp4", "row-1", "row-left"]


@pytest.mark.parametrize("name", ["si\udce8ge.mp4", "row\n1.mp4", "row\u20281.mp4", "row\t1.mp4"])
def test_a_name_that_cannot_be_written_down(name: str, tmp_path: Path) -> None:
    message = refused(tmp_path, "contains control characters; rename the file", [tmp_path / name])
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize("name", ["=1+1.mp4", "+seat.mp4", "-seat.mp4", "@seat.mp4"])
def test_a_name_that_a_spreadsheet_would_run(name: str, tmp_path: Path) -> None:
    refused(tmp_path, f"{re.escape(name)}: .*formula; rename the file", [tmp_path / name])


def test_names_of_any_language() -> None:
    names = ["siège 3.mp4", "座席-٣.mp4", "می‌خواهم.mp4", "a:b=c.mp4"]
    assert [c.name for c in screening._cameras([Path(n) for n in names], {})] == [n[:-4] for n in names]


def test_an_audience_before_the_film_has_begun(seats: list[Path], tmp_path: Path) -> None:
    refused(
        tmp_path,
        "offsets seat-01=-60: the video would end before the film",
        [seats[0]],
        offsets={"seat-01": -60.0},
    )


def test_a_bad_file_among_good_ones_is_skipped_and_named(seats: list[Path], tmp_path: Path) -> None:
    (bad := tmp_path / "seat-09.mp4").write_bytes(b"no video at all")
    result = screen([bad, seats[0]], tmp_path / "study", rate=1.0)
    (problem,) = result.incomplete
    assert str(problem).startswith(f"{bad}: not a readable video")
    assert {r["viewer"] for r in rows(tmp_path / "study")} == {"seat-01"}
    assert bad.name in (tmp_path / "study" / "report.html").read_text(encoding="utf-8")


# Clocks


@pytest.fixture(scope="session")
def by_hand(tmp_path_factory: pytest.TempPathFactory, seats: list[Path]) -> tuple[list[Path], Path]:
    """Three cameras that were started by hand before one screen, one of another room, and the film."""
    folder = tmp_path_factory.mktemp("by-hand")
    with av.open(str(seats[0])) as container:
        picture = next(container.decode(video=0)).to_ndarray(format="rgb24")[::2, ::2]
    shown, other = make_film(75, seed=1), make_film(75, seed=2)
    taken = {
        "early": Recording(-6, 80),
        "late": Recording(12.4, 60, drift=5e-4, microphone=Microphone(0.03, neighbors=0.2)),
        "later": Recording(21, 45),
        "elsewhere": Recording(0, 70),
    }
    paths = [
        record(other if name == "elsewhere" else shown, one, folder / f"{name}.mp4", seed, picture)
        for seed, (name, one) in enumerate(taken.items())
    ]
    return paths, write_film(shown, folder / "film.mp4")


def test_cameras_that_were_started_by_hand_are_aligned_and_doubts_are_named(
    by_hand: tuple[list[Path], Path], tmp_path: Path
) -> None:
    result = screen(by_hand[0], tmp_path / "study", rate=1.0)
    quality = result.analysis.data_quality
    starts = {clock.camera: clock.start for clock in quality.clocks}
    assert starts["early"] == 0
    assert starts["late"] == pytest.approx(18.4, abs=0.1)
    assert starts["later"] == pytest.approx(27, abs=0.1)
    assert [clock.source for clock in quality.clocks] == ["sound", "sound", "sound", "assumed"]
    (note,) = [problem for problem in quality.problems if ": the clock" in str(problem)]
    assert str(note).startswith(f"{by_hand[0][3]}: the clock does not fit the other cameras'")
    seen = [
        int(row["second"]) for row in rows(result.folder) if row["viewer"] == "later" and int(row["samples"])
    ]
    assert min(seen) == 27
    page = (result.folder / "report.html").read_text(encoding="utf-8")
    assert "late: starts at 18.4" in page
    before = stamps(result.folder)
    screen(by_hand[0], tmp_path / "study", rate=1.0)
    assert stamps(result.folder) == before


def test_the_film_gives_its_span_and_film_time(by_hand: tuple[list[Path], Path], tmp_path: Path) -> None:
    videos, shown = by_hand
    analysis = screen(videos[:2], tmp_path / "study", rate=1.0, film=shown).analysis
    starts = {clock.camera: clock.start for clock in analysis.data_quality.clocks}
    assert starts == {"early": pytest.approx(-6, abs=0.1), "late": pytest.approx(12.4, abs=0.1)}
    assert FILM_SPAN_UNKNOWN not in analysis.data_quality.caveats
    provenance = json.loads((tmp_path / "study" / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["film"] == [0, pytest.approx(75, abs=0.2)]


def test_a_film_that_is_no_film(seats: list[Path], tmp_path: Path) -> None:
    (bad := tmp_path / "film.mp4").write_bytes(b"no video at all")
    refused(tmp_path, "the film cannot be read", seats, film=bad)
    refused(tmp_path, "gone.mp4: no such file", seats, film=tmp_path / "gone.mp4")


# Nothing is written


@pytest.fixture(scope="session")
def empty_seat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a dark room."""
    import av
    import numpy as np

    path = tmp_path_factory.mktemp("empty") / "empty.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for _ in range(10):
            picture = av.VideoFrame.from_ndarray(np.full((240, 320, 3), 30, np.uint8), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def test_nobody_seen(empty_seat: Path, tmp_path: Path) -> None:
    assert refused(tmp_path, "no face was seen", [empty_seat]).startswith(f"{empty_seat}: ")


def test_an_empty_seat_among_taken_ones_is_reported(
    empty_seat: Path, seats: list[Path], tmp_path: Path
) -> None:
    result = screen([empty_seat, seats[0]], tmp_path / "study", rate=1.0)
    assert {r["viewer"] for r in rows(result.folder)} == {"seat-01"}
    assert any("no viewer was seen" in str(note) for note in result.analysis.data_quality.problems)


def test_no_readable_video_is_one_line_a_file(tmp_path: Path) -> None:
    (bad := tmp_path / "bad.mp4").write_bytes(b"no video at all")
    message = refused(tmp_path, ".", [tmp_path / "gone.mp4", bad])
    assert [line.split(": ")[0] for line in message.splitlines()] == [str(tmp_path / "gone.mp4"), str(bad)]


def test_a_script_that_is_missing_or_empty(seats: list[Path], tmp_path: Path) -> None:
    (empty := tmp_path / "empty.fountain").touch()
    for script in (tmp_path / "gone.fountain", empty):
        assert str(script) in refused(tmp_path, ".", seats, script=script)


def test_subtitles_of_another_film(seats: list[Path], film: Path, tmp_path: Path) -> None:
    subtitles = film / "other.srt"
    message = refused(tmp_path, "do not match", seats, script=film / "film.fountain", subtitles=subtitles)
    assert str(subtitles) in message
    assert "\n" not in message


def test_subtitles_without_a_script(seats: list[Path], film: Path, tmp_path: Path) -> None:
    refused(tmp_path, "film.srt: .*add script", seats, subtitles=film / "film.srt")


def test_a_file_given_twice(seats: list[Path], tmp_path: Path) -> None:
    refused(tmp_path, "given twice", [seats[0], seats[0]])


def test_one_video_under_two_names(seats: list[Path], tmp_path: Path) -> None:
    twin = Path(shutil.copy(seats[0], tmp_path / "seat-99.mp4"))
    refused(tmp_path, f"{twin}: identical to {seats[0]}; give only one of them", [*seats, twin])


def test_no_video_given(tmp_path: Path) -> None:
    refused(tmp_path, "no videos given", [])


def test_a_folder_with_another_study_is_left_as_it_was(
    screened: Screening, seats: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "study"
    shutil.copytree(screened.folder, out)
    before = contents(out)
    with pytest.raises(MoviemotionError, match="contains a different study"):
        screen(seats, out, rate=RATE, seed=1)
    assert contents(out) == before


def test_an_offset_can_be_corrected_without_reading_the_recordings_again(
    screened: Screening, seats: list[Path], film: Path, tmp_path: Path
) -> None:
    out = tmp_path / "study"
    shutil.copytree(screened.folder, out)
    read: list[str] = []

    def again(offsets: dict[str, float]) -> list[dict[str, str]]:
        screen(
            seats,
            out,
            film / "film.fountain",
            film / "film.srt",
            offsets,
            RATE,
            progress=lambda camera, seconds: read.append(camera.name),
        )
        return [row for row in rows(out) if row["viewer"] == "seat-01" and int(row["samples"])]

    before = [row for row in rows(out) if row["viewer"] == "seat-01"]
    moved = again({"seat-01": 3.0})
    assert [int(row["second"]) - 3 for row in moved] == [int(row["second"]) for row in before]
    assert [row["happy"] for row in moved] == [row["happy"] for row in before]
    assert again({}) == before
    assert read == []


def test_a_folder_with_other_files_is_left_as_it_was(seats: list[Path], tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("draft", encoding="utf-8")
    with pytest.raises(MoviemotionError, match="not empty and does not contain a study"):
        screen(seats, tmp_path)
    assert contents(tmp_path) == {"thesis.txt": b"draft"}


def test_what_the_cameras_do_not_show_is_reported_and_lines_keep_their_time(
    seats: list[Path], film: Path, tmp_path: Path
) -> None:
    longer = tmp_path / "longer.srt"
    cue = "4\n00:00:30,000 --> 00:00:32,000\nThey laugh until the lamp goes out.\n"
    longer.write_text(f"{(film / 'film.srt').read_text(encoding='utf-8')}\n{cue}", encoding="utf-8")
    script = tmp_path / "longer.fountain"
    text = (film / "film.fountain").read_text(encoding="utf-8")
    script.write_text(f"{text}\nOLGA\nThey laugh until the lamp goes out.\n", encoding="utf-8")
    offsets = {"row-02-03": -4.0}
    analysis = screen(seats, tmp_path / "study", script, longer, offsets, RATE).analysis
    problems = "\n".join(map(str, analysis.data_quality.problems))
    assert "The subtitles run to 32 s, but the cameras end at 8 s" in problems
    assert "row-02-03.mp4: ends at 4 s of 8 s" in problems
    assert analysis.script is not None
    assert analysis.script.cues[-1].start == pytest.approx(30, abs=0.5)
    assert analysis.element_emotions[-1].viewers == 0


def test_an_offset_of_more_than_a_day_is_refused(seats: list[Path], tmp_path: Path) -> None:
    refused(tmp_path, "more than a day", seats, offsets={"seat-01": 1e9})


def test_a_timing_sheet_and_shot_changes_time_the_script(
    screened: Screening, film: Path, tmp_path: Path
) -> None:
    """As `report` does from the samples of a study, whatever it was made from; `screen` reads them alike."""
    study = shutil.copytree(screened.folder, tmp_path / "study")
    (sheet := tmp_path / "sheet.csv").write_text("scene,start,end\n1,1.5,8\n", encoding="utf-8")
    (shots := tmp_path / "shots.txt").write_text("1.6\n", encoding="utf-8")
    script = report(study, film / "film.fountain", timing_sheet=sheet, shots=shots).analysis.script
    assert "Times come from a timing sheet: 1 of 1 scenes" in script.timing
    assert (script.cues[0].start, script.cues[0].source) == (1.5, TimeSource.TIMING_SHEET)
    page = (study / "report.html").read_text(encoding="utf-8")
    assert "Times come from a timing sheet" in page


def test_a_report_with_another_script_keeps_what_is_known_of_the_recordings(
    seats: list[Path], film: Path, tmp_path: Path
) -> None:
    (empty := tmp_path / "empty.mp4").write_bytes(b"")
    span = TimeSpan(1, 7)
    folder = tmp_path / "study"
    longer = tmp_path / "longer.srt"
    longer.write_text(
        (film / "film.srt").read_text(encoding="utf-8")
        + "\n4\n00:00:30,000 --> 00:00:32,000\nThey laugh until the lamp goes out.\n",
        encoding="utf-8",
    )
    screen([*seats, empty], folder, film / "film.fountain", longer, {"row-02-03": -4.0}, RATE, film=span)
    analysis = report(folder, film / "film.fountain", film / "film.srt").analysis
    problems = "\n".join(map(str, analysis.data_quality.problems))
    assert "empty.mp4: the file is empty" in problems
    assert "row-02-03.mp4: ends at 4 s of 8 s" in problems
    assert "The subtitles run to 32 s" not in problems
    assert analysis.in_film.tolist() == [False, *[True] * 6, False]


def test_a_timing_sheet_without_a_script(seats: list[Path], tmp_path: Path) -> None:
    refused(tmp_path, "sheet.csv: .*add script", seats, timing_sheet=tmp_path / "sheet.csv")


# Doubts about recordings that were read


def felt(cue: Cue, summary: EmotionSummary) -> tuple[object, ...]:
    """When a line is spoken and what it caused; intervals also depend on the other lines."""
    return cue.start, cue.end, summary.emotion, summary.strength, summary.mean_reacting_share, summary.viewers


def test_a_revised_script_keeps_the_times_and_feelings_of_unchanged_lines(
    screened: Screening, film: Path, tmp_path: Path
) -> None:
    study = shutil.copytree(screened.folder, tmp_path / "study")
    source = (film / "film.fountain").read_text(encoding="utf-8")
    revised = tmp_path / "revised.fountain"
    revised.write_text(
        source.replace("Then we shall learn to swim", "Then we must learn to fly").replace(
            "A bench.", "PAVEL\nLook, a light.\n\nA bench."
        ),
        encoding="utf-8",
    )
    after = report(study, revised).analysis
    before, script = screened.analysis, after.script
    assert script is not None
    emotions = {
        before.script.screenplay.elements[cue.element].text: felt(cue, summary)
        for cue, summary in zip(before.script.cues, before.element_emotions, strict=True)
    }
    cut = []
    for cue, summary in zip(script.cues, after.element_emotions, strict=True):
        element = script.screenplay.elements[cue.element]
        if cue.source is TimeSource.CUT:
            cut.append(element.text)
        elif element.kind is ElementKind.DIALOGUE:
            assert felt(cue, summary) == emotions[element.text]
    assert [text for text in cut if not text.isupper()] == [
        "Look, a light.",
        "Then we must learn to fly before morning comes.",
    ]
    assert "revised after the screening" in script.timing
    # Subtitles time the script anew.
    again = report(study, revised, film / "film.srt").analysis.script
    assert again is not None
    assert "revised" not in again.timing


def test_a_clock_that_starts_again_is_told_in_the_result_and_in_the_report(
    seats: list[Path], tmp_path: Path
) -> None:
    part = tmp_path / "part.ts"
    with av.open(str(seats[0])) as source, av.open(str(part), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0], opaque=False)
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    joined = tmp_path / "joined.ts"
    joined.write_bytes(2 * part.read_bytes())
    for _ in range(2):  # the second time from stored samples
        done = screen([joined], tmp_path / "study", rate=1.0)
        doubts = [p for p in done.analysis.data_quality.problems if p.code == "recording-doubtful"]
        (doubt,) = doubts
        assert str(doubt).startswith(f"{joined}: its clock was set or started again at 8")
        assert done.incomplete == ()
    assert done.analysis.data_quality.seconds == 2 * SECONDS
    assert "its clock was set or started again" in (tmp_path / "study" / "report.html").read_text("utf-8")


def test_an_unknown_camera_or_angle_is_no_rotation(seats: list[Path], tmp_path: Path) -> None:
    refused(tmp_path, "rotations seat-09: no such camera; choose from", seats, rotations={"seat-09": 90})
    refused(
        tmp_path, "rotations seat-01=45: invalid; give 0, 90, 180 or 270", seats, rotations={"seat-01": 45}
    )


def test_another_rotation_is_another_study(seats: list[Path], tmp_path: Path) -> None:
    screen(seats[:1], tmp_path / "study", rate=1.0, rotations={"seat-01.mp4": 0})
    with pytest.raises(MoviemotionError, match=r"rotations seat-01=0"):
        screen(seats[:1], tmp_path / "study", rate=1.0, rotations={"seat-01": 180})


def samples_until(end: float) -> Samples:
    none = np.empty(0)
    return Samples(
        viewers=("a",),
        frames=1,
        end=end,
        viewer=none.astype(np.int16),
        time=none,
        box=np.empty((0, 4), np.float32),
        detection=none.astype(np.float32),
        emotions=np.empty((0, len(EMOTIONS)), np.float32),
        weight=none.astype(np.float32),
        rejection_reason=none.astype(np.int8),
    )


@pytest.mark.parametrize(
    ("ends", "incomplete"),
    [
        ((8.0,), 0),
        ((8.2, 8.9), 0),
        ((9.0, 8.1), 0),
        ((3.96, 4.0), 0),
        ((8.0, 9.5), 1),
        ((7000.0, 7200.0), 0),
        ((6700.0, 7200.0), 1),
    ],
)
def test_only_a_camera_that_misses_more_than_a_second_is_incomplete(
    ends: tuple[float, ...], incomplete: int
) -> None:
    cameras = [Camera(str(k), Path(f"{k}.mp4")) for k in range(len(ends))]
    watched = {camera.name: samples_until(end) for camera, end in zip(cameras, ends, strict=True)}
    problems = screening._coverage_notes(cameras, watched)
    assert len([problem for problem in problems if problem.code == "ends-early"]) == incomplete


@pytest.mark.parametrize(("lit", "span"), [(slice(0, 75), (15, 90)), (slice(375, 450), (0, 75))])
def test_lights_that_only_go_down_or_only_come_up_bound_the_film(lit: slice, span: tuple[int, int]) -> None:
    times = np.arange(450) / 5
    level = np.repeat(np.random.default_rng(1).uniform(20, 60, 90), 5).astype(np.float32)
    level[lit] = 150
    room = Recorded("room", Path("room.mp4"), None, 90.0, times, level)
    found, (note,) = screening._found_film_span([room], FoundClocks({"room": CameraClock()}, (), False), None)
    assert found is not None
    assert (found.start, found.end) == pytest.approx(span, abs=1)
    assert ("go down" in note.text) == (lit.start == 0)
    assert ("come up" in note.text) == (lit.start > 0)
