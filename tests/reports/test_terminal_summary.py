from __future__ import annotations

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


def test_summary_stays_within_sixteen_lines(make):
    problems = tuple(f"seat-{k}.mp4: not a video." for k in range(30))
    lines = summary_lines(make(moments=12, problems=problems))
    assert len(lines) <= 16
    assert any("and 6 more moments" in line for line in lines)
    assert lines[-1].strip() == "and 27 more problems"


def test_summary_without_a_conclusion(make):
    analysis = make(viewers=1, conclusive=False, scenes=0)
    lines = summary_lines(analysis)
    assert lines[1] == f"Not enough viewers. {analysis.moment_search.conclusion}"
    assert not any("nan" in line.lower() for line in lines)
