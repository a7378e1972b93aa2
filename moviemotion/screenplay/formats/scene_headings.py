"""Scene headings in the forms and languages in which people write them.

Fountain knows INT., EXT. and their combinations. Screenplays in other languages have their own words for
them (INNEN., НАТ., 内景), put them after the place (KÜCHE – INNEN/TAG), or only number their scenes
(S#1. 카페 - 낮).
"""

from __future__ import annotations

import re

_ABBREVIATIONS = """
    INT EXT EST I/E I/A
    ENT EKS EKST INNE UTE INDE UDE INNI ÚTI SIS SISÄ ULKO BEL KÜL WN PL DLM BINNEN BUITEN NỘI NGOẠI
    İÇ DIŞ IÇ IC DIS ΕΣ ΕΞ ΕΣΩΤ ΕΞΩΤ
    ИНТ ЭКСТ НАТ ПАВ ІНТ ЕКСТ ЕНТ ЕКС
    داخلي خارجي داخلی خارجی פנים חוץ 실내 실외 内 外 內
"""
"""Words for interior and exterior that need a mark after them (INNE., UTE/), as they start names too."""
_WORDS = """
    INTERIOR EXTERIOR INTÉRIEUR EXTÉRIEUR INTERIEUR EXTERIEUR INTERNO ESTERNO INTERNI ESTERNI INNEN AUSSEN
    AUßEN AUẞEN INTERIÖR EXTERIÖR INTERIØR EKSTERIØR SISÄLLÄ ULKONA INTERIÉR EXTERIÉR WNĘTRZE PLENER
    BELSŐ KÜLSŐ ENTERIJER EKSTERIJER INTERIJER ΕΣΩΤΕΡΙΚΟ ΕΞΩΤΕΡΙΚΟ ΕΣΩΤΕΡΙΚΌ ΕΞΩΤΕΡΙΚΌ
    ИНТЕРЬЕР ЭКСТЕРЬЕР НАТУРА ПАВИЛЬОН ИНТЕРИЕР ЕКСТЕРИЕР ІНТЕР'ЄР ЕКСТЕР'ЄР
    内景 外景 內景 室内 室外 室內 屋内 屋外
"""
"""Words for interior and exterior that are unlikely to mean anything else at the start of a line."""
_TIMES = """
    DAY NIGHT MORNING EVENING DAWN DUSK AFTERNOON NOON MIDDAY MIDNIGHT SUNSET SUNRISE LATER CONTINUOUS SAME
    TAG NACHT MORGEN ABEND MITTAG NACHMITTAG VORMITTAG DÄMMERUNG MORGENDÄMMERUNG ABENDDÄMMERUNG
    JOUR NUIT MATIN SOIR MIDI AUBE CRÉPUSCULE SOIRÉE DÍA DIA NOCHE TARDE MAÑANA AMANECER ATARDECER
    GIORNO NOTTE MATTINA SERA ALBA TRAMONTO POMERIGGIO NOITE MANHÃ ENTARDECER ANOITECER
    DAG NATT KVÄLL MORGON KVELD AFTEN NAT AVOND OCHTEND MIDDAG PÄIVÄ YÖ ILTA AAMU
    DZIEŃ NOC WIECZÓR PORANEK RANO DEN VEČER RÁNO NAPPAL ÉJSZAKA ESTE REGGEL ZI NOAPTE GÜN GECE SABAH AKŞAM
    ΗΜΕΡΑ ΜΕΡΑ ΝΥΧΤΑ ΒΡΑΔΥ ΠΡΩΙ ΗΜΈΡΑ ΜΈΡΑ ΝΎΧΤΑ ΒΡΆΔΥ ΠΡΩΊ NGÀY ĐÊM
    ДЕНЬ НОЧЬ УТРО ВЕЧЕР ВЕЧІР НІЧ РАНОК ДЕН НОЩ
    낮 밤 아침 저녁 새벽 昼 夜 朝 夕 日 晨 黄昏 傍晚 نهار ليل روز شب יום לילה
"""
_SCENE_WORDS = """
    SCENE SC SCN SZENE BILD SCÈNE SÉQUENCE SÉQ SEQUENCE SEQ ESCENA SECUENCIA SEC SCENA SEQUENZA CENA SEQUÊNCIA
    SCEN SCÉNA OBRAZ KOHTAUS JELENET SAHNE СЦЕНА ЭПИЗОД ΣΚΗΝΗ CẢNH مشهد סצנה 씬 장면 シーン 场景 場景
"""


