"""Face detectors and emotion models of others: registered, installed or exported, they screen a video."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawn_people import scene
from numpy.typing import NDArray
from PIL import Image as PillowImage

from moviemotion.audience.faces import face_registry
from moviemotion.audience.faces.detect import CenterFaceDetector, FaceBox, FaceFraming
from moviemotion.audience.faces.emotion_model import OnnxEmotionModel
from moviemotion.audience.faces.face_readings import detect_faces, predict_emotions
from moviemotion.audience.faces.face_registry import (
    EmotionModel,
    FaceDetector,
    detector_names,
    emotion_model_names,
    load_detector,
    load_emotion_model,
    register_detector,
    register_emotion_model,
)
from moviemotion.audience.live.film_clock import FilmClock
from moviemotion.audience.live.live_capture import LiveCapture
from moviemotion.audience.live.sources import FileSource
from moviemotion.audience.samples import Samples
from moviemotion.cli.entry import main
from moviemotion.emotions import EMOTIONS, PROPOSAL_EMOTIONS, Emotion
from moviemotion.errors import MoviemotionError
from moviemotion.workflows.screen import screen

Image = NDArray[np.uint8]
FRAME_SHAPE = (240, 320, 3)
FIXED_BOX = FaceBox(
    110.0, 60.0, 210.0, 170.0, 0.9,
    np.array([[140, 100], [180, 100], [160, 125], [145, 145], [175, 145]], np.float32),
)  # fmt: skip


class FixedBoxDetector:
    """Reports the same face in every complete frame; looks at no pixel."""

    name, fingerprint = "fixed-box", "1"

    def detect(self, images: Sequence[Image], long_side: int) -> list[list[FaceBox]]:
        return [[FIXED_BOX] if image.shape == FRAME_SHAPE else [] for image in images]


class AlwaysSadModel:
    """Wants 32×32 color images, remembers their shapes, and answers "sad"."""

    name, fingerprint = "always-sad", "1"
    framing = FaceFraming(side=32, scale=1.5, color=True)

    def __init__(self) -> None:
        self.shapes: set[tuple[int, ...]] = set()

    def predict(self, images: Sequence[Image]) -> NDArray[np.float32]:
        self.shapes |= {image.shape for image in images}
        answer = np.zeros((len(images), len(EMOTIONS)), np.float32)
        answer[:, EMOTIONS.index(Emotion.SAD)] = 1
        return answer


@pytest.fixture(autouse=True)
def _restored_registries(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is gone afterwards."""
    for one in (face_registry._DETECTORS, face_registry._MODELS):
        monkeypatch.setattr(one, "_factories", dict(one._factories))


def samples_of(study: Path) -> Samples:
    (path,) = (study / "samples").glob("*.parquet")
    return Samples.read(path)


def test_the_built_in_networks_satisfy_the_protocols() -> None:
    assert isinstance(load_detector(), CenterFaceDetector)
    assert isinstance(load_emotion_model(), OnnxEmotionModel)
    for one, protocol in ((load_detector(), FaceDetector), (load_emotion_model(), EmotionModel)):
        assert isinstance(one, protocol)
        assert len(one.fingerprint) == 16
    assert detector_names() == ("centerface",)
    assert emotion_model_names() == ("shipped",)


def test_a_registered_detector_and_model_screen_a_video(seats: list[Path], tmp_path: Path) -> None:
    made: list[AlwaysSadModel] = []

    def factory() -> AlwaysSadModel:
        made.append(AlwaysSadModel())
        return made[-1]

    register_detector("fixed-box", FixedBoxDetector)
    register_emotion_model("sad", factory)
    screen(seats[:1], tmp_path / "study", rate=2.0, model="sad", detector="fixed-box")
    samples = samples_of(tmp_path / "study")
    assert samples.frames == len(samples.time) == 16
    assert samples.emotions[:, EMOTIONS.index(Emotion.SAD)] == pytest.approx(1)
    assert samples.box == pytest.approx(np.tile([110, 60, 210, 170], (16, 1)))
    assert [model.shapes for model in made] == [{(32, 32, 3)}]
    record = json.loads((tmp_path / "study" / "study.json").read_text(encoding="utf-8"))
    assert record["emotion_model"] == {"name": "always-sad", "fingerprint": "1"}
    assert record["face_detector"] == {"name": "fixed-box", "fingerprint": "1"}


