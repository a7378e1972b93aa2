"""Trained weights → an ONNX reader that standardises, averages over the mirror image and calibrates."""

from __future__ import annotations

import io
import json
import warnings
from dataclasses import asdict
from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from moviemotion._io.atomic_files import atomic_write
from moviemotion.emotions import EMOTIONS, PROPOSAL_COLUMNS
from moviemotion.lab.data.dataset import FACE_SIZE
from moviemotion.lab.training.runs import load_run

OPSET_VERSION = 17


class CalibratedNetwork(nn.Module):
    """Crops → probabilities: the mean over face and mirror image, at the fitted temperature.

    A network of the deck's four emotions answers with eight columns too, the others 0.
    """

    def __init__(self, network: nn.Module, outputs: int, temperature: float) -> None:
        super().__init__()
        self.network = network
        self.temperature = temperature
        columns = range(len(EMOTIONS)) if outputs == len(EMOTIONS) else PROPOSAL_COLUMNS
        self.register_buffer("spread", torch.eye(len(EMOTIONS))[list(columns)])

    def forward(self, faces: Tensor) -> Tensor:
        logits = (self.network(faces) + self.network(faces.flip(-1))) / 2
        probabilities = torch.softmax(logits / self.temperature, dim=1)
        return probabilities @ self.spread


def export_run(run: Path, out: Path) -> None:
    """Write the reader of a finished training run as ONNX, weights stored in half precision.

    The file takes faces, (n, 1, 48, 48) float32 with grey 0–255, and gives probabilities, (n, 8) in
    the order of `EMOTIONS`.

    Raises:
        MoviemotionError: `run` holds no finished run.
    """
    network, record = load_run(run)
    settings = {**asdict(record), "history": len(record.history)}
    model = convert_to_onnx(
        CalibratedNetwork(network, record.recipe.n_outputs, record.temperature), "probabilities"
    )
    _store_weights_as_float16(model)
    save_model(model, {"emotions": ",".join(EMOTIONS), "run": json.dumps(settings, sort_keys=True)}, out)


def save_model(model: onnx.ModelProto, metadata: dict[str, str], out: Path) -> None:
    """Write a model with what is to be known of it, once it has been checked."""
    helper.set_model_props(model, metadata)
    onnx.checker.check_model(model)
    with atomic_write(out) as partial:
        onnx.save(model, str(partial))


def convert_to_onnx(network: nn.Module, output_name: str) -> onnx.ModelProto:
    """A network that takes `faces`, (n, 1, 48, 48) float32, as ONNX; `output` names what it gives."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # What pads an even kernel is a list turned round, which the runtime folds.
        warnings.filterwarnings("ignore", "Constant folding")
        torch.onnx.export(
            network.eval(),
            (torch.zeros(2, 1, FACE_SIZE, FACE_SIZE),),
            buffer,
            input_names=["faces"],
            output_names=[output_name],
            dynamic_axes={"faces": {0: "n"}, output_name: {0: "n"}},
            opset_version=OPSET_VERSION,
            dynamo=False,
        )
    return onnx.load_from_string(buffer.getvalue())


def _store_weights_as_float16(model: onnx.ModelProto) -> None:
    """Store large weights as float16 with a cast back, which the runtime folds when it loads."""
    for index, tensor in enumerate(model.graph.initializer):
        if tensor.data_type != TensorProto.FLOAT or len(tensor.dims) < 2:
            continue
        half = numpy_helper.from_array(numpy_helper.to_array(tensor).astype("float16"), tensor.name + "_half")
        cast = helper.make_node("Cast", [half.name], [tensor.name], to=TensorProto.FLOAT)
        model.graph.initializer[index].CopyFrom(half)
        model.graph.node.insert(0, cast)
