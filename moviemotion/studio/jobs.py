"""Screenings at work: one thread a study, which can be stopped and, after a stop or a crash, gone on with.

What a job is to do lies in the study's `uploads/screening.json` until its results are there. A recording that
was read to its end is not read again; a live capture that was cut off is told from what it saw.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from moviemotion import live
from moviemotion.audience import video
from moviemotion.audience.capture import Health, LiveCapture
from moviemotion.audience.masking import Mask
from moviemotion.audience.screening import Camera, InterruptedWatchError
from moviemotion.errors import MoviemotionError
from moviemotion.files import write_whole
from moviemotion.kept import kept_analysis
from moviemotion.live import JOURNAL
from moviemotion.privacy import consent
from moviemotion.privacy.consent import State
from moviemotion.privacy.erasure import keep_promises, leave_out
from moviemotion.privacy.naming import is_finished
from moviemotion.privacy.register import is_governed
from moviemotion.resonance.baseline import Stretch
from moviemotion.screen import RATE, SEED, screen
from moviemotion.studio import files
from moviemotion.studio.files import Kind
from moviemotion.study import UPLOADS

RECORD = "screening.json"
LOOK_AGAIN = 1.0
"""Seconds by which an answer at a seat may be late for its camera."""
PATIENCE = 10.0
"""Seconds that a stopping studio waits for its jobs; what is not done then is done after the next start."""


class Source(StrEnum):
    """Where the pictures come from."""

    FILES = "files"
    LIVE = "live"


class Stage(StrEnum):
    """How far a study is."""

    NEW = "new"
    READING = "reading"
    PAUSED = "paused"
    """A live capture whose film stands still."""
    TELLING = "telling"
    """All is read; the results are being made."""
    STOPPED = "stopped"
    """It can be gone on with."""
    FAILED = "failed"
    FINISHED = "finished"


AT_WORK = (Stage.READING, Stage.PAUSED, Stage.TELLING)


class BusyError(Exception):
    """Something else is under way in the study, or it is past that."""


@dataclass(frozen=True)
class Settings:
    """How a screening is made; as for `screen`. A live capture has its rate and offsets in seats.toml."""

    source: Source = Source.FILES
    rate: float = RATE
    seed: int = SEED
    offsets: Mapping[str, float] = field(default_factory=dict)
    baseline: tuple[float, float] | None = None


@dataclass(frozen=True)
class Reading:
    """A recording that is being read.

    Attributes:
        seconds: watched so far.
        length: of the recording; None where it does not say.
        finished: whether what it shows is kept.
    """

    name: str
    seconds: float
    length: float | None
    finished: bool


class Job:
    """One screening. Its thread may be stopped from any other."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder, self.settings = folder, settings
        self.problem = ""
        self._stage = Stage.READING
        self.began = time.monotonic()
        self._lengths: dict[str, float | None] = {}
        self._watched: dict[str, float] = {}
        self._read_before = 0.0
        self._stopped = threading.Event()
        self._gone: frozenset[str] = frozenset()
        self._again = False
        self._looked = 0.0
        self._leaving = False
        self._capture: LiveCapture | None = None
        self.thread = threading.Thread(target=self._work, name=f"screening {folder.name}", daemon=True)

    def start(self) -> None:
        """Begin, and leave word of it for the next start of the studio."""
        self._keep(Stage.READING)
        self.thread.start()

    def stop(self, leaving: bool = False) -> None:
        """Stop reading recordings, to be gone on with; or end a live capture, whose results are then made.

        Args:
            leaving: the studio stops: go on when it starts again.
        """
        self._leaving = leaving
        self._stopped.set()

    @property
    def stage(self) -> Stage:
        """How far it is."""
        if self._stage is Stage.READING and self._lengths and all(r.finished for r in self.readings):
            return Stage.TELLING
        return self._stage

    def pause(self, paused: bool) -> None:
        """Let the film of a live capture stand still, or go on.

        Raises:
            BusyError: it is not a live capture, or over.
        """
        if self._capture is None or self._stage not in (Stage.READING, Stage.PAUSED):
            raise BusyError(f"{self.folder.name}: no live capture is running")
        clock = self._capture.clock
        clock.pause() if paused else clock.resume()
        self._stage = Stage.PAUSED if paused else Stage.READING

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The recordings that are read, in order."""
        samples = self.folder / "samples"
        return tuple(
            Reading(name, self._watched.get(name, 0.0), length, (samples / f"{name}.parquet").exists())
            for name, length in self._lengths.items()
        )

    @property
    def health(self) -> tuple[Health, ...]:
        """How each live camera is."""
        return tuple(self._capture.health()) if self._capture else ()

    @property
    def film_time(self) -> float | None:
        """Second of the film in a live capture."""
        return self._capture.clock.now() if self._capture else None

    def left(self) -> float | None:
        """Seconds of ours until all recordings are read, at the pace so far; None where not known."""
        done = sum(r.length or r.seconds if r.finished else r.seconds for r in self.readings)
        total = sum(length or 0.0 for length in self._lengths.values())
        read, taken = done - self._read_before, time.monotonic() - self.began
        if self.stage is not Stage.READING or read <= 0 or taken < 2 or not total:
            return None
        return max(total - done, 0.0) * taken / read

    def _work(self) -> None:
        try:
            # One that was cut off between its results and its promises has been read already.
            if not is_finished(self.folder):
                self._read() if self.settings.source is Source.FILES else self._capture_live()
            self._stage = Stage.TELLING
            keep_promises(self.folder)
            # Whoever reads the room next need not wait; where all have withdrawn there is none.
            with suppress(MoviemotionError):
                kept_analysis(self.folder)
            self._stage = Stage.FINISHED
        except InterruptedWatchError:
            if not self._leaving:
                self._keep(Stage.STOPPED)
            self._stage = Stage.STOPPED
        except MoviemotionError as error:
            self._fail(str(error))
        except Exception as error:
            self._fail(f"{self.folder.name}: a fault of the program ({error!r}); start again, and report it")
            raise

    def _read(self) -> None:
        while True:
            self._gone, self._again = _withdrawn(self.folder), False
            leave_out(self.folder)
            try:
                self._read_as_agreed()
                return
            except InterruptedWatchError:
                if self._stopped.is_set():
                    raise  # otherwise somebody has withdrawn, and is masked from here on

    def _read_as_agreed(self) -> None:
        recordings = files.paths(self.folder, Kind.SEATS)
        baseline = self.settings.baseline

        def masks(out: Path, cameras: Iterable[str]) -> Mapping[str, Mask]:
            names = list(cameras)
            seen = consent.masks(out, names)
            of = {name: path for name, path in zip(names, recordings, strict=True) if not seen[name].closed}
            self._lengths = {name: _seconds(path) for name, path in of.items()}
            self._read_before = sum(r.length or 0.0 for r in self.readings if r.finished)
            return seen

        screen(
            recordings,
            self.folder,
            files.first(self.folder, Kind.SCRIPT),
            self._subtitles(),
            offsets=self.settings.offsets,
            rate=self.settings.rate,
            seed=self.settings.seed,
            progress=self._progress,
            baseline=Stretch(*baseline) if baseline else None,
            masks=masks,
        )

    def _progress(self, camera: Camera, seconds: float) -> None:
        if time.monotonic() - self._looked > LOOK_AGAIN:
            self._looked = time.monotonic()
            self._again = _withdrawn(self.folder) != self._gone
        if self._stopped.is_set() or self._again:
            raise InterruptedWatchError
        self._watched[camera.name] = seconds

    def _capture_live(self) -> None:
        if not (self.folder / JOURNAL).is_dir() and not (self.folder / "capture.json").is_file():
            seats = files.live_seats(self.folder)
            capture = live.begin(seats, self.folder, masks=SeatMasks(self.folder))
            self._capture = capture
            try:
                while not self._stopped.is_set() and not capture.wait(0.25):
                    pass
            finally:
                capture.stop()
            if self._leaving:
                raise InterruptedWatchError
        self._stage = Stage.TELLING
        live.report(self.folder, files.first(self.folder, Kind.SCRIPT), self._subtitles(), self.settings.seed)

    def _subtitles(self) -> Path | None:
        # Subtitles time a script; without one they say nothing.
        has_script = files.first(self.folder, Kind.SCRIPT)
        return files.first(self.folder, Kind.SUBTITLES) if has_script else None

    def _fail(self, problem: str) -> None:
        self.problem = problem.replace(f"{self.folder.parent}/", "")
        self._keep(Stage.FAILED)
        self._stage = Stage.FAILED

    def _keep(self, stage: Stage) -> None:
        (self.folder / UPLOADS).mkdir(exist_ok=True)
        record = {"stage": stage, "problem": self.problem, "settings": vars(self.settings)}
        write_whole(self.folder / UPLOADS / RECORD, json.dumps(record) + "\n")


class SeatMasks(Mapping[str, Mask]):
    """What each live camera may see now: it follows what viewers say while the film runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[str, tuple[float, Mask]] = {}

    def __getitem__(self, camera: str) -> Mask:
        now = time.monotonic()
        asked, mask = self._seen.get(camera, (-math.inf, Mask(seen=())))
        if now - asked > LOOK_AGAIN:
            try:
                mask = consent.masks(self._folder, [camera])[camera]
            except MoviemotionError:
                mask = Mask(seen=())  # where consent cannot be read there is none
            self._seen[camera] = now, mask
        return mask

    def __iter__(self) -> Iterator[str]:
        return iter(self._seen)

    def __len__(self) -> int:
        return len(self._seen)