def test_another_model_or_detector_is_another_study_a_newer_version_of_it_a_warning(
    seats: list[Path], tmp_path: Path
) -> None:
    def again(**networks: object) -> str:
        result = screen(seats[:1], tmp_path / "study", rate=1.0, **networks)
        return " ".join(map(str, result.analysis.data_quality.problems))

    again(model=AlwaysSadModel(), detector=FixedBoxDetector())
    again(model=AlwaysSadModel(), detector=FixedBoxDetector())
    newer = AlwaysSadModel()
    newer.fingerprint = "2"
    assert "different versions" not in again(
        model=newer, detector=FixedBoxDetector()
    )  # nothing left to measure
    with pytest.raises(MoviemotionError, match="made with detector fixed-box, not centerface;"):
        again(model=AlwaysSadModel())
    with pytest.raises(MoviemotionError, match="made with model always-sad, not shipped;"):
        again(detector=FixedBoxDetector())


PLUGIN = """
from test_face_registry import AlwaysSadModel, FixedBoxDetector

def broken():
    raise RuntimeError("no weights")
"""
ENTRY_POINTS = """[moviemotion.emotion_models]
installed-sad = test_plugin:AlwaysSadModel
broken = test_plugin:broken
absent = test_plugin:nothing_of_this_name

[moviemotion.face_detectors]
installed-box = test_plugin:FixedBoxDetector
"""


@pytest.fixture
def _plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed distribution with entry points, as pip would write it."""
    site = tmp_path / "site"
    info = site / "test_plugin-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "test_plugin.py").write_text(PLUGIN, encoding="utf-8")
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: test-plugin\nVersion: 1.0\n", encoding="utf-8"
    )
    (info / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(sys.modules, "test_plugin", raising=False)


@pytest.mark.usefixtures("_plugin")
def test_an_installed_detector_and_model_screen_a_video(seats: list[Path], tmp_path: Path) -> None:
    assert emotion_model_names() == ("shipped", "absent", "broken", "installed-sad")
    assert detector_names() == ("centerface", "installed-box")
    screen(seats[:1], tmp_path / "study", rate=1.0, model="installed-sad", detector="installed-box")
    samples = samples_of(tmp_path / "study")
    assert samples.emotions[:, EMOTIONS.index(Emotion.SAD)] == pytest.approx(1)
    assert len(samples.time) == 8


@pytest.mark.usefixtures("_plugin")
@pytest.mark.parametrize("name", ["broken", "absent"])
def test_an_installed_model_that_cannot_be_loaded_is_named(name: str) -> None:
    with pytest.raises(MoviemotionError, match=f"^{name}: this emotion model cannot be loaded .*; fix or"):
        load_emotion_model(name)


def test_a_live_capture_uses_them_too(seats: list[Path], tmp_path: Path) -> None:
    clock, model = FilmClock(speed=4), AlwaysSadModel()
    capture = LiveCapture(
        {"seat": FileSource(seats[0], clock)}, tmp_path / "live", clock, 1.0, 10.0,
        model=model, detector=FixedBoxDetector(),
    )  # fmt: skip
    assert capture.wait(60)
    capture.stop()
    assert capture.health()[0].faces == 1
    assert model.shapes == {(32, 32, 3)}


def run_command(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Run a command of the command line in this process; returns its exit code."""
    monkeypatch.setattr(sys, "argv", ["moviemotion", *map(str, arguments)])
    with pytest.raises(SystemExit) as exited:
        main()
    return int(exited.value.code or 0)


