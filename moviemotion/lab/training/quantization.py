"""Quantize an emotion model to INT8: it runs faster, and its file is half as large.

Weights and activations become 8-bit integers, each tensor with a scale (Jacob et al., 2018). The scales of
the activations are measured on faces of the train split. Weights use only seven of the eight bits, because
the 16-bit sums on processors without VNNI instructions would otherwise overflow. As a result, the model gives
the same probabilities on all processors.
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
from moviemotion.lab.progress import ProgressCallback, ignore_progress
from moviemotion.lab.training.face_selection import config_of_model, load_train_and_test, select_faces

QUANTIZED_KEY = "quantised"
"""Key in the metadata of a quantized model. It is spelled as in the shipped file."""
SEED = 36
CALIBRATION_FACES, BATCH_SIZE = 512, 32
MOVING_AVERAGE_WEIGHT = 0.05
"""Weight of each new batch in the moving average of an activation's largest value."""
QUANTIZED_OPERATORS = ["Conv", "Relu"]
"""Operators that are computed in INT8; sums, means, the last layer and the softmax stay in float32."""


class _CalibrationFaces(CalibrationDataReader):
    """The faces on which the quantizer measures activations, in batches."""

    def __init__(self, images: NDArray[np.uint8], on_progress: ProgressCallback) -> None:
        self._images = images
        self._start = 0
        self._on_progress = on_progress

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        start, self._start = self._start, self._start + BATCH_SIZE
        batches = -(-len(self._images) // BATCH_SIZE)
        self._on_progress(min(start // BATCH_SIZE, batches), batches)
        batch = self._images[start : start + BATCH_SIZE, None].astype(np.float32)
        return {"faces": batch} if len(batch) else None


def quantize(model: Path, data: Path, out: Path, on_progress: ProgressCallback = ignore_progress) -> None:
    """Write an exported emotion model with INT8 convolutions and the same metadata.

    The scales are measured on faces that the model was trained on, so that held-out and test faces stay
    unseen.

    Args:
        model: ONNX file of an exported run.
        data: the face set that the model was trained on.
        out: ONNX file to write; may be `model`.
        on_progress: called after each batch of faces with the number of batches done and the total.

    Raises:
        MoviemotionError: the model does not contain its configuration, or the data cannot be read.
    """
    trained_on = select_faces(*load_train_and_test(data), config_of_model(model)).train.images
    chosen = np.random.default_rng(SEED).permutation(len(trained_on))[:CALIBRATION_FACES]
    properties = {p.key: p.value for p in onnx.load(str(model)).metadata_props}
    with TemporaryDirectory() as folder, _quiet_logging():
        full, int8 = Path(folder) / "full.onnx", Path(folder) / "int8.onnx"
        _weights_to_float32(model, full)
        quantize_static(
            full,
            int8,
            _CalibrationFaces(trained_on[chosen], on_progress),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=QUANTIZED_OPERATORS,
            nodes_to_exclude=_input_convolutions(onnx.load(str(full))),
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            # Average the maxima of the batches: with the overall maximum, one outlier would make all steps
            # coarser.
            extra_options={"CalibMovingAverage": True, "CalibMovingAverageConstant": MOVING_AVERAGE_WEIGHT},
        )
        quantized = onnx.load(str(int8))
    helper.set_model_props(quantized, {**properties, QUANTIZED_KEY: "yes"})
    with atomic_write(out) as partial:
        onnx.save(quantized, str(partial))


def _weights_to_float32(model: Path, out: Path) -> None:
    """Convert weights from half to single precision, which the quantizer requires."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(out)
    ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def _input_convolutions(model: onnx.ModelProto) -> list[str]:
    """List the convolutions applied to the input image, which are cheap and sensitive to rounding errors."""
    of_one_channel = {tensor.name for tensor in model.graph.initializer if list(tensor.dims[1:2]) == [1]}
    return [n.name for n in model.graph.node if n.op_type == "Conv" and n.input[1] in of_one_channel]


@contextmanager
def _quiet_logging() -> Iterator[None]:
    """Silence the quantizer's advice to preprocess the model, since `_weights_to_float32` does that."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
