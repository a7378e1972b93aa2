"""INT8 models: close to the original, smaller, and reproducible."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from faces_folder import write_faces

torch = pytest.importorskip("torch", reason="needs the lab extra (torch)")
onnx = pytest.importorskip("onnx", reason="needs the lab extra (onnx)")

from onnx import helper  # noqa: E402

from moviemotion.errors import MoviemotionError  # noqa: E402
from moviemotion.lab.data import dataset  # noqa: E402
from moviemotion.lab.evaluation.evaluate import predict  # noqa: E402
from moviemotion.lab.training import networks  # noqa: E402
from moviemotion.lab.training.config import TrainingConfig  # noqa: E402
from moviemotion.lab.training.onnx_export import CalibratedNetwork, _store_weights_as_float16, convert_to_onnx  # noqa: E402
from moviemotion.lab.training.quantization import quantize  # noqa: E402


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faces")
    write_faces(folder)
    return folder


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The shipped network with random weights, as `lab export` writes it."""
    torch.manual_seed(4)
    model = convert_to_onnx(CalibratedNetwork(networks.compact_resnet(), 8, 0.1), "probabilities")
    _store_weights_as_float16(model)
    run = json.dumps({"config": asdict(TrainingConfig())})
    helper.set_model_props(model, {"run": run, "vote_exponent": "0.6"})
    path = tmp_path_factory.mktemp("model") / "model.onnx"
    onnx.save(model, str(path))
    return path


@pytest.fixture(scope="module")
def quantized(exported, data):
    out = exported.with_name("int8.onnx")
    quantize(exported, data, out)
    return out


def test_predictions_are_close_and_the_file_is_half_as_large(exported, quantized, data):
    faces = dataset.load_faces(data, "test")
    before, after = (np.log(predict(path, faces)) for path in (exported, quantized))
    spread = (before - before.mean(axis=0)).std()  # how much faces differ with random weights
    assert np.abs(after - before).mean() < 0.3 * spread
    assert quantized.stat().st_size < 0.6 * exported.stat().st_size


def test_all_convolutions_but_the_first_are_int8(quantized):
    graph = onnx.load(str(quantized)).graph
    produced = {name: node.op_type for node in graph.node for name in node.output}
    weights = [produced.get(node.input[1]) for node in graph.node if node.op_type == "Conv"]
    assert weights.count("DequantizeLinear") == len(weights) - 2  # the first, for the face and its mirror
    int8 = [onnx.numpy_helper.to_array(t) for t in graph.initializer if t.data_type == onnx.TensorProto.INT8]
    assert max(np.abs(w.astype(int)).max() for w in int8 if w.ndim == 4) <= 64


def test_the_metadata_is_kept(exported, quantized):
    one, other = ({p.key: p.value for p in onnx.load(str(f)).metadata_props} for f in (exported, quantized))
    assert other == {**one, "quantised": "yes"}


def test_quantization_is_reproducible(exported, quantized, data, tmp_path):
    quantize(exported, data, tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").read_bytes() == quantized.read_bytes()


def test_a_model_without_its_configuration_is_rejected(data, tmp_path):
    (tmp_path / "no.onnx").write_bytes(b"no")
    with pytest.raises(MoviemotionError, match=r"no\.onnx: contains no training configuration"):
        quantize(tmp_path / "no.onnx", data, tmp_path / "out.onnx")
    assert not (tmp_path / "out.onnx").exists()
