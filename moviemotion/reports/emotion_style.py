"""The style of each emotion in all reports: symbol, line pattern, and colors for light and dark backgrounds.

Color is never the only distinguishing feature. Each color has a contrast of at least 3:1 with its background,
and the three emphasized colors (happy, surprise, sad) remain distinct under protanopia, deuteranopia and
tritanopia.
"""

from __future__ import annotations

from dataclasses import dataclass

from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion

LIGHT_BACKGROUND = "#ffffff"
DARK_BACKGROUND = "#1b1d22"


@dataclass(frozen=True)
class EmotionStyle:
    """The style of one emotion.

    Attributes:
        symbol: one character that common text fonts contain.
        light: color as #rrggbb on `LIGHT_BACKGROUND`.
        dark: color as #rrggbb on `DARK_BACKGROUND`.
        dash: line pattern in pixels, alternately drawn and blank, or `none` (SVG's `stroke-dasharray`).
    """

    symbol: str
    light: str
    dark: str
    dash: str


PALETTE: dict[Emotion, EmotionStyle] = {
    Emotion.HAPPY: EmotionStyle("●", "#b36200", "#f5b341", "none"),
    Emotion.SURPRISE: EmotionStyle("◆", "#00806b", "#3fd0b0", "7 3"),
    Emotion.SAD: EmotionStyle("▼", "#2f5fd0", "#86aaff", "2 2"),
    Emotion.ANGER: EmotionStyle("▲", "#c22f2f", "#ff7d6e", "8 3 2 3"),
    Emotion.DISGUST: EmotionStyle("■", "#566300", "#a3b43c", "12 4"),
    Emotion.FEAR: EmotionStyle("✚", "#6a2c9b", "#c79bf5", "12 3 2 3"),
    Emotion.CONTEMPT: EmotionStyle("✕", "#b5387f", "#f58cc4", "4 2"),
}

EMPHASIZED: tuple[Emotion, ...] = (Emotion.HAPPY, Emotion.SURPRISE, Emotion.SAD)
"""The emotions that a chart shows initially: those of the proposal, except neutral."""


def css_variables(dark: bool) -> str:
    """Write the palette as CSS declarations: `--happy: #b36200; …`."""
    return " ".join(f"--{f}: {PALETTE[f].dark if dark else PALETTE[f].light};" for f in NON_NEUTRAL_EMOTIONS)
