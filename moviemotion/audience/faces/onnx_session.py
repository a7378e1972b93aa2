"""Load an ONNX network for inference on the CPU."""

from __future__ import annotations

from pathlib import Path

import onnxruntime as ort

from moviemotion.errors import MoviemotionError

REINSTALL = "reinstall with pip install --force-reinstall ."
_LOG_FATAL_ONLY = 4


def create_onnx_session(weights: Path, remedy: str = REINSTALL) -> ort.InferenceSession:
    """Open a single-threaded ONNX Runtime session on the CPU; cameras already run in parallel.

    Args:
        weights: the `.onnx` file.
        remedy: advice to the user if the file cannot be used; defaults to the advice for shipped files.

    Raises:
        MoviemotionError: the file is missing, or ONNX Runtime cannot load it.
    """
    if not weights.is_file():
        raise MoviemotionError(f"{weights}: the model file is missing; {remedy}")
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = _LOG_FATAL_ONLY
    try:
        return ort.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's exceptions share no other base class
        raise MoviemotionError(f"{weights}: not a readable ONNX model; {remedy}") from error