def test_the_command_line_selects_them_by_name(
    seats: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_detector("fixed-box", FixedBoxDetector)
    register_emotion_model("sad", AlwaysSadModel)
    options = ("--rate", 1, "--model", "sad", "--detector", "fixed-box")
    assert run_command(monkeypatch, "screen", seats[0], "--out", tmp_path / "study", *options) == 0
    assert samples_of(tmp_path / "study").emotions[:, EMOTIONS.index(Emotion.SAD)] == pytest.approx(1)


@pytest.mark.parametrize("option", ["--model", "--detector"])
def test_the_command_line_refuses_an_unknown_name_in_one_line(
    option: str,
    seats: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command(monkeypatch, "screen", seats[0], "--out", tmp_path / "study", option, "nope") == 2
    assert capsys.readouterr().err.startswith("error: nope: unknown ")
    (tmp_path / "seats.toml").write_text('[[camera]]\nname = "a"\nsource = "a.mp4"\n', encoding="utf-8")
    config = ("--config", tmp_path / "seats.toml", "--out", tmp_path / "live", option, "nope")
    assert run_command(monkeypatch, "capture", *config) == 2
    assert capsys.readouterr().err.startswith("error: nope: unknown ")
    assert not (tmp_path / "study").exists()
    assert not (tmp_path / "live").exists()


# ONNX files


def write_model(
    path: Path,
    outputs: int = 8,
    side: int = 48,
    input_name: str = "faces",
    output_name: str = "probabilities",
    metadata: dict[str, str] | None = None,
) -> Path:
    """A network that answers with the last of its `outputs` emotions for bright faces, else the first."""
    onnx = pytest.importorskip("onnx", reason="needs the lab extra (onnx)")
    helper, tensor = onnx.helper, onnx.TensorProto.FLOAT
    weights = np.zeros((side * side, outputs), np.float32)
    weights[:, -1] = 1 / side**2
    bias = np.zeros(outputs, np.float32)
    bias[0] = 100
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", [input_name], ["flat"]),
            helper.make_node("Gemm", ["flat", "weights", "bias"], ["logits"]),
            helper.make_node("Softmax", ["logits"], [output_name]),
        ],
        "brightness",
        [helper.make_tensor_value_info(input_name, tensor, ["n", 1, side, side])],
        [helper.make_tensor_value_info(output_name, tensor, ["n", outputs])],
        [onnx.numpy_helper.from_array(weights, "weights"), onnx.numpy_helper.from_array(bias, "bias")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    names = EMOTIONS if outputs == len(EMOTIONS) else PROPOSAL_EMOTIONS
    helper.set_model_props(model, {"emotions": ",".join(names)} if metadata is None else metadata)
    onnx.save(model, str(path))
    return path


@pytest.mark.parametrize(("outputs", "first", "last"), [
    (8, Emotion.NEUTRAL, Emotion.CONTEMPT),
    (4, Emotion.HAPPY, Emotion.SURPRISE),
])  # fmt: skip
def test_an_onnx_file_screens_a_video(
    outputs: int, first: Emotion, last: Emotion, seats: list[Path], tmp_path: Path
) -> None:
    path = write_model(tmp_path / "mine.onnx", outputs)
    dark, bright = (np.full((48, 48), level, np.uint8) for level in (10, 250))
    predicted = OnnxEmotionModel(path).predict([dark, bright])
    assert predicted.shape == (2, 8)
    assert [EMOTIONS[k] for k in predicted.argmax(axis=1)] == [first, last]
    screen(seats[:1], tmp_path / "study", rate=1.0, model=str(path), detector=FixedBoxDetector())
    emotions = samples_of(tmp_path / "study").emotions
    unnamed = [k for k, e in enumerate(EMOTIONS) if outputs == 4 and e not in PROPOSAL_EMOTIONS]
    assert emotions.sum(axis=1) == pytest.approx(1)
    assert (emotions[:, unnamed] == 0).all()
    record = json.loads((tmp_path / "study" / "study.json").read_text(encoding="utf-8"))
    assert record["emotion_model"]["name"] == "mine.onnx"
    assert record["emotion_model"]["fingerprint"] == OnnxEmotionModel(path).fingerprint


def test_the_fingerprint_follows_the_metadata(tmp_path: Path) -> None:
    names = ",".join(EMOTIONS)
    one = write_model(tmp_path / "one.onnx")
    other = write_model(tmp_path / "other.onnx", metadata={"emotions": names, "vote_exponent": "0.5"})
    assert OnnxEmotionModel(one).fingerprint != OnnxEmotionModel(other).fingerprint


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"side": 64}, r"expects faces \['n', 1, 64, 64\] instead of faces \(n, 1, 48, 48\) float32"),
        ({"input_name": "x"}, "expects x .* instead of faces"),
        ({"output_name": "y"}, "returns y instead of probabilities"),
        ({"metadata": {}}, "the metadata does not name the output emotions"),
        ({"metadata": {"emotions": "happy,glad"}}, "which are neither the eight"),
        ({"outputs": 7, "metadata": {"emotions": ",".join(EMOTIONS)}}, "but the metadata names 8 emotions"),
        (
            {"metadata": {"emotions": ",".join(EMOTIONS), "vote_exponent": "-1"}},
            "vote_exponent '-1' is not a positive number",
        ),
    ],
)  # fmt: skip
def test_a_model_that_does_not_fit_is_refused_in_one_line(
    options: dict[str, object], problem: str, tmp_path: Path
) -> None:
    path = write_model(tmp_path / "odd.onnx", **options)  # type: ignore[arg-type]
    with pytest.raises(MoviemotionError, match=problem) as refused:
        load_emotion_model(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert "; give a file written by `moviemotion lab export`" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_no_model_or_absent_is_refused(tmp_path: Path) -> None:
    (bad := tmp_path / "bad.onnx").write_bytes(b"no network")
    with pytest.raises(MoviemotionError, match=r"bad\.onnx: not a readable ONNX model; give a file"):
        load_emotion_model(str(bad))
    with pytest.raises(MoviemotionError, match=r"gone\.onnx: the model file is missing; give a file"):
        load_emotion_model(str(tmp_path / "gone.onnx"))


# Names and objects that cannot be used


def test_an_unknown_name_lists_the_known_ones() -> None:
    register_detector("fixed-box", FixedBoxDetector)
    with pytest.raises(
        MoviemotionError, match=r"nope: unknown face detector; use one of centerface, fixed-box$"
    ):
        load_detector("nope")
    with pytest.raises(MoviemotionError, match=r"nope: unknown emotion model; use one of shipped$"):
        load_emotion_model("nope")


@pytest.mark.parametrize("name", ["shipped", "", "mine.onnx"])
def test_a_name_that_is_taken_or_reads_as_a_file_is_refused(name: str) -> None:
    with pytest.raises(MoviemotionError, match="choose"):
        register_emotion_model(name, AlwaysSadModel)


def test_an_object_without_the_protocol_is_refused() -> None:
    with pytest.raises(MoviemotionError, match="object: cannot be used as the face detector; give an object"):
        load_detector(object())  # type: ignore[arg-type]
    register_emotion_model("thing", object)  # type: ignore[arg-type]
    with pytest.raises(MoviemotionError, match="thing: cannot be used as the emotion model; give"):
        load_emotion_model("thing")


@pytest.mark.parametrize(("answer", "problem"), [
    (np.full((1, 4), 0.25), r"shape \(1, 4\); make it return an array of shape \(1, 8\)"),
    (np.full((1, 8), np.nan), "rows that are not probabilities"),
    (np.full((1, 8), 0.3), "rows that are not probabilities"),
    (np.full((1, 8), 1e300), "rows that are not probabilities"),
    (np.full((1, 8), 0.125 + 0j), "values of type complex128"),
    (np.full((1, 8), "0.125"), "values of type <U5"),
    ([[0.5], [0.25, 0.25]], r"failed \(ValueError"),
    (None, "values of type object"),
    (np.ma.masked_array(np.full((1, 8), 0.125), np.eye(1, 8, dtype=bool)), "masked values"),
])  # fmt: skip
def test_a_model_that_answers_wrongly_is_named(answer: NDArray[np.float64], problem: str) -> None:
    model = AlwaysSadModel()
    model.predict = lambda images: answer  # type: ignore[method-assign, assignment, return-value]
    with pytest.raises(MoviemotionError, match=f"always-sad: this emotion model.*{problem}"):
        predict_emotions([np.zeros((48, 48), np.uint8)], model)


def test_a_detector_that_answers_wrongly_is_named() -> None:
    detector = FixedBoxDetector()
    detector.detect = lambda images, long_side: []  # type: ignore[method-assign]
    with pytest.raises(MoviemotionError, match="fixed-box: this face detector returned 0 lists for 1 images"):
        detect_faces(np.zeros(FRAME_SHAPE, np.uint8), detector)


def fail(*_: object) -> None:
    raise ZeroDivisionError("division\nby zero")


def box(**changes: object) -> FaceBox:
    return replace(FIXED_BOX, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(("answer", "problem"), [
    (None, "NoneType instead of a list"),
    ("a", "str instead of a list"),
    ((FIXED_BOX for _ in range(1)), "generator instead of a list"),
    ([None], "NoneType instead of a list of faces"),
    ([[(1, 2, 3, 4)]], "tuple instead of a FaceBox"),
    ([[box(left=float("nan"))]], "not finite numbers"),
    ([[box(left="1")]], "not finite numbers"),
    ([[box(right=100.0)]], "which has no area"),
    ([[box(left=1000.0, right=1100.0)]], "outside the image"),
    ([[box(right=1e9)]], "too large"),
    ([[box(score=1.5)]], "score of 1.5"),
    ([[box(landmarks=None)]], "landmarks that are not a"),
    ([[box(landmarks=np.zeros((2, 5)))]], "landmarks that are not a"),
    ([[box(landmarks=np.full((5, 2), np.nan))]], "landmarks that are not finite"),
    ([[FIXED_BOX, box(score=0.5)]], "the same face box twice"),
    ([[box(left=k / 100) for k in range(2000)]], "2000 faces"),
])  # fmt: skip
def test_faces_that_make_no_sense_are_refused(answer: object, problem: str) -> None:
    detector = FixedBoxDetector()
    detector.detect = lambda images, long_side: answer  # type: ignore[method-assign, assignment, return-value]
    with pytest.raises(
        MoviemotionError, match=f"^fixed-box: this face detector returned .*{problem}.*; fix it$"
    ):
        detect_faces(np.zeros(FRAME_SHAPE, np.uint8), detector)


def test_a_face_partly_outside_the_image_is_accepted() -> None:
    detector = FixedBoxDetector()
    detector.detect = lambda images, long_side: [[box(left=-20.0)]]  # type: ignore[method-assign]
    assert len(detect_faces(np.zeros(FRAME_SHAPE, np.uint8), detector)) == 1


def test_code_of_others_that_fails_is_named(seats: list[Path], tmp_path: Path) -> None:
    model, detector = AlwaysSadModel(), FixedBoxDetector()
    model.predict = detector.detect = fail  # type: ignore[method-assign, assignment]
    failed = r"failed \(ZeroDivisionError: division by zero\); fix or replace it$"
    with pytest.raises(MoviemotionError, match=f"^always-sad: this emotion model {failed}"):
        predict_emotions([np.zeros((48, 48), np.uint8)], model)
    with pytest.raises(MoviemotionError, match=f"^fixed-box: this face detector {failed}"):
        detect_faces(np.zeros(FRAME_SHAPE, np.uint8), detector)
    with pytest.raises(MoviemotionError, match=f"^always-sad: this emotion model {failed}"):
        screen(seats[:2], tmp_path / "study", rate=1.0, model=model, detector=FixedBoxDetector())
    assert not (tmp_path / "study" / "report.html").exists()


@pytest.mark.parametrize(("changes", "problem"), [
    ({"name": ""}, "its name is ''"),
    ({"fingerprint": 5}, "its fingerprint is 5"),
    ({"framing": None}, "its framing is NoneType"),
    ({"framing": FaceFraming(side=4)}, "its framing.side is 4"),
    ({"framing": FaceFraming(side=48.0)}, "its framing.side is 48.0"),  # type: ignore[arg-type]
    ({"framing": FaceFraming(scale=float("nan"))}, "its framing.scale is nan"),
    ({"framing": FaceFraming(scale=9)}, "its framing.scale is 9"),
    ({"predict": None}, "give an object with name"),
    ({"predict": 5}, "its predict cannot be called"),
])  # fmt: skip
def test_a_model_with_odd_attributes_is_refused(changes: dict[str, object], problem: str) -> None:
    model = AlwaysSadModel()
    for name, value in changes.items():
        setattr(model, name, value)
    with pytest.raises(MoviemotionError, match=f"model: AlwaysSadModel: cannot be used.*{problem}"):
        load_emotion_model(model)


@pytest.mark.parametrize(("act", "message"), [
    (lambda: register_detector(5, FixedBoxDetector), "name: expected text, got int"),
    (lambda: register_emotion_model("sad", AlwaysSadModel()), "factory: AlwaysSadModel cannot be called"),
    (lambda: load_detector(None), "^detector: NoneType: .*one of these names: centerface"),
    (lambda: load_detector(FixedBoxDetector), "FixedBoxDetector is a class"),
    (lambda: load_detector(""), "'': unknown face detector; use one of"),
    (lambda: load_emotion_model(""), "'': unknown emotion model; use one of"),
    (lambda: load_emotion_model("/"), "/: this is a folder, not an emotion model"),
    (lambda: load_emotion_model(Path("/")), "/: this is a folder, not an emotion model"),
    (lambda: load_emotion_model("a\0b.onnx"), "unknown emotion model"),
    (lambda: load_emotion_model("a" * 5000), "unknown emotion model"),
    (lambda: load_emotion_model(None), "^model: NoneType: .*one of these names: shipped"),
])  # fmt: skip
def test_choices_that_cannot_be_used_are_refused_in_one_line(act: Callable[[], object], message: str) -> None:
    with pytest.raises(MoviemotionError, match=message) as refused:
        act()
    assert "\n" not in str(refused.value)


# Single images


def test_face_images_of_any_size_in_gray_or_color_are_predicted() -> None:
    rng = np.random.default_rng(1)
    gray = rng.integers(0, 256, (48, 48), np.uint8)
    color = np.repeat(gray[..., None], 3, axis=2)
    doubled = np.kron(gray, np.ones((2, 2), np.uint8))
    tall = rng.integers(0, 256, (90, 61, 3), np.uint8)
    tiny = rng.integers(0, 256, (1, 7), np.uint8)
    predicted = predict_emotions([gray, color, doubled, tall, tiny])
    assert predicted.shape == (5, 8)
    assert predicted.sum(axis=1) == pytest.approx(1, abs=1e-5)
    direct = load_emotion_model().predict([gray])[0]
    assert predicted[:3] == pytest.approx(np.tile(direct, (3, 1)), abs=1e-4)
    assert predict_emotions([]).shape == (0, 8)


def test_all_faces_of_one_image_are_detected() -> None:
    picture = scene(640, 240, (0, 44.0, 150, 110), (1, 44.0, 480, 110))
    centers = sorted(face.center[0] for face in detect_faces(picture))
    assert centers == pytest.approx([150, 480], abs=15)
    assert len(detect_faces(picture[..., 1])) == 2


def test_an_image_that_is_not_uint8_is_refused() -> None:
    with pytest.raises(MoviemotionError, match=r"image 1: unsupported float64 array of shape \(48, 48\);"):
        predict_emotions([np.zeros((48, 48), np.uint8), np.zeros((48, 48))])  # type: ignore[list-item]
    with pytest.raises(MoviemotionError, match=r"image: unsupported uint8 array of shape \(48, 48, 4\);"):
        detect_faces(np.zeros((48, 48, 4), np.uint8))


@pytest.mark.parametrize("images", [
    None, 5, "face.png", np.zeros((48, 48), np.uint8), [None], [[[1, 2], [3]]],
    list(np.zeros((48, 3, 3), np.uint8)), PillowImage.new("RGB", (48, 48)),
    [PillowImage.new("P", (48, 48))], [PillowImage.new("HSV", (48, 48))],
])  # fmt: skip
def test_what_is_no_list_of_images_is_refused(images: object) -> None:
    with pytest.raises(MoviemotionError, match=r"^image.*; ") as refused:
        predict_emotions(images)  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "image", [None, 5, [[1, 2], [3]], PillowImage.new("P", (48, 48)), np.zeros((48, 3), np.uint8)]
)
def test_what_is_no_image_is_refused(image: object) -> None:
    with pytest.raises(MoviemotionError, match=r"^image: .*; "):
        detect_faces(image)  # type: ignore[arg-type]
