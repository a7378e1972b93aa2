"""Measure MoviEmotion against its targets; print one line for each target, then a Markdown table.

    python benchmarks/bars.py --data ../shared/data                   # all targets; takes minutes on 2 cores
    python benchmarks/bars.py --data ../shared/data --only seats demo

The exit code is 1 if a target is missed. A target that cannot be measured on this machine is reported with
the reason.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib import metadata
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ParamSpec

import numpy as np
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from throughput import loop_clip, own_lines, rival_lines

from moviemotion import __version__
from moviemotion.analysis.signals.timeline import ViewerSamples, build_timeline
from moviemotion.audience.recordings import Camera, CameraProcessor
from moviemotion.audience.samples import Samples
from moviemotion.lab.data.dataset import load_faces
from moviemotion.lab.evaluation.evaluate import SHIPPED_EMOTION_MODEL, GroundTruth, predict, score_predictions
from moviemotion.screenplay.alignment.align import TimeSource, align_script
from moviemotion.screenplay.alignment.line_times import SPOKEN_KINDS
from moviemotion.screenplay.formats.format_registry import read_screenplay
from moviemotion.screenplay.formats.fountain import parse_fountain
from moviemotion.screenplay.formats.fountain_writer import write_fountain
from moviemotion.screenplay.subtitles.parse import read_subtitles
from moviemotion.workflows.demo import DemoResult, run_demo
from moviemotion.workflows.screen import DEFAULT_RATE

LEAST_ACCURACY, MOST_ECE, MOST_MODEL_MB = 0.91, 0.03, 8.0
LEAST_SEEN = 0.95
IN_CLASSROOM, LEAST_FACE, LEAST_FOUND = 4, 24, 0.90
EVERY_FRAME = 60.0
"""Samples per second; higher than the frame rate of any clip, so that every frame is sampled."""
MOST_MEMORY_RATIO = 1.10
SHORT_FILM, LONG_FILM = 120, 1200
MOST_DEMO_SECONDS = 300.0
NO_BAR = "reported"
BEGIN, END = "<!-- begin make bench -->", "<!-- end make bench -->"
"""Markers around the section of the page that `--page` replaces."""
SEATS = ("seat-a1", "seat-a2", "seat-a3", "seat-b1", "seat-b2", "seat-b3")
CLASSROOMS = ("classroom", "smart-classroom")
PAIRS = ("mission_impossible", "mystery_men")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

PEAK_OF_CHILD = """
import os, sys
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""A small program that runs a command and prints its peak memory.

