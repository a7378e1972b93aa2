"""Measure the speed of other packages. `throughput.py` runs this script where they are installed.

    PYTHON benchmarks/rivals.py fer 5 CLIP …      # prints [viewer-seconds, core-seconds] of each clip as JSON

MoviEmotion need not be installed there. One thread is used, and models are loaded before the clock starts.
Clips are decoded by OpenCV and sampled as in MoviEmotion: the first frame at or after each tick. deepface
downloads its weights on first use. If that fails, it runs with random weights, which give meaningless results
at the same speed.
"""

from __future__ import annotations

import json
import os
import sys
import time

os.environ.update(
    {
        "CUDA_VISIBLE_DEVICES": "",
        "OMP_NUM_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_NUM_INTEROP_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "1",
    }
)


def fer(mtcnn=False):
    """Load fer's small quantized network, with a Haar cascade or MTCNN as the face detector."""
    from fer.fer import FER

    detector = FER(mtcnn=mtcnn)
    return lambda picture: len(detector.detect_emotions(picture))


def deepface():
    """Load deepface's emotion network, with its default face detector, a Haar cascade."""
    from deepface import DeepFace

    def read(picture):
        found = DeepFace.analyze(picture, ["emotion"], enforce_detection=False, silent=True)
        return sum(face["face_confidence"] > 0 for face in found)

    return read


def deepface_with_random_weights(picture):
    """Load deepface with random weights instead of those that it would download."""
    from deepface.commons import weight_utils

    weight_utils.download_weights_if_necessary = lambda *names, **more: ""
    weight_utils.load_model_weights = lambda model, weight_file: model
    read = deepface()
    read(picture)
    return read


PACKAGES = {"fer": fer, "fer with mtcnn": lambda: fer(mtcnn=True), "deepface": deepface}


def sampled(clip, rate):
    """Yield the first frame at or after each tick."""
    import cv2

    video = cv2.VideoCapture(clip)
    frames_a_second, next_tick, number = video.get(cv2.CAP_PROP_FPS), 0, 0
    while video.grab():
        tick = int((number / frames_a_second + 5e-4) * rate)
        number += 1
        if tick >= next_tick:
            next_tick = tick + 1
            yield video.retrieve()[1]


def main(name, rate, clips):
    import cv2

    cv2.setNumThreads(1)
    read, note = PACKAGES[name](), ""
    first = next(sampled(clips[0], rate))
    try:
        read(first)
    except ValueError:
        if name != "deepface":
            raise
        read = deepface_with_random_weights(first)
        note = "random weights, because its own could not be downloaded; only its speed is meaningful"
    speeds = []
    for clip in clips:
        next(map(read, sampled(clip, rate)))  # excludes the initialization at the first face
        start, seen = time.process_time(), 0
        for picture in sampled(clip, rate):
            seen += read(picture) > 0
        speeds.append((seen / rate, time.process_time() - start))
    print(json.dumps({"speeds": speeds, "note": note}))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3:])
