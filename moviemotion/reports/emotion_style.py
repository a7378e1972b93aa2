"""How a feeling looks: a word, a symbol, a dash and a colour for light and for dark paper.

Colour is never the only sign. Each colour stands at least 3 : 1 against its paper, and the deck's three
(happy, surprise, sad) stay apart under protanopia, deuteranopia and tritanopia.
"""

from __future__ import annotations

from dataclasses import dataclass

from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion

LIGHT_BACKGROUND = "#ffffff"
DARK_BACKGROUND = "#1b1d22"


@dataclass(frozen=True)
class EmotionStyle:
    """How one feeling looks.

    Attributes:
        symbol: one character that text fonts carry.
        light, dark: colour as #rrggbb on `LIGHT_PAPER` and on `DARK_PAPER`.
        dash: line pattern in pixels, drawn and blank in turn, or `none` (SVG's `stroke-dasharray`).
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
"""The feelings a chart shows at first: the deck's, less neutral."""


def css_variables(dark: bool) -> str:
    """The palette as CSS declarations: `--happy: #b36200; …`."""
    return " ".join(f"--{f}: {PALETTE[f].dark if dark else PALETTE[f].light};" for f in NON_NEUTRAL_EMOTIONS)