A child process inherits its parent's peak memory, so the command must not be started by this large process.
"""


class NotMeasuredError(Exception):
    """Something that a measurement needs is missing on this machine."""


@dataclass(frozen=True)
class Bar:
    """A measurement and its target.

    Attributes:
        name: name of the measurement.
        measured: the result, with its unit.
        bar: the target.
        ok: whether the target is met; None if there is no verdict.
    """

    name: str
    measured: str
    bar: str
    ok: bool | None = None

    @property
    def verdict(self) -> str:
        return {True: "pass", False: "missed", None: "–"}[self.ok]


@dataclass(frozen=True)
class Command:
    """A finished `moviemotion` command: wall-clock seconds and peak resident memory in MB."""

    seconds: float
    peak: float


@dataclass(frozen=True)
class Bench:
    """Resources that all measurements share: the data, a folder for their files, and one run of the demo."""

    data: Path
    work: Path
    rivals_python: Path | None = None

    def require(self, name: str) -> Path:
        """Return a file or folder of the data folder.

        Raises:
            NotMeasuredError: the file or folder does not exist.
        """
        path = self.data / name
        if not path.exists():
            raise NotMeasuredError(f"{path} is missing")
        return path

    @cached_property
    def demo(self) -> Command:
        return run_command("demo", "--out", str(self.work / "demo"))


def run_command(*arguments: str) -> Command:
    program = str(Path(sys.executable).with_name("moviemotion"))
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", PEAK_OF_CHILD, program, *arguments], capture_output=True, text=True
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"moviemotion {arguments[0]} ended with {done.returncode}: {done.stderr.strip()}")
    unit = 1e6 if sys.platform == "darwin" else 1e3  # bytes on macOS, kilobytes elsewhere
    return Command(seconds, int(done.stdout.splitlines()[-1]) / unit)


Parts = ParamSpec("Parts")


def attempt(
    name: str,
    part: Callable[Parts, Iterator[Bar]],
    *args: Parts.args,
    **kwargs: Parts.kwargs,
) -> Iterator[Bar]:
    """Yield the results of one part, or a single result with the reason if it fails or cannot be measured."""
    try:
        yield from part(*args, **kwargs)
    except NotMeasuredError as error:
        yield Bar(name, f"not measured: {error}", "–")
    except Exception as error:  # an error in one part must not hide the others
        yield Bar(name, f"failed: {type(error).__name__}: {str(error).splitlines()[0]}", "no error", ok=False)


# --- The emotion model --------------------------------------------------------------------------------


def model(bench: Bench) -> Iterator[Bar]:
    """Evaluate the shipped emotion model on the test split, with both kinds of ground truth."""
    megabytes = SHIPPED_EMOTION_MODEL.stat().st_size / 1e6
    yield Bar("model: file", f"{megabytes:.2f} MB", f"≤ {MOST_MODEL_MB:g} MB", megabytes <= MOST_MODEL_MB)
    faces = load_faces(bench.require("faces"), "test")
    probabilities = predict(SHIPPED_EMOTION_MODEL, faces)
    for truth in (GroundTruth.CONSENSUS, GroundTruth.LABEL):
        result = score_predictions(probabilities, faces, "test", truth)
        low, high = result.interval
        recalls = ", ".join(f"{name} {one.recall:.3f}" for name, one in result.per_class.items())
        accuracy = f"{result.accuracy:.4f} (95 % {low:.3f} to {high:.3f}, n={result.n}); recall {recalls}"
        error = f"{result.ece:.4f} (n={result.n})"
        if truth is GroundTruth.CONSENSUS:
            accurate = result.accuracy >= LEAST_ACCURACY
            yield Bar("model: accuracy, consensus", accuracy, f"≥ {LEAST_ACCURACY}", accurate)
            yield Bar("model: ECE, consensus", error, f"≤ {MOST_ECE}", result.ece <= MOST_ECE)
        else:
            yield Bar("model: accuracy, label", accuracy, NO_BAR)
            yield Bar("model: ECE, label", error, NO_BAR)


# --- Recordings ---------------------------------------------------------------------------------------


def process(path: Path, rate: float = DEFAULT_RATE) -> Samples:
    return CameraProcessor(rate).process(Camera(path.stem, path), lambda camera, seconds: None)


def seen_shares(samples: Samples) -> list[float]:
    """Return, for each viewer, the share of the recording's seconds in which the viewer was seen."""
    own = [samples.viewer == viewer for viewer in range(len(samples.viewers))]
    readings = [ViewerSamples("", samples.time[o], samples.emotions[o], samples.weight[o]) for o in own]
    timeline = build_timeline(readings, samples.end)
    return [float(share) for share in (timeline.sample_counts > 0).mean(axis=1)]


def describe(samples: Samples) -> str:
    """Describe how many viewers were found and for how long each was seen."""
    shares = seen_shares(samples)
    length = f"{int(samples.end) + 1} s, {samples.frames} frames"
    if not shares:
        return f"no viewer ({length})"
    viewers = "1 viewer" if len(shares) == 1 else f"{len(shares)} viewers, each"
    return f"{viewers} seen in at least {min(shares):.1%} of seconds ({length})"


def seats(bench: Bench) -> Iterator[Bar]:
    """Check that one viewer is found in each seat, and none in the empty seat."""
    for name in SEATS:
        yield from attempt(f"seats: {name}", seat, bench, name)
    samples = process(bench.require("seats/empty-seat.mp4"))
    yield Bar("seats: empty-seat", describe(samples), "no viewer", not samples.viewers)


