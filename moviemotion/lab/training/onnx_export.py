"""Write trained networks as ONNX files, which the audience pipeline runs without torch.

An exported emotion model includes every step from a face crop to calibrated probabilities: scaling, the mean
over the face and its mirror image, and the temperature. The metadata contains the run's configuration.
"""

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
from moviemotion.emotions import EMOTIONS, PROPOSAL_COLUMNS, Emotion
from moviemotion.lab.data.dataset import FACE_SIZE
from moviemotion.lab.training.runs import load_run

OPSET_VERSION = 17
NEUTRAL_OFFSET = -0.3
"""Added to the logit of "neutral", after the temperature, in networks trained on votes (logit adjustment;
Menon et al., 2021), since
"neutral" is the annotators' most frequent answer and the network's most frequent error on other cameras."""


class CalibratedNetwork(nn.Module):
    """Computes calibrated probabilities of eight emotions from face crops.

    Logits are averaged over the face and its mirror image, divided by the fitted temperature, and shifted by
    `NEUTRAL_OFFSET` for "neutral". A network trained on the proposal's four emotions is not shifted. It
    also outputs eight columns; the other four are 0.
    """

    def __init__(self, network: nn.Module, outputs: int, temperature: float) -> None:
        super().__init__()
        self.network = network
        self.temperature = temperature
        columns = range(len(EMOTIONS)) if outputs == len(EMOTIONS) else PROPOSAL_COLUMNS
        self.register_buffer("spread", torch.eye(len(EMOTIONS))[list(columns)])
        offset = torch.zeros(outputs)
        if outputs == len(EMOTIONS):
            offset[EMOTIONS.index(Emotion.NEUTRAL)] = NEUTRAL_OFFSET
        self.register_buffer("offset", offset)

    def forward(self, faces: Tensor) -> Tensor:
        """(n, 1, 48, 48) gray values 0–255 → (n, 8) probabilities."""
        logits = (self.network(faces) + self.network(faces.flip(-1))) / 2
        probabilities = torch.softmax(logits / self.temperature + self.offset, dim=1)
        return probabilities @ self.spread


def export_run(run: Path, out: Path) -> None:
    """Write the emotion model of a finished run as ONNX, with half-precision weights.

    The model has one input, `faces`: (n, 1, 48, 48) float32, gray 0–255; and one output, `probabilities`:
    (n, 8) in the order of `EMOTIONS`.

    Args:
        run: folder of the run.
        out: ONNX file to write.

    Raises:
        MoviemotionError: `run` contains no finished run.
    """
    network, record = load_run(run)
    settings = {**asdict(record), "history": len(record.history)}
    model = convert_to_onnx(
        CalibratedNetwork(network, record.config.n_outputs, record.temperature), "probabilities"
    )
    _store_weights_as_float16(model)
    save_model(model, {"emotions": ",".join(EMOTIONS), "run": json.dumps(settings, sort_keys=True)}, out)


def save_model(model: onnx.ModelProto, metadata: dict[str, str], out: Path) -> None:
    """Check a model and write it with its metadata."""
    helper.set_model_props(model, metadata)
    onnx.checker.check_model(model)
    with atomic_write(out) as partial:
        onnx.save(model, str(partial))


def convert_to_onnx(network: nn.Module, output_name: str) -> onnx.ModelProto:
    """Convert a network with the input `faces`, (n, 1, 48, 48) float32, to ONNX."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The padding of even kernels is exported as a reversed list, which ONNX Runtime folds on loading.
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
    """Store matrices as float16, which halves the file size. ONNX Runtime folds the cast back on loading."""
    for index, tensor in enumerate(model.graph.initializer):
        if tensor.data_type != TensorProto.FLOAT or len(tensor.dims) < 2:
            continue
        half = numpy_helper.from_array(numpy_helper.to_array(tensor).astype("float16"), tensor.name + "_half")
        cast = helper.make_node("Cast", [half.name], [tensor.name], to=TensorProto.FLOAT)
        model.graph.initializer[index].CopyFrom(half)
        model.graph.node.insert(0, cast)
