"""Moments: where the audience reacted together more than chance would explain.

`null_model` shifts viewers in time to simulate chance; `detection` finds and describes the moments.
"""
