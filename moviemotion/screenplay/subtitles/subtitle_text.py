"""The text of one subtitle, separated into spoken words, speaker names and sound descriptions."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SOUND = re.compile(r"\[[^\]]{0,300}\]|\([^)]{0,300}\)|（[^）]{0,300}）|【[^】]{0,300}】")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s++([^<>]+)>")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<\d[\d:.]*>|\{[^{}]*\}")
_MUSIC = re.compile(r"[♪♫¶#]+")
_SPEAKER = re.compile(r"^([A-Z][A-Z0-9 .,'’&-]{0,30}|\[[^\]]+\]|\([^)]+\)):(?=\s|$)\s*")
_DASH = re.compile(r"^\s*[-–—‐]+\s*(?=\S)")


@dataclass(frozen=True)
class SubtitleContent:
    """The content of one subtitle.

    Attributes:
        text: the spoken words; each change of speaker starts a new line.
        speakers: the speaker of each line of the text; None if the subtitle does not name one.
        sounds: descriptions of sounds, music and manner of speaking.
    """

    text: str
    speakers: tuple[str | None, ...]
    sounds: tuple[str, ...]


def parse_subtitle_text(raw: str, default_speaker: str | None = None) -> SubtitleContent:
    r"""Separate a subtitle's text into spoken words, speakers and sounds.

    A dash or a name at the start of a line marks a change of speaker.

    Args:
        raw: the text of the subtitle as stored in the file.
        default_speaker: the speaker from the file's speaker field (ASS), used for lines without a speaker
            name.

    Example:
        >>> parse_subtitle_text("- ANNA: No. [door slams]\n- Yes.")
        SubtitleContent(text='No.\nYes.', speakers=('ANNA', None), sounds=('door slams',))
    """
    sounds: list[str] = []
    speeches: list[str] = []
    speakers: list[str | None] = []

    def collect_sound(match: re.Match[str]) -> str:
        if described := match[0][1:-1].strip():
            sounds.append(described)
        return ""

    for line in _TAG.sub("", _VOICE.sub(_voice_to_speaker, raw)).splitlines():
        undashed = _DASH.sub("", line.strip())
        named = _SPEAKER.match(undashed)
        bare = _SOUND.sub(collect_sound, undashed[named.end() :] if named else undashed)
        if _MUSIC.search(bare):
            sounds.append("music")
        bare = _MUSIC.sub("", bare).strip()
        # A speaker can also be named after a sound: "[sighs] ANNA: No."
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
    """Convert a WebVTT voice tag to the speaker notation of other formats."""
    return f"[{match[1].strip()}]: "