def seat(bench: Bench, name: str) -> Iterator[Bar]:
    samples = process(bench.require(f"seats/{name}.mp4"))
    ok = len(samples.viewers) == 1 and min(seen_shares(samples)) >= LEAST_SEEN
    yield Bar(f"seats: {name}", describe(samples), f"1 viewer, ≥ {LEAST_SEEN:.0%}", ok)


def groups(bench: Bench) -> Iterator[Bar]:
    """Check that six viewers in one camera keep their identities, and that people in classrooms are found."""
    yield from attempt("groups: six seats", six_seats, bench)
    for name in CLASSROOMS:
        yield from attempt(f"groups: {name}", classroom, bench, name)


def classroom(bench: Bench, name: str) -> Iterator[Bar]:
    """Measure how often each of four people is detected; all four are visible in every frame."""
    clip = bench.require(f"groups/{name}.gif")
    samples = process(clip, rate=EVERY_FRAME)
    sides = (samples.box[:, 2:] - samples.box[:, :2]).max(axis=1)
    own = [samples.viewer == viewer for viewer in range(len(samples.viewers))]
    sizes = [float(np.median(sides[o])) for o in own]
    found = [len(np.unique(samples.time[o])) / samples.frames for o in own]
    near = [share for share, size in zip(found, sizes, strict=True) if size >= LEAST_FACE]
    each = ", ".join(f"{size:.0f} px {share:.1%}" for size, share in zip(sizes, found, strict=True))
    yield Bar(
        f"groups: {name}",
        f"{len(own)} of {IN_CLASSROOM} people; median size of each face (longer side) and share of the "
        f"{samples.frames} frames in which it was found: {each}",
        f"{IN_CLASSROOM} people; faces of ≥ {LEAST_FACE} px in ≥ {LEAST_FOUND:.0%} of frames",
        len(own) == IN_CLASSROOM and min(near, default=1.0) >= LEAST_FOUND,
    )


def six_seats(bench: Bench) -> Iterator[Bar]:
    samples = process(bench.require("groups/six-seats-one-camera.mp4"))
    shares = seen_shares(samples)
    complete = len(shares) == 6 and min(shares) == 1
    yield Bar("groups: six seats", describe(samples), "6 viewers, each seen in every second", complete)
    center = (samples.box[:, :2] + samples.box[:, 2:]) / 2
    size = (samples.box[:, 2:] - samples.box[:, :2]).max(axis=1)
    farthest, regions = 0.0, []
    for viewer in range(len(samples.viewers)):
        own = samples.viewer == viewer
        away = np.linalg.norm(center[own] - np.median(center[own], axis=0), axis=1)
        farthest = max(farthest, float((away / np.median(size[own])).max()))
        regions.append((center[own].min(axis=0), center[own].max(axis=0)))
    shared = sum(
        bool((np.minimum(a[1], b[1]) >= np.maximum(a[0], b[0])).all()) for a, b in combinations(regions, 2)
    )
    yield Bar(
        "groups: identities",
        f"{shared} of {len(regions) * (len(regions) - 1) // 2} pairs ever overlap; "
        f"largest distance from a median position: {farthest:.2f} face sizes (n={len(center)} faces)",
        "0 pairs, ≤ 1 face size",
        len(regions) == 6 and shared == 0 and farthest <= 1,
    )


# --- The script ---------------------------------------------------------------------------------------


def scripts(bench: Bench) -> Iterator[Bar]:
    """Check that shooting scripts can be converted to Fountain and aligned with subtitles."""
    for name in PAIRS:
        yield from attempt(f"scripts: {name}", pair, bench, name)


