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

from moviemotion._io.atomic_files import appearing
from moviemotion.emotions import DECK_COLUMNS, EMOTIONS
from moviemotion.lab.data.dataset import FACE_SIZE
from moviemotion.lab.training.runs import load_run

OPSET = 17


class Reader(nn.Module):
    """Crops → probabilities: the mean over face and mirror image, at the fitted temperature.

    A network of the deck's four emotions answers with eight columns too, the others 0.
    """

    def __init__(self, network: nn.Module, outputs: int, temperature: float) -> None:
        super().__init__()
        self.network = network
        self.temperature = temperature
        columns = range(len(EMOTIONS)) if outputs == len(EMOTIONS) else DECK_COLUMNS
        self.register_buffer("spread", torch.eye(len(EMOTIONS))[list(columns)])

    def forward(self, faces: Tensor) -> Tensor:
        logits = (self.network(faces) + self.network(faces.flip(-1))) / 2
        probabilities = torch.softmax(logits / self.temperature, dim=1)
        return probabilities @ self.spread


def export(run: Path, out: Path) -> None:
    """Write the reader of a finished training run as ONNX, weights stored in half precision.

    The file takes faces, (n, 1, 48, 48) float32 with grey 0–255, and gives probabilities, (n, 8) in
    the order of `EMOTIONS`.

    Raises:
        MoviemotionError: `run` holds no finished run.
    """
    network, record = load_run(run)
    settings = {**asdict(record), "history": len(record.history)}
    model = to_onnx(Reader(network, record.recipe.outputs, record.temperature), "probabilities")
    _halve_weights(model)
    save_onnx(model, {"emotions": ",".join(EMOTIONS), "run": json.dumps(settings, sort_keys=True)}, out)


def save_onnx(model: onnx.ModelProto, properties: dict[str, str], out: Path) -> None:
    """Write a model with what is to be known of it, once it has been checked."""
    helper.set_model_props(model, properties)
    onnx.checker.check_model(model)
    with appearing(out) as partial:
        onnx.save(model, str(partial))


def to_onnx(network: nn.Module, output: str) -> onnx.ModelProto:
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
            output_names=[output],
            dynamic_axes={"faces": {0: "n"}, output: {0: "n"}},
            opset_version=OPSET,
            dynamo=False,
        )
    return onnx.load_from_string(buffer.getvalue())


def _halve_weights(model: onnx.ModelProto) -> None:
    """Store large weights as float16 with a cast back, which the runtime folds when it loads."""
    for index, tensor in enumerate(model.graph.initializer):
        if tensor.data_type != TensorProto.FLOAT or len(tensor.dims) < 2:
            continue
        half = numpy_helper.from_array(numpy_helper.to_array(tensor).astype("float16"), tensor.name + "_half")
        cast = helper.make_node("Cast", [half.name], [tensor.name], to=TensorProto.FLOAT)
        model.graph.initializer[index].CopyFrom(half)
        model.graph.node.insert(0, cast)
