"""Read the subtitle track embedded in a film file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av

from moviemotion.errors import MoviemotionError, SettingError

VIDEO_SUFFIXES = (
    ".mkv",
    ".mks",
    ".mp4",
    ".m4v",
    ".mov",
    ".webm",
    ".avi",
    ".ts",
    ".mpg",
    ".mpeg",
    ".vob",
    ".ogm",
)
_NAME_FIELD, _TEXT_FIELD = 3, 8
"""Indices of the name and the text in an ASS event as returned by FFmpeg, whose fields are order, layer,
style, name, three margins, effect and text."""


@dataclass(frozen=True)
class RawSubtitle:
    """A subtitle as stored in the file.

    Attributes:
        start, end: seconds of film time.
        text: the lines of the subtitle, with tags.
        speaker: the speaker, if the format has a field for it.
    """

    start: float
    end: float
    text: str
    speaker: str | None = None


def read_embedded_subtitles(path: Path, track: int | None = None) -> list[RawSubtitle]:
    """Read the subtitles of a film's text track.

    Args:
        path: the film.
        track: number of the text track, counting from 1; needed only if there are several.

    Raises:
        MoviemotionError: the file is missing or is not a film, the track does not exist, or the subtitles are
            images.
    """
    try:
        with av.open(str(path)) as film:
            stream = _choose_text_track(film, track, path)
            found = []
            for packet in film.demux(stream):
                if packet.pts is None or packet.time_base is None:
                    continue
                start = float(packet.pts * packet.time_base)
                end = start + float((packet.duration or 0) * packet.time_base)
                found += [
                    _parse_ass_event(start, end, each.ass) for each in packet.decode() if each.type == b"ass"
                ]
            return found
    except FileNotFoundError:
        raise MoviemotionError(f"{path}: no such file; check the film's path") from None
    except (av.error.FFmpegError, OSError):
        raise MoviemotionError(
            f"{path}: the film cannot be read; give the subtitles as a SubRip file (.srt)"
        ) from None


def _choose_text_track(
    film: av.container.InputContainer, track: int | None, path: Path
) -> av.subtitles.stream.SubtitleStream:
    streams = list(film.streams.subtitles)
    texts = [stream for stream in streams if stream.codec_context.codec.text_sub]
    if not streams:
        raise MoviemotionError(f"{path}: the film has no subtitle track; give a SubRip file (.srt)")
    if not texts:
        raise MoviemotionError(
            f"{path}: the subtitles are images ({streams[0].codec_context.name}); convert them to SubRip "
            "(.srt) with a subtitle editor's text recognition"
        )
    if (track is None and len(texts) > 1) or (track is not None and not 1 <= track <= len(texts)):
        named = ", ".join(f"{k} {stream.language or 'unnamed'}" for k, stream in enumerate(texts, 1))
        raise SettingError(
            "subtitle-track",
            "{path}: contains {count} subtitle tracks; set {subtitle_track} to one of them: {tracks}",
            path=path,
            count=len(texts),
            tracks=named,
        )
    return texts[(track or 1) - 1]


def _parse_ass_event(start: float, end: float, event: bytes) -> RawSubtitle:
    fields = event.decode("utf-8", errors="replace").split(",", _TEXT_FIELD)
    text = fields[-1].replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " ")
    return RawSubtitle(start, end, text, fields[_NAME_FIELD].strip() or None)
