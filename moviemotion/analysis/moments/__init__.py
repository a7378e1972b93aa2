"""Moments: where the audience reacted together more than chance explains.

`null_model` shifts viewers in time to learn what chance produces; `detection` finds the moments and
describes them.
"""
