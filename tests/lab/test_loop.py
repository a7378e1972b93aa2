"""Training: resumed runs give the same weights, and exported models the same predictions."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from faces_folder import write_faces

torch = pytest.importorskip("torch", reason="needs the lab extra (torch)")
pytest.importorskip("onnx", reason="needs the lab extra (onnx)")
pytest.importorskip("mlflow", reason="needs the lab extra (mlflow-skinny)")

from mlflow.tracking import MlflowClient  # noqa: E402

from moviemotion.cli.entry import main  # noqa: E402
from moviemotion.emotions import EMOTIONS, Emotion  # noqa: E402
from moviemotion.errors import MoviemotionError  # noqa: E402
from moviemotion.lab.data import dataset  # noqa: E402
from moviemotion.lab.evaluation.evaluate import GroundTruth, evaluate, predict  # noqa: E402
from moviemotion.lab.evaluation.model_card import write_model_card  # noqa: E402
from moviemotion.lab.training import networks  # noqa: E402
from moviemotion.lab.training.config import DEFAULT_CONFIGS, TrainingConfig, make_config  # noqa: E402
from moviemotion.lab.training.face_selection import HELD_OUT_SPLIT, load_train_and_test, select_faces  # noqa: E402
from moviemotion.lab.training.loop import Examples, fit, predict_logits, prepare_training  # noqa: E402
from moviemotion.lab.training.onnx_export import NEUTRAL_OFFSET, export_run  # noqa: E402
from moviemotion.lab.training.runs import load_run  # noqa: E402
from moviemotion.lab.training.runs import train_emotion_model as train_faces  # noqa: E402

CONFIG = TrainingConfig(epochs=3, batch=16, learning_rate=0.02, ema_decay=0.9, validation=0.2, mixup=0.2)
NARROW = {"filters": (8, 8, 8, 8, 8), "dense": (8, 8)}


def quiet(_):
    pass


def train(data, out, config, **options):
    return train_faces(*load_train_and_test(data), out, config, **options)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faces")
    write_faces(folder, train=16)
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")  # one folder, so that one tracking store serves all tests


@pytest.fixture(scope="module")
def run(data, runs):
    train(data, runs / "complete", CONFIG, print_line=quiet)
    return runs / "complete"


def test_a_killed_run_resumes_to_the_same_weights(data, run, runs):
    out = runs / "killed"
    code = f"""
from dataclasses import replace
from pathlib import Path
from test_loop import CONFIG, train
import time
slow = lambda done, total: time.sleep(0.3)
train(Path({str(data)!r}), Path({str(out)!r}), CONFIG, print_line=print, on_batch_end=slow)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (out / "checkpoint.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.4)  # into the next epoch
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (out / "run.json").exists()
    resumed = []
    train(data, out, CONFIG, print_line=resumed.append)
    assert not any(line.startswith("epoch 1/") for line in resumed)
    one, other = (torch.load(f / "weights.pt", weights_only=True) for f in (out, run))
    assert all(torch.equal(one[name], other[name]) for name in other)


def test_another_configuration_does_not_overwrite_a_run(data, run):
    with pytest.raises(MoviemotionError, match="a different configuration"):
        train(data, run, replace(CONFIG, epochs=9), print_line=quiet)
    with pytest.raises(MoviemotionError, match="compact"):
        train(data, run, TrainingConfig(network="huge"), print_line=quiet)


def test_every_epoch_is_in_the_tracking_store(run):
    run_id = (run / "mlflow-run.txt").read_text().strip()
    client = MlflowClient(tracking_uri=f"sqlite:///{run.parent / 'mlflow.db'}")
    assert [m.step for m in client.get_metric_history(run_id, "held_out_loss")] == [1, 2, 3]
    assert client.get_run(run_id).data.params["network"] == "compact"
    assert client.get_run(run_id).info.status == "FINISHED"


def test_an_exported_model_predicts_like_the_network_and_has_a_card(data, run, tmp_path):
    export_run(run, tmp_path / "model.onnx")
    faces = dataset.load_faces(data, "test")
    network, record = load_run(run)
    shifted = predict_logits(network, faces.images) / record.temperature
    shifted[:, EMOTIONS.index(Emotion.NEUTRAL)] += NEUTRAL_OFFSET
    direct = torch.softmax(shifted, dim=1).numpy()
    assert np.abs(predict(tmp_path / "model.onnx", faces) - direct).max() < 0.02
    held_out = select_faces(*load_train_and_test(data), CONFIG).held_out
    assert len(held_out) == record.validation_faces
    result = evaluate(data, HELD_OUT_SPLIT, GroundTruth.CONSENSUS, tmp_path / "model.onnx")
    assert result.n == (dataset.consensus_truth(held_out) >= 0).sum()
    card = write_model_card(tmp_path / "model.onnx", data).read_text()
    assert "n=32" in card
    assert "--seed 36" in card


@pytest.mark.filterwarnings("error:Constant folding")
def test_the_proposals_network_stops_early_and_exports_eight_columns(data, runs, tmp_path):
    config = replace(
        DEFAULT_CONFIGS["deck36"],
        options=NARROW,
        epochs=40,
        patience=2,
        batch=16,
        learning_rate=3e-3,
        validation=0.25,
    )
    run = train(data, runs / "proposal", config, print_line=quiet)
    assert 3 <= len(run.history) < 40
    assert run.history[-1].loss < run.history[0].loss
    export_run(runs / "proposal", tmp_path / "proposal.onnx")
    probabilities = predict(tmp_path / "proposal.onnx", dataset.load_faces(data, "test"))
    assert probabilities.shape == (32, 8)
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-3)


