"""Evaluation of exported emotion models: how good they are, and how much of that is luck.

- `evaluate` scores a model on a split and collects the results of the other modules.
- `calibration` compares confidence with accuracy, `annotator_ceiling` estimates the best possible accuracy.
- `paired_comparison` compares two models on the same faces.
- `proposal_protocol` computes which scores the proposal's test with 128 faces would give.
- `vote_calibration` scales probabilities to shares of annotators when a model is exported.
- `evaluation_text`, `evaluation_page` and `model_card` present the results.
"""
