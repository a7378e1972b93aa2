"""Recognize what is said in a film, as far as its script tells what to expect.

The recognizer is PocketSphinx with the English acoustic model of its package (extra `speech`). Instead of its
general language model it uses one made from the script's dialogue. It therefore hears the script's words even
where others are spoken, so its words are only evidence for the alignment, which knows the script's order and
doubts isolated lines.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.film_sound import SAMPLE_RATE, Float32Array, read_sound
from moviemotion.screenplay.subtitles.parse import Subtitle
from moviemotion.screenplay.subtitles.voice_fit import STEP_SECONDS

_MIN_VOICE = 0.3
"""Least probability of speech in a stretch that is recognized."""
_MARGIN_SECONDS, _MAX_STRETCH_SECONDS = 0.3, 30.0
"""Sound added at both ends of a stretch, and its longest length; a longer one is split."""
_MIN_KNOWN_SHARE = 0.8
"""Least share of the script's words in the English dictionary; below it, the script is not in English."""
_MAX_PAUSE_SECONDS, _MAX_PHRASE_WORDS = 0.4, 8
"""A phrase ends at a longer pause, or after this many words."""
_LETTERS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_VARIANT = re.compile(r"\(\d+\)$")

Word = tuple[str, float, float]
"""A word, and the film time of its start and end in seconds."""


class SpeechNotRecognizedError(MoviemotionError):
    """The speech of a film cannot be recognized; the message says why, as part of a sentence."""


def recognize_speech(
    film: Path,
    voice: Float32Array,
    dialogue: Sequence[str],
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[Subtitle, ...]:
    """Recognize the words of a script in the sound of a film.

    One core recognizes about two minutes of speech per minute. Only one stretch of at most 30 s is held in
    memory.

    Args:
        film: the film.
        voice: (T,) probability that somebody speaks, as returned by `detect_voice`.
        dialogue: the lines of the script.
        progress: called with the number of seconds of film that are done, and their total.

    Returns:
        Phrases of at most eight recognized words, in chronological order.

    Raises:
        SpeechNotRecognizedError: the recognizer is not installed, or the script is not in English.
        MoviemotionError: the film cannot be read.
    """
    decoder = _make_decoder(dialogue)
    words: list[Word] = []
    total = round(len(voice) * STEP_SECONDS)
    for start, samples in _cut(read_sound(film), speech_stretches(voice)):
        words += _decode(decoder, samples, start)
        progress(min(round(start + len(samples) / SAMPLE_RATE), total), total)
    return tuple(_phrases(words))


def speech_stretches(voice: Float32Array) -> list[tuple[float, float]]:
    """Start and end, in seconds, of the stretches in which somebody may speak, at most 30 s long each."""
    speaking = np.flatnonzero(voice >= _MIN_VOICE) * STEP_SECONDS
    stretches: list[tuple[float, float]] = []
    for time in speaking.tolist():
        start, end = max(time - _MARGIN_SECONDS, 0.0), time + STEP_SECONDS + _MARGIN_SECONDS
        if stretches and start <= stretches[-1][1]:
            first = stretches[-1][0]
            if end - first <= _MAX_STRETCH_SECONDS:
                stretches[-1] = first, end
                continue
            start = stretches[-1][1]
        stretches.append((start, end))
    return stretches


def _cut(
    sound: Iterable[tuple[float, Float32Array]], stretches: Iterable[tuple[float, float]]
) -> Iterator[tuple[float, Float32Array]]:
    """The samples of each stretch, with its start; silence where the film has no sound."""
    waiting = iter(stretches)
    stretch = next(waiting, None)
    samples = _silence(stretch)
    for time, piece in sound:
        while stretch is not None:
            offset = round((time - stretch[0]) * SAMPLE_RATE)
            first, last = max(offset, 0), min(offset + len(piece), len(samples))
            if first < last:
                samples[first:last] = piece[first - offset : last - offset]
            if offset + len(piece) < len(samples):
                break
            yield stretch[0], samples
            stretch = next(waiting, None)
            samples = _silence(stretch)
    if stretch is not None:
        yield stretch[0], samples


def _silence(stretch: tuple[float, float] | None) -> Float32Array:
    seconds = stretch[1] - stretch[0] if stretch else 0.0
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


def _make_decoder(dialogue: Sequence[str]) -> Any:
    """A recognizer whose language model and dictionary contain the words of the script only."""
    try:
        from pocketsphinx import Decoder, get_model_path
        from pocketsphinx.lm import ArpaBoLM
    except ImportError:
        raise SpeechNotRecognizedError(
            "no speech recognizer is installed; run pip install 'moviemotion[speech]'"
        ) from None
    lines = [[word.lower().replace("’", "'") for word in _LETTERS.findall(text)] for text in dialogue]
    spoken = {word for line in lines for word in line}
    entries: dict[str, list[str]] = {}
    with Path(get_model_path("en-us/cmudict-en-us.dict")).open(encoding="utf-8") as dictionary:
        for entry in dictionary:
            word = _VARIANT.sub("", entry.split(maxsplit=1)[0])
            if word in spoken:
                entries.setdefault(word, []).append(entry)
    count = sum(map(len, lines))
    known = sum(word in entries for line in lines for word in line)
    if known < max(_MIN_KNOWN_SHARE * count, 1):
        raise SpeechNotRecognizedError(
            "only English can be recognized, and the script is in another language"
        )
    sentences = (" ".join(word for word in line if word in entries) for line in lines)
    model = ArpaBoLM(text="\n".join(f"<s> {sentence} </s>" for sentence in sentences if sentence))
    model.compute()
    with tempfile.TemporaryDirectory() as folder:
        language, words = Path(folder) / "script.arpa", Path(folder) / "script.dict"
        model.write_file(str(language))
        words.write_text("".join("".join(entries[word]) for word in sorted(entries)), encoding="utf-8")
        return Decoder(hmm=get_model_path("en-us/en-us"), lm=str(language), dict=str(words), loglevel="FATAL")


def _decode(decoder: Any, samples: Float32Array, start: float) -> Iterator[Word]:
    decoder.start_utt()
    decoder.process_raw((samples.clip(-1, 1) * 32767).astype(np.int16).tobytes(), full_utt=True)
    decoder.end_utt()
    rate = decoder.config["frate"]
    for segment in decoder.seg():
        if segment.word[0] not in "<[":  # silence and noise
            begin, end = start + segment.start_frame / rate, start + (segment.end_frame + 1) / rate
            yield _VARIANT.sub("", segment.word), begin, end


def _phrases(words: Sequence[Word]) -> Iterator[Subtitle]:
    phrase: list[Word] = []
    for word in words:
        if phrase and (word[1] - phrase[-1][2] > _MAX_PAUSE_SECONDS or len(phrase) >= _MAX_PHRASE_WORDS):
            yield _subtitle(phrase)
            phrase = []
        phrase.append(word)
    if phrase:
        yield _subtitle(phrase)


def _subtitle(phrase: Sequence[Word]) -> Subtitle:
    return Subtitle(phrase[0][1], phrase[-1][2], " ".join(word for word, _, _ in phrase))