def test_teachers_change_the_targets(data, run, runs):
    student = train(
        data, runs / "student", replace(CONFIG, teacher_share=1.0), teachers=[run], print_line=quiet
    )
    assert student.teachers == ("complete",)
    without_teacher = load_run(run)[1].history[0].loss
    assert student.history[0].loss != without_teacher
    with pytest.raises(MoviemotionError, match="this teacher was trained on a different set of emotions"):
        train(data, runs / "wrong", CONFIG, teachers=[runs / "proposal"], print_line=quiet)


def test_the_learning_rate_falls_on_a_plateau():
    rng = np.random.default_rng(5)
    images = rng.integers(0, 256, (64, 48, 48), dtype=np.uint8)
    truth = rng.integers(0, 4, 64)
    noise = Examples(images, np.eye(4, dtype=np.float32)[truth], truth)
    config = replace(
        DEFAULT_CONFIGS["deck36"],
        options=NARROW,
        epochs=14,
        patience=0,
        batch=16,
        learning_rate=1e-2,
        min_delta=5.0,
    )
    _, history = fit(config, noise, noise)
    # The rate falls after the first epoch and three more in which the loss falls by less than 5 nats, then
    # again after three more.
    assert history[3].learning_rate == pytest.approx(1e-2)
    assert history[4].learning_rate == pytest.approx(2e-3)
    assert history[7].learning_rate == pytest.approx(4e-4)


def test_deck36_is_as_published():
    network = networks.build_network("deck36", 4, {})
    table = networks.summarize_layers(network)
    shapes = [shape for layer, shape, _ in table if layer == "MaxPool2d"]
    assert shapes == ["128×24×24", "256×12×12", "1024×6×6", "1024×3×3", "256×1×1"]
    kernels = [layer.kernel_size for layer in network.modules() if isinstance(layer, torch.nn.Conv2d)]
    assert kernels == [(3, 3), (3, 3), (2, 2), (2, 2), (2, 2)]
    order = [type(layer).__name__ for layer in network.blocks[0]]
    assert order == ["ZeroPad2d", "Conv2d", "ReLU", "BatchNorm2d", "MaxPool2d"]
    assert [shape for layer, shape, _ in table if layer == "Linear"] == ["256", "512", "1024", "4"]
    assert sum(count for _, _, count in table) == 7_327_748


def test_missing_initial_weights_are_reported(data, tmp_path):
    for network in ("vgg16_block3", "face_resnet"):
        config = replace(DEFAULT_CONFIGS[network], initial_weights=str(tmp_path / "nothing"), epochs=1)
        with pytest.raises(MoviemotionError, match="nothing"):
            train(data, tmp_path / "run", config, print_line=quiet)
    assert not list(tmp_path.iterdir())  # neither a folder nor a tracking store


