"""Training of networks, from a configuration to an ONNX file.

- `config` defines the configuration of a run; `face_selection` selects the training and the held-out faces.
- `networks` is the registry of architectures, built from `layers` and `pretrained`.
- `loop` trains any network, with the augmentations in `augmentation`. `runs` stores runs on disk, and
  `mlflow_tracking` records them in MLflow.
- `onnx_export` writes a trained network as ONNX; `quantization` converts it to INT8.
- `occlusion_augmentation` and `occlusion_model` train the network that finds hands and objects in front of a
  face.
"""
