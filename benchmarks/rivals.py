"""How fast do others read faces? Run by `throughput.py` in an interpreter in which they are installed.

    PYTHON benchmarks/rivals.py fer 5 CLIP …      # prints [viewer-seconds, core-seconds] of each clip as JSON

Nothing of MoviEmotion is needed there. One thread, models loaded before the clock starts, clips decoded by
OpenCV and sampled as MoviEmotion samples them: the first frame at or after each tick. deepface fetches its
weights when it is first used; where it cannot, weights drawn by chance take their place, which read nothing
and cost the same.
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
    """Its small network in whole numbers, behind a Haar cascade or MTCNN."""
    from fer.fer import FER

    detector = FER(mtcnn=mtcnn)
    return lambda picture: len(detector.detect_emotions(picture))


def deepface():
    """Its emotion network behind its default detector, a Haar cascade."""
    from deepface import DeepFace

    def read(picture):
        found = DeepFace.analyze(picture, ["emotion"], enforce_detection=False, silent=True)
        return sum(face["face_confidence"] > 0 for face in found)

    return read


def with_weights_by_chance(picture):
    """deepface without its weights; they would be fetched from the net."""
    from deepface.commons import weight_utils

    weight_utils.download_weights_if_necessary = lambda *names, **more: ""
    weight_utils.load_model_weights = lambda model, weight_file: model
    read = deepface()
    read(picture)
    return read


READERS = {"fer": fer, "fer with mtcnn": lambda: fer(mtcnn=True), "deepface": deepface}


def sampled(clip, rate):
    """The first picture at or after each tick."""
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
    read, note = READERS[name](), ""
    first = next(sampled(clips[0], rate))
    try:
        read(first)
    except ValueError:
        if name != "deepface":
            raise
        read = with_weights_by_chance(first)
        note = "its weights cannot be fetched here: drawn by chance, so that only its speed is told"
    speeds = []
    for clip in clips:
        next(map(read, sampled(clip, rate)))  # what is made ready at the first face is not counted
        start, seen = time.process_time(), 0
        for picture in sampled(clip, rate):
            seen += read(picture) > 0
        speeds.append((seen / rate, time.process_time() - start))
    print(json.dumps({"speeds": speeds, "note": note}))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3:])
