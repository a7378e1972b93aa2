"""Tests of attention in the Python API."""

from __future__ import annotations

import moviemotion as mm


def test_a_table_of_emotions_says_nothing_about_attention() -> None:
    calm: dict[str, list[object]] = {"viewer": ["a", "a", "b", "b"], "second": [0, 1, 0, 1]}
    calm |= {str(emotion): [0.0] * 4 for emotion in mm.EMOTIONS} | {"neutral": [1.0] * 4}
    analysis = mm.analyze(calm)
    assert analysis.attention["known"].tolist() == [0, 0]
    assert analysis.attention["share"].isna().all()
    assert analysis.attention_drops.empty
    assert analysis.walk_outs.empty
