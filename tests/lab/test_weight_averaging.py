"""Averaging the weights of two runs."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the lab extra is not installed")

from faces_folder import write_faces  # noqa: E402

from moviemotion.errors import MoviemotionError  # noqa: E402
from moviemotion.lab.data.dataset import load_faces  # noqa: E402
from moviemotion.lab.training.config import make_config  # noqa: E402
from moviemotion.lab.training.loop import predict_logits  # noqa: E402
from moviemotion.lab.training.runs import load_run, train_emotion_model  # noqa: E402
from moviemotion.lab.training.weight_averaging import average_runs  # noqa: E402


def narrow_config(filters, **settings):
    config = make_config("deck36", epochs=1, **settings)
    return replace(config, batch=8, options={"filters": (filters,) * 5, "dense": (8, 8)})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Faces, a run, and a run that started from its weights."""
    root = tmp_path_factory.mktemp("averaging")
    write_faces(root / "faces")
    faces, test = load_faces(root / "faces", "train"), load_faces(root / "faces", "test")
    for name, start in (("first", None), ("second", root / "first" / "weights.pt")):
        config = narrow_config(8, initial_weights=start)
        train_emotion_model(faces, test, root / name, config, print_line=lambda _: None)
    return root


@pytest.mark.parametrize(("share", "like"), [(0.0, "first"), (1.0, "second")])
def test_the_ends_are_the_two_runs(folder, share, like, tmp_path):
    average_runs(folder / "first", folder / "second", share, folder / "faces", tmp_path / "run")
    images = load_faces(folder / "faces", "test").images
    found, expected = (predict_logits(load_run(run)[0], images) for run in (tmp_path / "run", folder / like))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_weights_lie_between_and_the_card_says_so(folder, tmp_path):
    average_runs(folder / "first", folder / "second", 0.6, folder / "faces", tmp_path / "run")
    network, record = load_run(tmp_path / "run")
    first, second = (load_run(folder / name)[0].state_dict() for name in ("first", "second"))
    for name, value in network.state_dict().items():
        if value.is_floating_point():
            torch.testing.assert_close(value, 0.4 * first[name] + 0.6 * second[name])
    assert "0.6 × those of this run + 0.4 × those of the run first" in record.note


def test_runs_of_different_networks_and_existing_folders_are_refused(folder, tmp_path):
    faces = load_faces(folder / "faces", "train")
    config = narrow_config(4)
    train_emotion_model(faces, None, tmp_path / "other", config, print_line=lambda _: None)
    with pytest.raises(MoviemotionError, match="the networks differ"):
        average_runs(tmp_path / "other", folder / "second", 0.5, folder / "faces", tmp_path / "run")
    assert not (tmp_path / "run").exists()
    with pytest.raises(MoviemotionError, match="exists already"):
        average_runs(folder / "first", folder / "second", 0.5, folder / "faces", folder / "first")
