"""Choose the video track of a file that shows the audience."""

from __future__ import annotations

from collections.abc import Sequence

import av
from av.audio.stream import AudioStream
from av.stream import Disposition
from av.video.stream import VideoStream

NO_RECORDING = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
"""Kinds of video track that are pictures beside a recording."""
MIN_LENGTH_SHARE = 0.5
"""A track that is shorter than this fraction of the longest one is not the recording."""
LOOKS = 4
"""Number of places in a file at which it is seen whether a track shows anything."""
BLANK_CONTRAST = 3.0
"""Standard deviation of a reduced picture's gray levels below which it shows nothing (a covered lens)."""


def recording_tracks(container: av.container.InputContainer) -> list[VideoStream]:
    """The tracks of a file that may be recordings, with the one that players show first.

    Cover pictures and thumbnails are left out, and so are tracks that the file declares to be much shorter
    than the longest one.

    Args:
        container: the open file or stream.
    """
    tracks = [track for track in container.streams.video if not track.disposition & NO_RECORDING]
    lengths = [declared_length(track) for track in tracks]
    known = [length for length in lengths if length is not None]
    enough = MIN_LENGTH_SHARE * max(known, default=0.0)
    tracks = [
        track for track, length in zip(tracks, lengths, strict=True) if length is None or length >= enough
    ]
    best = container.streams.best("video")
    return sorted(tracks, key=lambda track: track is not best)


def longest_tracks(container: av.container.InputContainer, tracks: Sequence[VideoStream]) -> list[int]:
    """The indices of the tracks that are about as long as the longest one; reads the whole file.

    Args:
        container: the open file, which is read to its end.
        tracks: its video tracks, at least one.
    """
    spans: dict[int, tuple[float, float]] = {}
    try:
        for packet in container.demux(*tracks):
            stamp = packet.dts if packet.pts is None else packet.pts
            if stamp is not None and packet.time_base is not None:
                time = float(stamp * packet.time_base)
                first, last = spans.get(packet.stream_index, (time, time))
                spans[packet.stream_index] = min(first, time), max(last, time)
    except av.error.FFmpegError:
        pass  # a damaged file is compared up to the damage
    enough = MIN_LENGTH_SHARE * max((last - first for first, last in spans.values()), default=0.0)
    return [index for index, (first, last) in spans.items() if last - first >= enough]


def is_blank(container: av.container.InputContainer, track: VideoStream) -> bool:
    """Whether a track shows nothing at several places of the file; False if none of them can be decoded.

    Args:
        container: the open file, which is left at one of these places.
        track: one of its video tracks.
    """
    contrasts = []
    for look in range(LOOKS):
        try:
            container.seek(round(look / LOOKS * (container.duration or 0)), any_frame=False)
            picture = next(container.decode(track))
        except (av.error.FFmpegError, StopIteration):
            continue
        contrasts.append(float(picture.reformat(24, 16, "gray").to_ndarray().std()))
    return bool(contrasts) and max(contrasts) < BLANK_CONTRAST


def declared_length(track: VideoStream | AudioStream) -> float | None:
    """The length of a track in seconds; None if the file does not declare it."""
    if track.duration is not None and track.time_base is not None:
        return float(track.duration * track.time_base)
    try:  # as Matroska files declare it
        hours, minutes, seconds = track.metadata.get("DURATION", "").split(":")
        return 3600 * int(hours) + 60 * int(minutes) + float(seconds)
    except ValueError:
        return None