def pair(bench: Bench, name: str) -> Iterator[Bar]:
    script, subtitles = (bench.require(f"scripts/pairs/{name}{suffix}") for suffix in (".txt", ".srt"))
    start = time.perf_counter()
    screenplay = read_screenplay(script)
    again = parse_fountain(write_fountain(screenplay).split("\n"))
    timed = align_script(screenplay, read_subtitles(subtitles), None)
    seconds = time.perf_counter() - start
    elements = screenplay.elements
    same = [(e.kind, e.text) for e in again] == [(e.kind, e.text) for e in elements]
    spoken = [cue for cue, e in zip(timed.cues, elements, strict=True) if e.kind in SPOKEN_KINDS]
    found = sum(cue.source is TimeSource.SUBTITLES for cue in spoken)
    yield Bar(
        f"scripts: {name}",
        f"{len(again)} elements, {'unchanged' if same else 'CHANGED'} after conversion to Fountain; "
        f"{found} of {len(spoken)} lines found ({found / len(spoken):.1%}); {seconds:.1f} s",
        "converts and aligns",
        same and found > 0,
    )


# --- The whole command --------------------------------------------------------------------------------


def memory(bench: Bench) -> Iterator[Bar]:
    """Check that the peak memory of `screen` does not grow with the length of the film."""
    clip = bench.require("seats/seat-a1.mp4")
    peaks = []
    for seconds in (SHORT_FILM, LONG_FILM):
        film = loop_clip(clip, seconds, bench.work / f"{seconds}.mp4")
        command = run_command("screen", str(film), "--out", str(bench.work / f"{seconds}"))
        peaks.append(command.peak)
        measured = f"{command.peak:.0f} MB peak, {command.seconds:.0f} s"
        yield Bar(f"memory: {seconds // 60} minutes at {DEFAULT_RATE:g} samples per second", measured, NO_BAR)
    ratio = peaks[1] / peaks[0]
    yield Bar(
        "memory: ratio",
        f"{ratio:.3f} (n=1 run each)",
        f"≤ {MOST_MEMORY_RATIO:.2f}",
        ratio <= MOST_MEMORY_RATIO,
    )


def demo(bench: Bench) -> Iterator[Bar]:
    """Measure how long the demo takes and how well it recovers the simulated emotions."""
    command = bench.demo
    yield Bar(
        "demo: run time, without the installation",
        f"{command.seconds:.0f} s, {command.peak:.0f} MB peak",
        f"< {MOST_DEMO_SECONDS:g} s",
        command.seconds < MOST_DEMO_SECONDS,
    )
    recovery = finished_demo(bench).recovery
    for one in recovery.emotions:
        low, high = one.viewer_correlation_iqr
        yield Bar(
            f"demo: {one.emotion}, correlation",
            f"audience {one.audience_correlation:.2f}, viewers {one.viewer_correlation:.2f} "
            f"(middle half {low:.2f} to {high:.2f}, n={one.viewers})",
            NO_BAR,
        )
    found, undetected = len(recovery.detected), len(recovery.missed)
    moments = (
        f"{found} of {found + undetected} found, {undetected} missed, {len(recovery.false_positives)} false"
    )
    yield Bar("demo: moments", moments, NO_BAR)


def finished_demo(bench: Bench) -> DemoResult:
    """Return the demo's results as objects, from its stored samples; no video is processed again."""
    return run_demo(
        bench.work / "demo" / "audience", bench.work / "demo" / "study", lambda camera, seconds: None
    )


def report(bench: Bench) -> Iterator[Bar]:
    """Check that a browser shows the demo's report without errors or network requests."""
    if CHROMIUM is None:
        raise NotMeasuredError("chromium is not installed")
    from playwright.sync_api import sync_playwright

    assert bench.demo
    page_file = bench.work / "demo" / "study" / "report.html"
    errors: list[str] = []
    requests: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(page_file.as_uri())
        page.wait_for_selector("#plot canvas")
        moments = page.locator("button.choose")
        lines = []
        for k in range(moments.count()):
            moments.nth(k).click()
            lines.append(page.locator(".line.in-moment").count())
        browser.close()
    requests = [url for url in requests if url != page_file.as_uri() and not url.startswith("data:")]
    problems = "; ".join([*errors, *requests])
    yield Bar(
        "report: in a browser",
        f"{len(errors)} errors, {len(requests)} requests, {len(lines)} moments clicked, each showing "
        f"at least {min(lines, default=0)} lines ({page_file.stat().st_size / 1e3:.0f} kB)"
        + (f": {problems}" if problems else ""),
        "0 errors, 0 requests",
        not errors and not requests,
    )


