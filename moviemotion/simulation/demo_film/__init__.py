"""The demo's film, which exists on paper only: "Parrot Light", an original screenplay of ours."""

from pathlib import Path

SCREENPLAY = Path(__file__).with_name("parrot-light.fountain")
SUBTITLES = Path(__file__).with_name("parrot-light.srt")
EMOTION_SCHEDULE = Path(__file__).with_name("feelings.csv")
"""What the film makes people feel, for `moviemotion.simulation.synthetic_audience.read_feeling_script`."""
DURATION = 150
