"""Prediction of outcomes from the reactions to trailers.

`trailer_features` computes one row per viewer or trailer, `ridge` makes out-of-fold predictions, and
`outcome_prediction` decides whether the prediction is useful.
"""
