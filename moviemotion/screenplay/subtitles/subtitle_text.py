"""Take a subtitle apart: the words spoken, who speaks them, and the sounds described."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SOUND = re.compile(r"\[[^\]]*\]|\([^)]*\)|（[^）]*）|【[^】]*】")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")
_TAG = re.compile(r"</?[a-zA-Z][^>]*>|<\d[\d:.]*>|\{[^}]*\}")
_MUSIC = re.compile(r"[♪♫¶#]+")
_SPEAKER = re.compile(r"^([A-Z][A-Z0-9 .,'’&-]{0,30}|\[[^\]]+\]|\([^)]+\)):(?=\s|$)\s*")
_DASH = re.compile(r"^\s*[-–—‐]+\s*(?=\S)")


@dataclass(frozen=True)
class SubtitleContent:
    """What one subtitle holds.

    Attributes:
        text: the words spoken; a newline stands where the speaker changes.
        speakers: who says each line of the text, as far as the subtitle says; None where it does not.
        sounds: sounds, music and manners of speaking, as described.
    """

    text: str
    speakers: tuple[str | None, ...]
    sounds: tuple[str, ...]


def parse_subtitle_text(raw: str, default_speaker: str | None = None) -> SubtitleContent:
    """The words, speakers and sounds of a subtitle's text.

    A dash or a name at the start of a line is a change of speaker.

    Args:
        speaker: who speaks by the file's own field (ASS), where no line says so itself.
    """
    sounds: list[str] = []
    speeches: list[str] = []
    speakers: list[str | None] = []

    def hear(match: re.Match[str]) -> str:
        if described := match[0][1:-1].strip():
            sounds.append(described)
        return ""

    for line in _TAG.sub("", _VOICE.sub(_voice_to_speaker, raw)).splitlines():
        undashed = _DASH.sub("", line.strip())
        named = _SPEAKER.match(undashed)
        bare = _SOUND.sub(hear, undashed[named.end() :] if named else undashed)
        if _MUSIC.search(bare):
            sounds.append("music")
        bare = _MUSIC.sub("", bare).strip()
        # "[sighs] ANNA: No." names its speaker after the sound.
        late = None if named else _SPEAKER.match(bare)
        bare = bare[late.end() :] if late else bare
        bare = _DASH.sub("", bare).strip()
        who = (named or late or [None, None])[1]
        if not bare:
            continue
        if named or late or undashed != line.strip() or not speeches:
            speeches.append(bare)
            speakers.append(who.strip("[]() ") if who else default_speaker)
        else:
            speeches[-1] += " " + bare
    return SubtitleContent("\n".join(speeches), tuple(speakers), tuple(dict.fromkeys(sounds)))


def _voice_to_speaker(match: re.Match[str]) -> str:
    """A WebVTT voice as other files write it."""
    return f"[{match[1].strip()}]: "