class Jobs:
    """The jobs of a studio, at most one a study."""

    def __init__(self) -> None:
        self._jobs: dict[Path, Job] = {}
        self._one_at_a_time = threading.Lock()

    def of(self, folder: Path) -> Job | None:
        """The study's job since the studio was started, also when it is over."""
        return self._jobs.get(folder)

    def start(self, folder: Path, settings: Settings | None = None) -> Job:
        """Begin a screening, or go on with one.

        Args:
            settings: by default those with which it was begun.

        Raises:
            BusyError: one is running, the study is finished, or was begun with other settings.
            MoviemotionError: there is nothing to read.
        """
        with self._one_at_a_time:
            self.refuse_at_work(folder)
            if stage_of(self, folder) is Stage.FINISHED:
                raise BusyError(f"{folder.name}: is finished; make a new study")
            if not is_governed(folder):
                raise MoviemotionError(f"{folder.name}: its viewers were not asked; make a new study")
            begun = settings_of(folder) if (folder / "study.json").is_file() else None
            if begun and settings and settings != begun:
                raise BusyError(f"{folder.name}: was begun with other settings; go on with the same")
            settings = settings or begun or Settings()
            if settings.source is Source.LIVE:
                files.live_seats(folder)
            elif not files.paths(folder, Kind.SEATS):
                raise MoviemotionError(f"{folder.name}: no recording to read; upload one a camera")
            self._jobs[folder] = job = Job(folder, settings)
            job.start()
        return job

    def refuse_at_work(self, folder: Path) -> None:
        """
        Raises:
            BusyError: a screening is running in the study.
        """
        job = self.of(folder)
        if job and job.stage in AT_WORK:
            raise BusyError(f"{folder.name}: is being screened; wait until it is finished, or stop it")

    def go_on(self, folders: Iterable[Path]) -> None:
        """Go on with what was cut off when the studio was stopped."""
        for folder in folders:
            files.sweep(folder)
            record = _record(folder)
            if record and record["stage"] == Stage.READING:
                self._jobs[folder] = job = Job(folder, _settings(record))
                job.start()

    def close(self) -> None:
        """Stop all, to be gone on with at the next start."""
        jobs = [job for job in self._jobs.values() if job.thread.is_alive()]
        for job in jobs:
            job.stop(leaving=True)
        end = time.monotonic() + PATIENCE
        for job in jobs:
            job.thread.join(max(0.0, end - time.monotonic()))