def install(bench: Bench) -> Iterator[Bar]:
    """Check that neither this environment nor a core install contains torch."""
    importable = find_spec("torch") is not None
    packages = runtime_packages()
    size = sum(path_size(Path(str(f.locate()))) for d in packages.values() for f in d.files or ())
    environment = sum(path_size(path) for path in Path(sys.prefix).rglob("*"))
    yield Bar(
        "install: no torch",
        f"torch {'IS' if importable else 'is not'} importable; a core install has {len(packages)} "
        f"packages ({size / 1e6:.0f} MB); this environment with its tools takes {environment / 1e6:.0f} MB",
        "no torch",
        not importable and "torch" not in packages,
    )


def runtime_packages() -> dict[str, metadata.Distribution]:
    """Return all distributions that `pip install moviemotion` installs, including its own, by name."""
    packages: dict[str, metadata.Distribution] = {}
    queue = ["moviemotion"]
    while queue:
        name = canonicalize_name(queue.pop())
        if name not in packages:
            packages[name] = metadata.distribution(name)
            wanted = [Requirement(line) for line in packages[name].requires or ()]
            queue += [r.name for r in wanted if r.marker is None or r.marker.evaluate({"extra": ""})]
    return packages


def path_size(path: Path) -> int:
    return path.stat().st_size if path.is_file() and not path.is_symlink() else 0


# --- Speed --------------------------------------------------------------------------------------------


def throughput(bench: Bench) -> Iterator[Bar]:
    """Measure how many viewers one core can process, and compare that with other packages."""
    clips = [bench.require(f"seats/{name}.mp4") for name in SEATS]
    for lines in (own_lines(clips, bench.work), rival_lines(clips, bench.rivals_python)):
        yield from (Bar(*line) for line in lines)


BARS: dict[str, Callable[[Bench], Iterator[Bar]]] = {
    "model": model,
    "seats": seats,
    "groups": groups,
    "scripts": scripts,
    "memory": memory,
    "demo": demo,
    "report": report,
    "install": install,
    "throughput": throughput,
}


def write_section(page: Path, table: str) -> None:
    """Replace the text between the page's two markers with the version, the date and the table."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    when = f"Measured with version {__version__} on {date.today()}, {os.cpu_count()} cores."
    page.write_text(f"{before}{BEGIN}\n{when}\n\n{table}\n{END}{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with faces, seats, groups and scripts"
    )
    parser.add_argument(
        "--rivals-python", type=Path, help="Python interpreter in which fer or deepface is installed"
    )
    parser.add_argument(
        "--only", nargs="+", choices=BARS, default=list(BARS), metavar="NAME", help=", ".join(BARS)
    )
    parser.add_argument(
        "--page", type=Path, help="Markdown page in which the section with this table is replaced"
    )
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores; load before the start: {os.getloadavg()[0]:.1f}\n", flush=True)
    bars = []
    with TemporaryDirectory() as work:
        bench = Bench(options.data, Path(work), options.rivals_python)
        for name in options.only:
            for bar in attempt(name, BARS[name], bench):
                bars.append(bar)
                print(f"{bar.verdict:<6}{bar.name}: {bar.measured}   [{bar.bar}]", flush=True)
    rows = [f"| {bar.name} | {bar.measured} | {bar.bar} | {bar.verdict} |" for bar in bars]
    table = "\n".join(["| Measurement | Result | Target | |", "| --- | --- | --- | --- |", *rows])
    print(f"\n{table}")
    if options.page:
        write_section(options.page, table)
    missed = sum(bar.ok is False for bar in bars)
    unmeasured = sum(bar.measured.startswith("not measured") for bar in bars)
    print(f"\n{sum(bar.ok is True for bar in bars)} pass, {missed} missed, {unmeasured} not measured")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