def test_an_unwritable_output_is_reported_before_the_faces_are_read(tmp_path, monkeypatch, capsys):
    (out := tmp_path / "taken").write_text("a file", encoding="utf-8")
    arguments = ["lab", "train", "--data", str(tmp_path / "nowhere"), "--out", str(out / "run")]
    monkeypatch.setattr("sys.argv", ["moviemotion", *arguments])
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().err.startswith(f"error: {out / 'run'}: not a writable folder")


def test_a_run_can_start_from_the_weights_of_another_with_overrides(data, run, runs):
    config = make_config(
        "compact", epochs=1, initial_weights=run / "weights.pt", overrides=["learning_rate=0", "mixup=0"]
    )
    assert (config.learning_rate, config.mixup, config.batch) == (0.0, 0.0, 128)
    train(data, runs / "further", replace(config, validation=0.2), print_line=quiet)
    one, other = (torch.load(f / "weights.pt", weights_only=True) for f in (run, runs / "further"))
    assert torch.equal(one["11.weight"], other["11.weight"])
    with pytest.raises(MoviemotionError, match="not the weights of this network"):
        train(data, runs / "none", make_config("compact", initial_weights=run / "run.json"), print_line=quiet)


@pytest.mark.parametrize(
    "wrong",
    [
        *("epoch=3", "batch=many", "options=3", "epochs=3", "seed=1", "network=deck36"),
        *("batch=0", "learning_rate=nan", "learning_rate=-1", "mixup=inf", "validation=2", "ema_decay=1.5"),
    ],
)
def test_invalid_overrides_are_rejected(wrong):
    with pytest.raises(MoviemotionError, match=f"overrides {wrong}: "):
        make_config("compact", overrides=[wrong])


def test_vgg_loads_torchvision_weights_and_freezes_them(tmp_path):
    network = networks.build_network("vgg16_block3", 4, {})
    state = {key: torch.randn_like(value) for key, value in network.state_dict().items() if "features" in key}
    torch.save({**state, "classifier.0.weight": torch.zeros(1)}, tmp_path / "vgg16.pth")
    networks.INITIAL_WEIGHT_LOADERS["vgg16_block3"](network, tmp_path / "vgg16.pth")
    assert torch.equal(network.features[0].weight, state["features.0.weight"])
    assert not any(p.requires_grad for p in network.features.parameters())


def test_no_model_is_exported_without_data_for_its_card(run, tmp_path, monkeypatch, capsys):
    out = tmp_path / "model.onnx"
    arguments = ["lab", "export", str(run), "--data", str(tmp_path / "nowhere"), "--out", str(out)]
    monkeypatch.setattr("sys.argv", ["moviemotion", *arguments])
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().err.startswith(f"error: {tmp_path / 'nowhere' / 'test'}: no such folder")
    assert not out.exists()


def test_an_unfinished_run_is_not_exported(tmp_path):
    with pytest.raises(MoviemotionError, match=r"run\.json"):
        export_run(tmp_path, tmp_path / "model.onnx")


def test_a_run_of_version_0_1_0_can_be_loaded(tmp_path):
    saved = Path(__file__).with_name("run_0_1_0.json").read_text(encoding="utf-8")
    (tmp_path / "run.json").write_text(saved, encoding="utf-8")
    options = {**NARROW, "batch_norm_position": "before"}
    weights = networks.build_network("deck36", 4, options).state_dict()
    torch.save(weights, tmp_path / "weights.pt")
    network, run = load_run(tmp_path)
    assert run.config.optimizer == "sgd"
    assert run.config.initial_weights == "vgg.pth"
    assert run.config.ema_decay == 0.5
    assert network.architecture.batch_norm_position == "before"
    assert run.history[-1].held_out_accuracy == 0.5
    assert json.loads(saved)["recipe"]["optimiser"] == "sgd"  # the file really is of the old form


def test_a_checkpoint_of_version_0_1_0_can_be_resumed(run, tmp_path):
    checkpoint = torch.load(run / "checkpoint.pt", weights_only=True)
    old_names = {"optimizer": "optimiser", "initial_weights": "first_weights", "ema_decay": "averaging"}
    recipe = {old_names.get(name, name): value for name, value in asdict(CONFIG).items()}
    names = {"config": "recipe", "optimizer": "optimiser"}
    old = {names.get(name, name): value for name, value in {**checkpoint, "config": recipe}.items()}
    torch.save(old, tmp_path / "checkpoint.pt")
    assert len(prepare_training(CONFIG, tmp_path / "checkpoint.pt").history) == 3
