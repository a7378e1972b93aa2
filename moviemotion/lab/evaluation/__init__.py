"""Evaluation of exported emotion models: how accurate they are, and with what uncertainty.

- `evaluate` scores a model on a split and collects the results of the other modules.
- `calibration` compares confidence with accuracy; `annotator_ceiling` estimates the best possible accuracy.
- `paired_comparison` compares two models on the same faces.
- `proposal_protocol` computes the distribution of scores under the proposal's test protocol with 128 faces.
- `vote_calibration` adjusts the probabilities of an exported model to match the shares of annotators.
- `evaluation_text`, `evaluation_page` and `model_card` present the results.
"""
