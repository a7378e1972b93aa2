from __future__ import annotations

from pathlib import Path

import pytest

from moviemotion._io.text_decoding import read_text, repair_characters
from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.formats.format_registry import read_screenplay

CASES = Path(__file__).parents[2] / "shared" / "cases" / "scripts"


@pytest.mark.parametrize(
    ("damaged", "repaired"),
    [
        ("Ann \x97 waits", "Ann — waits"),
        ("Ann â€” waits", "Ann — waits"),
        ("â€œYesâ€\x9d, itâ€™s â€¦", "“Yes”, it’s …"),
        ("Ã‰LODIE, cafÃ©", "ÉLODIE, café"),
        ("Ðš Ð½ÐµÐ¼Ñƒ", "К нему"),
        ("e\u0301te\u0301", "été"),
        ("IRMÃ… “AMANHÔ", "IRMÃ… “AMANHÔ"),
        ("ÉLODIE — Кухня — 카페", "ÉLODIE — Кухня — 카페"),
        ("plain", "plain"),
        ("\u200bINT. A\u00adTTIC\ufeff \u202bפנים\u202c", "INT. ATTIC פנים"),
        ("INT.\u00a0CAR\u2003-\u202fDAY", "INT. CAR - DAY"),
        ("«\u00a0Oui\u00a0»,\u00a0ANN\u202f?", "«\u00a0Oui\u00a0», ANN\u202f?"),
        ("می\u200cخواهم 👩\u200d🚀 AN\u200dN\u200c", "می\u200cخواهم 👩\u200d🚀 ANN"),
        ("ＩＮＴ．　Ｃａｒ Ｓ＃１２．　喫茶店", "INT.　Car S#12.　喫茶店"),
        ("𝐈𝐍𝐓. 𝘾𝙖𝙧, ﬁnd, ½", "INT. Car, find, ½"),
    ],
)
def test_double_encoding_is_undone(damaged: str, repaired: str) -> None:
    assert repair_characters(damaged) == repaired


@pytest.mark.parametrize("name", ["caf\udce9.fountain", "a\x07.pdf", "a\u2028b.fdx"])
def test_names_that_cannot_be_stored_are_refused(tmp_path: Path, name: str) -> None:
    """Names from old archives can be in an encoding that is not the system's."""
    path = tmp_path / name
    path.write_text("INT. A\n\nANN\nYes.\n", encoding="utf-8")
    with pytest.raises(MoviemotionError, match="rename the file") as refused:
        read_screenplay(path)
    assert str(refused.value).isprintable()


def test_double_encoded_files_are_repaired(tmp_path: Path) -> None:
    path = tmp_path / "film.fountain"
    twice = "INT. CAFÉ – DAY\n\nANN\nIt’s — so.\n".encode().decode("cp1252").encode()
    path.write_bytes(twice)
    assert read_text(path, "screenplay", "Fountain") == "INT. CAFÉ – DAY\n\nANN\nIt’s — so.\n"


@pytest.mark.skipif(not CASES.is_dir(), reason="needs ../shared/cases/scripts")
def test_reported_case() -> None:
    assert read_screenplay(CASES / "control_characters/c1.fountain").elements[1].text == "Ann — waits."


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\v", "\v\r\n"])
def test_line_ends_of_word_processors(tmp_path: Path, end: str) -> None:
    path = tmp_path / "film.fountain"
    path.write_text(f"INT. CAFÉ{end}{end}ANN{end}So.", encoding="utf-8", newline="")
    assert read_text(path, "screenplay", "Fountain") == "INT. CAFÉ\n\nANN\nSo."
