"""Messages: what is missing must be named, where it is asked for and where it is not; nothing else may be."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from moviemotion.privacy.study_database import KEYS_FOLDER_VARIABLE
from odd_cases.oracle import (
    CRASHED,
    SILENT_CAMERAS,
    Case,
    Person,
    Result,
    Run,
    Verdict,
    as_json,
    command,
    compare_people,
    judge_control,
    judge_refusal,
    judge_screening,
    matching,
    screen,
    told_lines,
    viewers_of,
)
from odd_cases.video import RATE, SIDE, beside, from_second, person, plain, write

SECONDS = 8
NAMES = ("seat-a1", "seat-a3", "seat-b1")


def _cameras(folder: Path, names: Sequence[str] = NAMES, seconds: int = SECONDS) -> list[Path]:
    return [write(folder / f"{name}.mp4", person(name, seconds)) for name in names]


def _people(names: Sequence[str] = NAMES, seconds: int = SECONDS) -> list[Person]:
    return [plain(name, seconds) for name in names]


def _wall(seconds: int = SECONDS) -> np.ndarray:
    rng = np.random.default_rng(1)
    wall = np.full((seconds * RATE, SIDE, SIDE, 3), 70, np.uint8)
    return wall + rng.integers(0, 6, wall.shape, dtype=np.uint8)


def _incomplete(run: Run, people: Sequence[Person], causes: Sequence[str]) -> Result:
    """Exit code 1, the right viewers, and each cause named in the list and in the terminal."""
    if run.code == CRASHED:
        return Result(Verdict.CRASHED, run.last_error())
    right, seen = compare_people(people, viewers_of(run.study))
    listed = [told.text for told in run.told]
    terminal = [*run.out.splitlines(), *run.err.splitlines()]
    missing = [c for c in causes if not matching(listed, c) or not matching(terminal, c)]
    if right and run.code == 1 and not missing:
        return Result(Verdict.REPORTED, matching(terminal, causes[0])[0].strip())
    return Result(
        Verdict.SILENT, f"{seen}; exit {run.code}; not named: {missing}; {' | '.join(told_lines(run))}"
    )


def three_empty(folder: Path) -> Result:
    """Three of five cameras see nobody, and other problems compete for the terminal."""
    cameras = _cameras(folder, NAMES[:2])
    cameras += [write(folder / f"empty-{k}.mp4", _wall()[k:], crf=20 + k) for k in range(3)]
    return _incomplete(
        screen(folder, cameras), _people(NAMES[:2]), [rf"empty-{k}.*no viewer was seen" for k in range(3)]
    )


def text_for_video(folder: Path) -> Result:
    (folder / "notes.mp4").write_text("The third camera was not switched on.\n" * 20, encoding="utf-8")
    run = screen(folder, [*_cameras(folder), folder / "notes.mp4"])
    return _incomplete(run, _people(), [r"notes\.mp4.*not a readable video"])


def cut_off_file(folder: Path) -> Result:
    """A recorder lost power: the MP4's index is missing."""
    cameras = _cameras(folder)
    data = cameras[2].read_bytes()
    cameras[2].write_bytes(data[: len(data) * 2 // 3])
    return _incomplete(screen(folder, cameras), _people(NAMES[:2]), [r"seat-b1\.mp4"])


def only_sound(folder: Path) -> Result:
    from odd_cases.pictures import small_films

    run = screen(folder, [*_cameras(folder), small_films.write_sound(folder / "room.wav")])
    return _incomplete(run, _people(), [r"room\.wav.*(sound|video)"])


def half_missing(folder: Path) -> Result:
    cameras = _cameras(folder, NAMES[:2])
    cameras.append(write(folder / "seat-b1.mp4", person("seat-b1", SECONDS)[: SECONDS * RATE // 2]))
    short = Person(plain("seat-b1", SECONDS).readings[: SECONDS // 2])
    run = screen(folder, cameras)
    cause = r"seat-b1.*(ends at|no data after)"
    return _mentioned(run, judge_screening(run, [*_people(NAMES[:2]), short], cause), cause)


def _consented(folder: Path, seats: Sequence[tuple[str, str, str, str]]) -> Path:
    """Begin a study; seats are label, camera, region (or nothing) and answer (accept, decline or nothing)."""
    os.environ[KEYS_FOLDER_VARIABLE] = str(folder / "keys")
    study = folder / "study"
    command(study, "privacy", "begin", study, "--controller", "Osk Film", "--contact", "p@osk.example")
    for label, camera, region, answer in seats:
        place = ("--region", region) if region else ()
        command(study, "privacy", "seat", study, label, "--camera", camera, *place)
        if answer:
            command(study, "privacy", "answer", study, label, f"--{answer}")
    return study


def masked_cameras(folder: Path) -> Result:
    """One of three participants declined, one was never asked."""
    _consented(
        folder, [("A1", "seat-a1", "", "accept"), ("A2", "seat-a3", "", "decline"), ("A3", "seat-b1", "", "")]
    )
    run = screen(folder, _cameras(folder))
    result = judge_screening(run, _people(NAMES[:1]), r"declined.*2 of 3 recordings")
    return _mentioned(run, result, r"declined.*2 of 3 recordings")


def masked_seat(folder: Path) -> Result:
    """One camera shows two seats; one participant declined."""
    _consented(
        folder,
        [
            ("B1", "row", f"0,0,{SIDE},{SIDE}", "accept"),
            ("B2", "row", f"{SIDE},0,{2 * SIDE},{SIDE}", "decline"),
        ],
    )
    row = write(folder / "row.mp4", beside(person(NAMES[0], SECONDS), person(NAMES[1], SECONDS)))
    run = screen(folder, [row])
    result = judge_screening(run, _people(NAMES[:1]), r"declined.*1 seat masked")
    return _mentioned(run, result, r"declined.*1 seat masked")


def misspelled_camera(folder: Path) -> Result:
    """The list of seats names a camera otherwise than its file is named."""
    _consented(folder, [("A1", "seat-a1", "", "accept"), ("A2", "seat-A3", "", "accept")])
    run = screen(folder, _cameras(folder, NAMES[:2]))
    cause = r"seat-a3\.mp4.*no seat uses this camera"
    return _mentioned(run, judge_screening(run, _people(NAMES[:1]), cause), cause)


def _mentioned(run: Run, result: Result, cause: str) -> Result:
    """Right readings of those who accepted are not enough: what was left out must be told."""
    if result.verdict is Verdict.RIGHT and not matching(told_lines(run), cause):
        return Result(Verdict.SILENT, f"not told; {result.seen}")
    return result


def everybody_declined(folder: Path) -> Result:
    _consented(folder, [("A1", "seat-a1", "", "decline")])
    return judge_screening(screen(folder, _cameras(folder, NAMES[:1])), [], r"consent|accepted|declined", "")


def _again(folder: Path, change: str, cause: str) -> Result:
    """Screen, then screen differently into the same folder: refused, and the message says what differs."""
    cameras = _cameras(folder)
    (script := folder / "film.fountain").write_text(
        "INT. HALL - DAY\n\nMILA\nWe are late.\n", encoding="utf-8"
    )
    screen(folder, cameras, "--script", script)
    before = {p.name: p.read_bytes() for p in (folder / "study").iterdir() if p.is_file()}
    options: list[str | Path] = ["--script", script]
    if change == "rate":
        options += ["--rate", "4"]
    elif change == "offset":
        options += ["--offset", "seat-a3=2"]
    elif change == "script":
        script.write_text("INT. HALL - DAY\n\nMILA\nWe are early.\n", encoding="utf-8")
    elif change == "recording":
        write(cameras[1], person("seat-b2", SECONDS))
    elif change == "camera":
        cameras = cameras[:2]
    run = screen(folder, cameras, *options)
    after = {p.name: p.read_bytes() for p in (folder / "study").iterdir() if p.is_file()}
    if after != before:
        return Result(Verdict.SILENT, f"files changed (exit {run.code}): {run.last_error()}")
    return judge_refusal(replace(run, study=folder / "none"), cause, "study")


def again_rate(folder: Path) -> Result:
    return _again(folder, "rate", r"--rate 5.*4")


def again_offset(folder: Path) -> Result:
    """Refused, or the samples are moved by the new offset."""
    result = _again(folder, "offset", r"--offset.*seat-a3")
    moved = [plain("seat-a1", SECONDS), from_second(plain("seat-a3", SECONDS), 2), plain("seat-b1", SECONDS)]
    right, seen = compare_people(moved, viewers_of(folder / "study"))
    return Result(Verdict.RIGHT, seen) if right else result


def again_script(folder: Path) -> Result:
    return _again(folder, "script", r"film\.fountain")


def again_recording(folder: Path) -> Result:
    return _again(folder, "recording", r"recording of camera seat-a3")


def again_camera(folder: Path) -> Result:
    return _again(folder, "camera", r"camera seat-b1")


def misspelled_offset(folder: Path) -> Result:
    run = screen(folder, _cameras(folder, NAMES[:2]), "--offset", "seat-a2=3")
    return judge_refusal(run, r"seat-a2.*no such camera", "seat-a2")


def film_after_end(folder: Path) -> Result:
    run = screen(folder, _cameras(folder, NAMES[:1]), "--film", "5:00-6:00")
    return judge_refusal(run, r"--film.*end at", "--film")


def folder_in_use(folder: Path) -> Result:
    (folder / "study").mkdir()
    (folder / "study" / "thesis.txt").write_text("Chapter 1", encoding="utf-8")
    run = screen(folder, _cameras(folder, NAMES[:1]))
    return judge_refusal(run, r"not empty", "study")


def same_file_linked(folder: Path) -> Result:
    cameras = _cameras(folder, NAMES[:1])
    (link := folder / "seat-c9.mp4").symlink_to(cameras[0])
    return judge_screening(
        screen(folder, [*cameras, link]), _people(NAMES[:1]), "identical|same", "seat-c9.mp4"
    )


def samples_deleted(folder: Path) -> Result:
    screen(folder, _cameras(folder))
    (folder / "study" / "samples" / "seat-a3.parquet").unlink()
    run = command(folder / "study", "report", folder / "study")
    cause = r"seat-a3.*missing"
    return _mentioned(run, judge_screening(run, _people(("seat-a1", "seat-b1")), cause), cause)


def new_script(folder: Path) -> Result:
    """A report with another script keeps what was wrong with the recordings, and the film's span."""
    cameras = _cameras(folder, NAMES[:2])
    cameras.append(write(folder / "seat-b1.mp4", person("seat-b1", SECONDS)[: SECONDS * RATE // 2]))
    (folder / "empty.mp4").write_bytes(b"")
    screen(folder, [*cameras, folder / "empty.mp4"], "--film", "0:01-0:07")
    (script := folder / "film.fountain").write_text(
        "INT. HALL - DAY\n\nMILA\nWe are late.\n", encoding="utf-8"
    )
    run = command(folder / "study", "report", folder / "study", "--script", script)
    causes = (r"seat-b1.*ends at", r"empty\.mp4.*empty")
    missing = [cause for cause in causes if not matching(told_lines(run), cause)]
    span = as_json(run.study / "moments.json").get("in_film")
    if missing or span != [[1, 7]]:
        return Result(Verdict.SILENT, f"not told any more: {missing}; the film runs in {span}")
    return Result(Verdict.REPORTED, matching(told_lines(run), causes[0])[0])


def samples_restored(folder: Path) -> Result:
    """A viewer is erased; then a backup of the samples folder is put back."""
    study = _consented(folder, [(f"A{k}", name, "", "accept") for k, name in enumerate(NAMES)])
    screen(folder, _cameras(folder))
    command(study, "privacy", "status", study)
    shutil.copytree(study / "samples", folder / "backup")
    (folder / "study.json").write_bytes((study / "study.json").read_bytes())
    erased = command(study, "privacy", "erase", study, "--viewer", "A1")
    if erased.code:
        return Result(Verdict.CRASHED, erased.last_error())
    shutil.copytree(folder / "backup", study / "samples", dirs_exist_ok=True)
    (study / "study.json").write_bytes((folder / "study.json").read_bytes())
    run = command(study, "report", study)
    if run.code == 2 and matching([run.last_error()], "erased|withdr"):
        return Result(Verdict.REFUSED, run.last_error())
    result = judge_screening(run, _people(("seat-a1", "seat-b1")), r"erased|withdr|restored", "")
    left = len(list((study / "samples").glob("*.parquet")))
    return replace(result, seen=f"{result.seen}; {left} files of samples")


def short_recordings(folder: Path) -> Result:
    """Cameras that end within the same second, at 8.3 to 8.9 s."""
    cameras = [write(folder / f"{name}.mp4", person(name, 9)[: 100 + 3 * k]) for k, name in enumerate(NAMES)]
    return judge_control(screen(folder, cameras), _people(seconds=9), SILENT_CAMERAS)


def spaces_and_umlauts(folder: Path) -> Result:
    video = write(folder / "Sitz Ü 7 (links).mp4", person(NAMES[0], SECONDS))
    return judge_control(screen(folder, [video]), _people(NAMES[:1]))


def run_twice(folder: Path) -> Result:
    cameras = _cameras(folder)
    screen(folder, cameras)
    return judge_control(screen(folder, cameras), _people(), SILENT_CAMERAS)


CASES = [
    Case("messages", name, built, judge, control)
    for name, judge, built, control in (
        ("three_empty", three_empty, "three of five cameras see nobody", False),
        ("text_for_video", text_for_video, "a text named .mp4 among the recordings", False),
        ("cut_off_file", cut_off_file, "an MP4 without its index among the recordings", False),
        ("only_sound", only_sound, "a sound file among the recordings", False),
        ("half_missing", half_missing, "a camera ends halfway", False),
        ("masked_cameras", masked_cameras, "one participant declined, one was never asked", False),
        ("masked_seat", masked_seat, "one of two participants in a camera declined", False),
        ("misspelled_camera", misspelled_camera, "the list of seats misspells a camera's name", False),
        ("everybody_declined", everybody_declined, "the only participant declined", False),
        ("again_rate", again_rate, "screened again at another rate", False),
        ("again_offset", again_offset, "screened again with an offset", False),
        ("again_script", again_script, "screened again with another script of the same name", False),
        ("again_recording", again_recording, "screened again, one recording is another", False),
        ("again_camera", again_camera, "screened again without one camera", False),
        ("misspelled_offset", misspelled_offset, "an offset for a camera that does not exist", False),
        ("film_after_end", film_after_end, "a film's span after the recordings", False),
        ("folder_in_use", folder_in_use, "the study folder holds other files", False),
        ("same_file_linked", same_file_linked, "one file under two names", False),
        ("samples_deleted", samples_deleted, "a camera's samples were deleted", False),
        ("new_script", new_script, "a report with a new script after a screening with problems", False),
        ("samples_restored", samples_restored, "an erased viewer's samples come back from a backup", False),
        ("short_recordings", short_recordings, "short recordings that end within half a second", True),
        ("spaces_and_umlauts", spaces_and_umlauts, "a file name with blanks, umlauts and parentheses", True),
        ("run_twice", run_twice, "the same screening again", True),
    )
]
