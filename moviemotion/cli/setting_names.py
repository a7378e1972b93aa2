"""What the command line calls the settings that error messages name."""

from __future__ import annotations

from collections.abc import Mapping

SETTING_NAMES: Mapping[str, str] = {
    "baseline": "--baseline",
    "data": "--data",
    "formats": "--to",
    "frame_rate": "--fps",
    "network": "--network",
    "offsets": "--offset",
    "out": "--out",
    "script": "--script",
    "shots": "--shots",
    "subtitle_track": "--subtitle-track",
    "subtitles": "--subtitles",
    "timing_sheet": "--timing-sheet",
}
"""Parameter of a function → option of the command that sets it; the others are spelled alike."""
