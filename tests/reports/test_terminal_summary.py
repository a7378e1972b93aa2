from __future__ import annotations

from moviemotion.problems import Harm, Problem
from moviemotion.reports.terminal_summary import summary_lines


def test_summary_names_moments_quality_and_problems(analysis):
    lines = summary_lines(analysis)
    assert lines[0].startswith("The Second Spoon: 12 viewers watched")
    assert lines[1] == analysis.moment_search.conclusion
    assert sum("reacted (usually 5 %), p = 0.002" in line for line in lines) == 4
    assert sum("sad (mood) 0." in line for line in lines) == 1
    assert any("Faces seen" in line for line in lines)
    assert any(line.startswith("Script: ") and "scene" in line for line in lines)
    assert lines[-1].endswith("camera skipped")


def test_summary_stays_within_twenty_lines(make):
    problems = tuple(
        Problem(f"kind-{k // 3}", Harm.NOTE, f"not seen for {k} s.", f"seat-{k}.mp4") for k in range(30)
    )
    lines = summary_lines(make(moments=12, problems=problems))
    assert len(lines) <= 20
    assert any("and 6 more moments" in line for line in lines)
    assert lines[-1].strip() == "and 3 more kinds of problems"
    assert lines[-2].strip() == "! seat-18.mp4: not seen for 18 s. (and 2 more such problems)"


def test_the_most_harmful_problems_come_first_and_one_line_names_all_cameras(make):
    late = tuple(Problem("ends-early", Harm.MISSING, f"ends at {k} s", f"seat-{k}.mp4") for k in range(20))
    unseen = tuple(Problem("no-viewer", Harm.MISSING, "no viewer was seen", f"{k}.mp4") for k in "abc")
    double = Problem("doubles", Harm.WRONG, "may be one person", "v1 and v2")
    swap = Problem("seats-exchanged", Harm.NOTE, "exchanged seats", "row.mp4")
    lines = summary_lines(make(problems=(swap, *late, *unseen, double)))
    problems = [line.strip() for line in lines if line.startswith("  ! ")]
    assert problems[0] == "! v1 and v2: may be one person"
    assert problems[-2:] == ["! a.mp4, b.mp4 and c.mp4: no viewer was seen", "! row.mp4: exchanged seats"]
    assert problems[-3].endswith("(and 16 more such problems)")


def test_summary_without_a_conclusion(make):
    analysis = make(viewers=1, conclusive=False, scenes=0)
    lines = summary_lines(analysis)
    assert lines[1] == f"Not enough viewers. {analysis.moment_search.conclusion}"
    assert not any("nan" in line.lower() for line in lines)
