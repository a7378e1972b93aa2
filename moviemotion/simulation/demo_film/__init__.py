"""The demo film: "Parrot Light", a screenplay that was written for this project and has never been filmed."""

from pathlib import Path

SCREENPLAY = Path(__file__).with_name("parrot-light.fountain")
SUBTITLES = Path(__file__).with_name("parrot-light.srt")
EMOTION_SCHEDULE = Path(__file__).with_name("emotion-schedule.csv")
"""The emotions that the film evokes, for `synthetic_audience.read_emotion_schedule`."""
DURATION = 150
"""Length of the film in seconds."""