def _any_of(words: str, without: tuple[str, ...] = ()) -> str:
    """A regular expression for any of the words, the longest first."""
    wanted = (word for word in words.split() if word not in without)
    return "|".join(re.escape(word) for word in sorted(wanted, key=len, reverse=True))


_ANY = _any_of(_ABBREVIATIONS + _WORDS)
_AND = r"\.? ?[/&+,–—-] ?"
_NUMBER = r"[A-Z]{0,2}\d{1,4}[A-Z]{0,2}(?:[-–,&/.][A-Z]?\d{1,4}[A-Z]{0,2})?"
_LABEL = re.compile(
    rf"(?:S#|#(?=\d)|(?:{_any_of(_SCENE_WORDS)})(?![^\W\d])\.?)"
    rf"\s{{0,3}}[#№]?\s{{0,3}}({_NUMBER}|[IVXLC]{{1,7}}(?![^\W\d]))"
    r"(?!\w)[.:)：、]?",
    re.IGNORECASE,
)
"""A scene word or sign with a number, such as SCENE 12, S#1. or SÉQ. 4."""
_SHORT_SCENE_WORD = re.compile(r"(?:SC|SCN|SEC|SEQ|SÉQ)\b", re.IGNORECASE)
"""Scene words that are also parts of names, such as SEC 2 for a second secretary."""
_CHINESE_LABEL = re.compile(r"第\s?([\d一二三四五六七八九十百零]{1,6})\s?[场場]")
_CHINESE_NUMBER = re.compile(r"(\d{1,3}(?:[-－]\d{1,3})?)[、.．]?\s{0,3}")
_CHINESE_PLACE = re.compile(
    r"(?:^|[\s/，,.。、])(?:日|夜|晨|昏|黄昏|傍晚)?[\s/，,.。、]?[内外內](?:景)?(?:[\s/，,.。、]|$)"
)
_LEADING_NUMBER = re.compile(rf"[(\[]?({_NUMBER})[)\]]?[.):]?(?:\s{{1,40}}|\s?[–—-]\s?)(?=\S)")
_CIRCLE = re.compile(r"[○〇◯]\s?(?=\w)")
"""The mark of Japanese scene headings."""
_FOUNTAIN_PREFIX = re.compile(r"(?:INT|EXT|EST|INT\.?/EXT|EXT\.?/INT|I/E)[. ]", re.IGNORECASE)
_LOWER_CASE_PREFIX = re.compile(r"(?:int|ext)\.(?:/(?:int|ext)\.)? \S")
_PREFIX = re.compile(
    rf"(?:(?:{_ANY})(?:{_AND}(?:{_ANY}))?(?:[.:/,;。：、]|\s?[–—-]|\s\|)|(?:{_any_of(_WORDS)})\s)\s*\S"
)
"""Capitals at the start of a line, such as INNEN/AUSSEN. or ИНТ. –, and something after them."""
_TITLE_CASE_PREFIX = re.compile(rf"(?:{_any_of((_WORDS + 'INT EXT').title())})[.:/]\s?\S")
_FOREIGN = _any_of(_ABBREVIATIONS + _WORDS, without=("INT", "EXT", "EST"))
_AFTER_PLACE = re.compile(
    rf"[–—./,|-]\s?(?:{_FOREIGN})(?:[./,|–—-]|\s?[/|–—-]|\s(?:{_any_of(_TIMES)})(?!\w)|$)"
)
"""A foreign word for interior or exterior after the place, as in KÜCHE – INNEN/TAG."""
_INT_AFTER_PLACE = re.compile(
    rf"[–—./,|(-]\s?(?:INT|EXT)[. ]{{0,2}}[/–—-]?\s?(?:{_any_of(_TIMES)})(?!\w)|[–—/|-]\s?(?:INT|EXT)\.?$"
)
"""INT. or EXT. after the place, as in CUISINE – INT. JOUR."""
TIME_OF_DAY = re.compile(rf"[-–—,./]\s{{0,3}}(?:{_any_of(_TIMES)})(?!\w)")
"""A time of day after a place, as in KITCHEN - NIGHT."""