def stage_of(jobs: Jobs, folder: Path) -> Stage:
    """How far a study is."""
    job = jobs.of(folder)
    if job and job.stage in AT_WORK:
        return job.stage
    record = _record(folder)
    if record:
        return Stage(record["stage"]) if record["stage"] == Stage.FAILED else Stage.STOPPED
    if is_finished(folder):
        return Stage.FINISHED
    return Stage.STOPPED if (folder / "study.json").is_file() else Stage.NEW


def problem_of(folder: Path) -> str:
    """Why the last screening failed; empty where it did not."""
    record = _record(folder)
    return str(record["problem"]) if record else ""


def settings_of(folder: Path) -> Settings | None:
    """The settings with which a screening was begun."""
    record = _record(folder)
    return _settings(record) if record else None


def _record(folder: Path) -> dict[str, Any] | None:
    path = folder / UPLOADS / RECORD
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise MoviemotionError(f"{path}: cannot be read; delete it and start the screening again") from error


def _settings(record: Mapping[str, Any]) -> Settings:
    told = record["settings"]
    baseline = tuple(told["baseline"]) if told["baseline"] else None
    return Settings(**{**told, "source": Source(told["source"]), "baseline": baseline})


def _withdrawn(folder: Path) -> frozenset[str]:
    """Seats whose viewers have taken their consent back."""
    return frozenset(seat.seat for seat in consent.seats(folder) if seat.state is State.WITHDRAWN)


def _seconds(recording: Path) -> float | None:
    try:
        seconds = video.probe(recording).seconds
    except MoviemotionError:  # told by `screen` when it comes to it
        return None
    return None if math.isnan(seconds) else seconds
