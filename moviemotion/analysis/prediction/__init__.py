"""Prediction: outcomes from the reactions to trailers.

`trailer_features` computes a row per viewer or trailer, `ridge` predicts out of fold, and
`outcome_prediction` judges whether the prediction is useful.
"""