def has_fountain_prefix(text: str) -> bool:
    """Whether a line starts like a scene heading by Fountain's own rules (INT., EXT., EST., I/E)."""
    return bool(_FOUNTAIN_PREFIX.match(text))


def split_heading(text: str, any_case: bool = True) -> tuple[str | None, str] | None:  # noqa: PLR0911 - one return per form
    """Split a scene heading of any known form into its scene number and its text.

    Args:
        text: the line without emphasis and surrounding whitespace.
        any_case: whether INT. and EXT. count in any letter case, as in Fountain. In other files, a line of
            a paragraph can start with "est" or "ext".

    Returns:
        The number before the heading (or None) and the heading without it; None if the line is not certainly
        a heading.

    Example:
        >>> split_heading("S#12. 카페 - 낮")
        ('12', '카페 - 낮')
    """
    if (
        has_fountain_prefix(text) and (any_case or text[:2].isupper() or text[1] == "/")
    ) or _starts_with_word(text):
        return None, text
    if label := _LABEL.match(text) or _CHINESE_LABEL.match(text):
        rest = text[label.end() :].lstrip(" \t.:：、–—-")
        if label[0].startswith("#") and not _is_east_asian(rest):
            return None  # in other scripts, such lines are sections or items of a list
        return _split_label(label[1], text, rest)
    if circle := _CIRCLE.match(text):
        return None, text[circle.end() :]
    if number := _LEADING_NUMBER.match(text):
        rest = text[number.end() :]
        if _names_interior_or_exterior(rest, any_case=True):
            return number[1], rest
    if (number := _CHINESE_NUMBER.match(text)) and _is_east_asian(rest := text[number.end() :]):
        return (number[1], rest) if _CHINESE_PLACE.search(rest) else None
    return (None, text) if _names_interior_or_exterior(text) else None


def _split_label(number: str, text: str, rest: str) -> tuple[str | None, str] | None:
    """Split a line that starts with a scene word and a number."""
    if rest and _names_interior_or_exterior(rest, any_case=True):
        return number, rest
    if text[0].islower() or _SHORT_SCENE_WORD.match(text):
        return None
    if not rest:
        return (number, text) if text == text.upper() else None
    # "Scene 12 was shot twice." is a sentence.
    sentence = rest[-1] in ".!?" and not rest.isupper()
    return None if sentence or rest[0].islower() else (number, rest)


def is_scene_label(text: str) -> bool:
    """Whether a line consists of a scene word and a number only, such as SCENE 12."""
    label = _LABEL.fullmatch(text) or _CHINESE_LABEL.fullmatch(text)
    return bool(label) and text == text.upper()


def _starts_with_word(text: str) -> bool:
    """Whether a line starts with a word for interior or exterior: INNEN KÜCHE, INNEN. or Innen."""
    if found := _PREFIX.match(text):
        return not text[found.end() - 1].islower()
    return text[-1:] not in ".!?" and bool(_TITLE_CASE_PREFIX.match(text) or _LOWER_CASE_PREFIX.match(text))


def _names_interior_or_exterior(text: str, any_case: bool = False) -> bool:
    """Whether a heading without number has a word for interior or exterior, before or after the place.

    Args:
        text: the text.
        any_case: whether the line is known to start with a scene number, so that capitals are not needed.
    """
    if (text[:2].isupper() and has_fountain_prefix(text)) or _starts_with_word(text):
        return True
    capitals = text.upper()
    if text != capitals and (not any_case or text[-1:] in ".!?"):
        return False
    return bool(_AFTER_PLACE.search(capitals) or _INT_AFTER_PLACE.search(capitals))


def _is_east_asian(text: str) -> bool:
    """Whether a text starts with a Chinese, Japanese or Korean character."""
    return "\u3040" <= text[:1] <= "\u9fff" or "\uac00" <= text[:1] <= "\ud7af"
