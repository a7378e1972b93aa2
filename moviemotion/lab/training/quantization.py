"""A reader in whole numbers: quicker, and half the file.

Weights and activations become eight-bit integers with a scale each (Jacob et al., 2018). Those of the
activations come from faces of the train split. Weights use seven of their eight bits:
then no processor's sums overflow, and a face is read alike on all of them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from moviemotion._io.atomic_files import atomic_write
from moviemotion.lab.training.face_selection import config_of_model, load_train_and_test, select_faces

QUANTIZED_KEY = "quantised"
"""The card looks for it in the file's metadata under this name."""
SEED = 36
CALIBRATION_FACES, BATCH_SIZE = 512, 32
MOVING_AVERAGE_WEIGHT = 0.05
"""Weight of each further batch in the mean over batches of an activation's largest value."""
QUANTIZED_OPERATORS = ["Conv", "Relu"]
"""What is computed in whole numbers; sums, means, the last layer and softmax stay as they are."""


class _CalibrationFaces(CalibrationDataReader):
    def __init__(self, images: NDArray[np.uint8]) -> None:
        self._batches = (
            {"faces": images[k : k + BATCH_SIZE, None].astype(np.float32)}
            for k in range(0, len(images), BATCH_SIZE)
        )

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        return next(self._batches, None)


def quantize(model: Path, data: Path, out: Path) -> None:
    """Write an exported reader with convolutions in whole numbers; what it says of itself stays.

    The scales come from faces that the reader's run learnt from: held-out and test faces stay unseen.

    Raises:
        MoviemotionError: the model does not say how it was trained, or the data cannot be read.
    """
    learnt = select_faces(*load_train_and_test(data), config_of_model(model)).train.images
    chosen = np.random.default_rng(SEED).permutation(len(learnt))[:CALIBRATION_FACES]
    properties = {p.key: p.value for p in onnx.load(str(model)).metadata_props}
    with TemporaryDirectory() as folder, _quiet_logging():
        plain, whole = Path(folder) / "plain.onnx", Path(folder) / "whole.onnx"
        _weights_to_float32(model, plain)
        quantize_static(
            plain,
            whole,
            _CalibrationFaces(learnt[chosen]),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=QUANTIZED_OPERATORS,
            nodes_to_exclude=_input_convolutions(onnx.load(str(plain))),
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            # The largest of a usual batch, not of all: one rare value would make every step coarser.
            extra_options={"CalibMovingAverage": True, "CalibMovingAverageConstant": MOVING_AVERAGE_WEIGHT},
        )
        quantised = onnx.load(str(whole))
    helper.set_model_props(quantised, {**properties, QUANTIZED_KEY: "yes"})
    with atomic_write(out) as partial:
        onnx.save(quantised, str(partial))


def _weights_to_float32(model: Path, out: Path) -> None:
    """Weights stored in half precision become ordinary ones, which is what can be quantised."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(out)
    ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def _input_convolutions(model: onnx.ModelProto) -> list[str]:
    """Convolutions of the grey picture: few sums, and what they round off no later layer can mend."""
    of_one_channel = {tensor.name for tensor in model.graph.initializer if list(tensor.dims[1:2]) == [1]}
    return [n.name for n in model.graph.node if n.op_type == "Conv" and n.input[1] in of_one_channel]


@contextmanager
def _quiet_logging() -> Iterator[None]:
    """Without the runtime's advice to prepare the model, which `_unfold` has done."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
