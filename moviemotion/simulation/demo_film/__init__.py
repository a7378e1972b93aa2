"""The demo film: "Parrot Light", a screenplay written for this project, of which no footage exists."""

from pathlib import Path

SCREENPLAY = Path(__file__).with_name("parrot-light.fountain")
SUBTITLES = Path(__file__).with_name("parrot-light.srt")
EMOTION_SCHEDULE = Path(__file__).with_name("emotion-schedule.csv")
"""The emotions that the film evokes, for `synthetic_audience.read_emotion_schedule`."""
DURATION = 150
"""Seconds."""
