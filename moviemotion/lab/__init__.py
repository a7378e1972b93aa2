"""The laboratory: everything that is needed to make the shipped emotion model and to know how good it is.

The subpackages follow the order of the work:

- `data`: read face sets, find corrupted images and duplicates, write cleaned copies and new splits.
- `training`: networks, configurations, the training loop, runs on disk, ONNX export and INT8 quantization;
  and the occlusion model, which finds hands and objects before a face.
- `evaluation`: accuracy, calibration and the annotator ceiling of an exported model; model cards.
- `audit`: find wrong labels, and report all issues of a face set.
- `proposal`: the claims of the proposal (the MoviEmotion capstone deck of March 2024), tested by experiments
  and measurements.

`progress` has the callbacks by which long computations report how far they are.

The lab shares model files with the rest of MoviEmotion, not code: it writes `emotion.onnx` and `cover.onnx`,
and the audience pipeline reads them. It needs the extra `lab`; only `training`, parts of `audit` and
`proposal` import torch.
"""
