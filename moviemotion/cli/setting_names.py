"""What the command line calls the settings that error messages name."""

from __future__ import annotations

from collections.abc import Mapping

SETTING_NAMES: Mapping[str, str] = {
    "account": "--account NAME",
    "baseline": "--baseline",
    "data": "--data",
    "film": "--film",
    "formats": "--to",
    "frame_rate": "--fps",
    "host": "--host",
    "network": "--network",
    "offsets": "--offset",
    "out": "--out",
    "role": "--role",
    "script": "--script",
    "shots": "--shots",
    "start_timecode": "--start",
    "subtitle_track": "--subtitle-track",
    "subtitles": "--subtitles",
    "timing_sheet": "--timing-sheet",
}
"""Parameter of a function → option of the command that sets it; the others are spelled alike."""
