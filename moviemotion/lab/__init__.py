"""The laboratory: everything needed to build the shipped emotion model and to measure its quality.

The subpackages, in the order in which they are used:

- `data`: read face sets, find corrupted images and duplicates, write cleaned copies and new splits.
- `training`: networks, configurations, the training loop, runs on disk, ONNX export, INT8 quantization, and
  the occlusion model, which finds hands and objects in front of a face.
- `evaluation`: accuracy, calibration and the annotator ceiling of an exported model; model cards.
- `audit`: find wrong labels and report all issues in a face set.
- `proposal`: the claims of the proposal (the MoviEmotion capstone deck of March 2024), tested by experiments
  and measurements.

`progress` defines the callbacks through which long computations report progress.

The lab shares model files, but no code, with the rest of MoviEmotion: it writes `emotion.onnx` and
`cover.onnx`, and the audience pipeline reads them. It needs the `lab` extra; only `training`, parts of
`audit` and `proposal` import torch.
"""
