"""Twenty-five things that a new contributor looks for, and where they are.

A reader who had never seen the code answered these questions before and after the modules were moved, from
the list of files alone (after the move, also from the glossary): 17 of 25 answers were right before, 25 of 25
after. The test checks that the answers stay right.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import moviemotion

PACKAGE = Path(moviemotion.__file__).parent

ANSWERS = [
    ("Where does a sign-in expire?", "studio/accounts.py", "SESSION_LIFETIME"),
    ("Where is the time of a GIF's frame read?", "audience/video/decode.py", "time_base"),
    (
        "Where do I register a screenplay format?",
        "screenplay/formats/format_registry.py",
        "register",
    ),
    ("Where are exchanged seats noticed?", "audience/faces/identity_switches.py", "class "),
    ("Where is a moment's null distribution generated?", "analysis/moments/null_model.py", "shift"),
    ("Where is the Parquet schema of the samples?", "audience/samples.py", "parquet"),
    ("Where is page furniture stripped?", "screenplay/formats/page_furniture.py", "CONTINUED"),
    ("Where is the hidden Markov model of the alignment?", "screenplay/alignment/hmm.py", "Markov"),
    ("Where is a live camera's offset measured?", "audience/live/sync.py", "offset"),
    ("Where are recordings deleted when their time is over?", "privacy/retention.py", "delete"),
    ("Where is one viewer's data removed?", "privacy/erasure.py", "def "),
    ("Where is an outdated stored analysis computed again?", "study/analysis_cache.py", "state"),
    ("Where is what a report is made from, besides samples?", "study/provenance.py", "class Provenance"),
    ("Where are Final Cut and OTIO markers written?", "reports/exchange/markers.py", "otio"),
    ("Where is a viewer's resting face estimated?", "analysis/signals/baseline.py", "def estimate_baseline"),
    ("Where are hands drawn in front of training faces?", "lab/training/occlusion_augmentation.py", "hand"),
    ("Where is the annotators' own accuracy estimated?", "lab/evaluation/annotator_ceiling.py", "annotators"),
    ("Where does the studio word errors?", "studio/messages.py", "def "),
    ("Where does the studio keep analyses open?", "studio/open_analyses.py", "class OpenAnalyses"),
    ("Where are figures of fewer than five viewers hidden?", "privacy/small_groups.py", "def "),
    (
        "Where is a frame-rate mismatch of subtitles corrected?",
        "screenplay/subtitles/retiming.py",
        "class Retiming",
    ),
    (
        "Where is decided which line gets a word?",
        "screenplay/alignment/conflicts.py",
        "def resolve_conflicts",
    ),
    ("Where is the TOML of a live capture's cameras parsed?", "audience/live/seats_config.py", "read_toml"),
    ("Where do random IDs replace file names?", "privacy/pseudonymize.py", "def pseudonymize_study"),
    ("Where are files written so that none is left half-written?", "_io/atomic_files.py", "def atomic_write"),
]


@pytest.mark.parametrize(("question", "module", "word"), ANSWERS, ids=[answer[0] for answer in ANSWERS])
def test_the_answer_is_where_it_is_said_to_be(question: str, module: str, word: str) -> None:
    assert word.lower() in (PACKAGE / module).read_text(encoding="utf-8").lower(), question
