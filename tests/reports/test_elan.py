"""ELAN's annotations as another reader of its format has them, and by the rules of that format."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pympi.Elan import Eaf

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.script_emotions import MIN_DOMINANT_STRENGTH
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS
from moviemotion.reports.exchange.elan import elan_document, without_overlaps

CHILDREN = ["HEADER", "TIME_ORDER", "TIER", "LINGUISTIC_TYPE"]
"""What the format has of a document's parts that this one has, in its order."""


def read(text: str, folder: Path) -> Eaf:
    (folder / "study.eaf").write_text(text, encoding="utf-8")
    return Eaf(folder / "study.eaf")


def test_pympi_reads_every_tier(analysis: Analysis, tmp_path: Path) -> None:
    document = read(elan_document(analysis), tmp_path)
    of_script = ["scenes", "action", "speaker: MARTA", "speaker: IVO"]
    assert list(document.get_tier_names()) == [
        "moments",
        *(f"audience: {f}" for f in NON_NEUTRAL_EMOTIONS),
        "audience: unknown",
        *of_script,
    ]
    moments = document.get_annotation_data_for_tier("moments")
    assert [(start, end) for start, end, _ in moments] == [
        (1000 * m.start, 1000 * m.end) for m in analysis.moment_search.moments
    ]
    assert moments[0][2].startswith("Moment 1: happy, strength 0.")
    assert moments[2][2].startswith("Mood 3: sad, strength 0.")
    unknown = document.get_annotation_data_for_tier("audience: unknown")
    assert unknown == [(88_000, 93_000, "nobody seen, or too few to say")]
    scenes = document.get_annotation_data_for_tier("scenes")
    assert [text for _, _, text in scenes][:2] == [
        "INT. LIGHTHOUSE KITCHEN – NIGHT",
        "EXT. CLIFF PATH – DAWN",
    ]
    assert document.get_parameters_for_tier("speaker: IVO")["PARTICIPANT"] == "IVO"
    assert document.get_annotation_data_for_tier("speaker: IVO")[0][2].endswith("my coat & <nobody> else.")


def test_emotions_of_the_audience_are_annotated_where_they_stand_out(
    analysis: Analysis, tmp_path: Path
) -> None:
    document = read(elan_document(analysis), tmp_path)
    spans = document.get_annotation_data_for_tier("audience: happy")
    curve = analysis.audience_curve
    expected = (curve.strength[:, 0] >= MIN_DOMINANT_STRENGTH) & (curve.strength_interval[0, :, 0] > 0)
    annotated = {second for start, end, _ in spans for second in range(start // 1000, end // 1000)}
    assert annotated == set(curve.seconds[expected].tolist())
    assert len(spans) == 2
    assert spans[0][2][:2] == "0."


def test_a_document_keeps_the_rules_of_the_format(analysis: Analysis) -> None:
    root = ET.fromstring(elan_document(analysis).encode())
    tags = [child.tag for child in root]
    assert sorted(set(tags), key=tags.index) == CHILDREN
    assert sorted(tags, key=CHILDREN.index) == tags
    times = {slot.get("TIME_SLOT_ID"): int(slot.get("TIME_VALUE")) for slot in root.iter("TIME_SLOT")}
    assert list(times.values()) == sorted(times.values())
    used = [
        ref
        for a in root.iter("ALIGNABLE_ANNOTATION")
        for ref in (a.get("TIME_SLOT_REF1"), a.get("TIME_SLOT_REF2"))
    ]
    assert sorted(used) == sorted(times)  # each slot is one annotation's own
    ids = [a.get("ANNOTATION_ID") for a in root.iter("ALIGNABLE_ANNOTATION")]
    assert len(ids) == len(set(ids))
    kinds = {kind.get("LINGUISTIC_TYPE_ID") for kind in root.iter("LINGUISTIC_TYPE")}
    assert {tier.get("LINGUISTIC_TYPE_REF") for tier in root.iter("TIER")} == kinds
    for tier in root.iter("TIER"):
        spans = [
            (times[a.get("TIME_SLOT_REF1")], times[a.get("TIME_SLOT_REF2")])
            for a in tier.iter("ALIGNABLE_ANNOTATION")
        ]
        assert all(start < end for start, end in spans)
        assert all(a[1] <= b[0] for a, b in pairwise(spans))


spans = st.lists(st.tuples(st.floats(0, 50), st.floats(0, 9)).map(lambda s: (s[0], s[0] + s[1], "x")))


@given(spans)
def test_annotations_never_overlap_nor_lose_their_words(found) -> None:
    annotations = without_overlaps(found)
    assert all(a.start < a.end for a in annotations)
    assert all(a.end <= b.start for a, b in pairwise(annotations))
    assert sum(a.text.count("x") for a in annotations) == len(found)
    assert {a.start for a in annotations} <= {round(1000 * start) for start, _, _ in found} | {
        a.end for a in annotations
    }


def test_the_film_is_opened_with_it(analysis: Analysis, tmp_path: Path) -> None:
    document = read(elan_document(analysis, tmp_path / "the film.mp4"), tmp_path)
    (media,) = document.get_linked_files()
    assert media["MEDIA_URL"] == (tmp_path / "the film.mp4").as_uri()
    assert media["MIME_TYPE"] == "video/mp4"


def test_control_characters_of_a_script_do_not_break_the_file(analysis: Analysis, tmp_path: Path) -> None:
    screenplay = analysis.script.screenplay
    broken = replace(screenplay.elements[1], text="Rain \x0c on\x00 the\n\nroof \ufffe.")
    screenplay = replace(screenplay, elements=(screenplay.elements[0], broken, *screenplay.elements[2:]))
    analysis = replace(analysis, script=replace(analysis.script, screenplay=screenplay))
    document = read(elan_document(analysis), tmp_path)
    assert document.get_annotation_data_for_tier("action")[0][2] == "Rain on the roof ."


@pytest.mark.parametrize("settings", [{"scenes": 0}, {"viewers": 1, "conclusive": False, "start": 30}])
def test_without_script_or_moments_it_still_opens(make, settings, tmp_path: Path) -> None:
    document = read(elan_document(make(**settings)), tmp_path)
    assert "moments" in document.get_tier_names()
