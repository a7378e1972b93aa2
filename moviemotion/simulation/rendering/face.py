"""Synthetic people: their permanent features (`Identity`) and facial expressions (`Expression`).

An expression is a set of action units (AU) of the Facial Action Coding System (Ekman & Friesen, 1978). Each
emotion uses its EMFACS prototype, in the form shown by an audience in the dark:

    happy      6 + 12 + 25           cheeks up, lip corners pulled, teeth
    surprise   1 + 2 + 5 + 26        brows and upper lids up, jaw dropped
    sad        1 + 4 + 11 + 15, with 6 + 10 + 17 + 20 + 25 + 43: inner brows up and together, folds beside
               the nose, lip corners and lids down, the mouth of someone near tears
    anger      4 + 5 + 7 + 24        brows down and together, lids tight, lips pressed
    disgust    4 + 7 + 9 + 10        nose wrinkled, upper lip up
    fear       1 + 2 + 4 + 5 + 20 + 25
    contempt   12 + 14 on one side
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType

import numpy as np

from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion, FloatArray

Color = tuple[int, int, int]


@dataclass(frozen=True)
class Expression:
    """A facial expression. Each action unit ranges from 0 (at rest) to about 1 (as strong as people show it).

    Attributes:
        inner_brow_raise: AU 1.
        outer_brow_raise: AU 2.
        brow_lower: AU 4, brows down and together.
        lid_raise: AU 5, upper lids.
        cheek_raise: AU 6.
        lid_tighten: AU 7.
        nose_wrinkle: AU 9.
        upper_lip_raise: AU 10.
        nasolabial_deepen: AU 11.
        lip_corner_pull: AU 12.
        one_sided_pull: AU 12 + 14 on one side only, the left one in the image.
        lip_corner_depress: AU 15.
        chin_raise: AU 17.
        lip_stretch: AU 20.
        lip_press: AU 24.
        lips_part: AU 25.
        jaw_drop: AU 26.
        eyes_closed: AU 43 (slowly) or 45 (a blink).
    """

    inner_brow_raise: float = 0.0
    outer_brow_raise: float = 0.0
    brow_lower: float = 0.0
    lid_raise: float = 0.0
    cheek_raise: float = 0.0
    lid_tighten: float = 0.0
    nose_wrinkle: float = 0.0
    upper_lip_raise: float = 0.0
    nasolabial_deepen: float = 0.0
    lip_corner_pull: float = 0.0
    one_sided_pull: float = 0.0
    lip_corner_depress: float = 0.0
    chin_raise: float = 0.0
    lip_stretch: float = 0.0
    lip_press: float = 0.0
    lips_part: float = 0.0
    jaw_drop: float = 0.0
    eyes_closed: float = 0.0


EMFACS_PROTOTYPES: Mapping[Emotion, Expression] = MappingProxyType(
    {
        Emotion.NEUTRAL: Expression(),
        Emotion.HAPPY: Expression(cheek_raise=1.0, lip_corner_pull=1.0, lips_part=0.8),
        # A stronger expression is not useful: CenterFace would miss the face long before the emotion model
        # needed it.
        Emotion.SURPRISE: Expression(inner_brow_raise=0.5, outer_brow_raise=0.5, lid_raise=0.3, jaw_drop=0.8),
        Emotion.SAD: Expression(
            inner_brow_raise=1.0,
            brow_lower=0.7,
            cheek_raise=0.7,
            upper_lip_raise=0.4,
            nasolabial_deepen=1.0,
            lip_corner_depress=0.4,
            chin_raise=0.3,
            lip_stretch=0.5,
            lips_part=0.4,
            eyes_closed=0.5,
        ),
        Emotion.ANGER: Expression(brow_lower=1.0, lid_raise=0.3, lid_tighten=0.8, lip_press=0.9),
        Emotion.DISGUST: Expression(brow_lower=0.6, lid_tighten=0.9, nose_wrinkle=1.0, upper_lip_raise=1.0),
        Emotion.FEAR: Expression(
            inner_brow_raise=1.0,
            outer_brow_raise=0.5,
            brow_lower=0.5,
            lid_raise=1.0,
            lip_stretch=1.0,
            lips_part=0.7,
        ),
        Emotion.CONTEMPT: Expression(one_sided_pull=1.0),
    }
)


def scaled_prototype(emotion: Emotion, intensity: float) -> Expression:
    """The prototype of an emotion at an intensity from 0 (neutral) to 1."""
    return Expression(
        **{f.name: intensity * getattr(EMFACS_PROTOTYPES[emotion], f.name) for f in fields(Expression)}
    )


def blended_expression(intensities: FloatArray, eyes_closed: float = 0.0) -> Expression:
    """Blend several emotions by adding up their action units, to at most 1.

    Args:
        intensities: (7,) 0–1 in the order of `NON_NEUTRAL_EMOTIONS`.
        eyes_closed: additional closure of the eyes by a blink, 0–1.
    """
    total = {
        f.name: min(
            1.0,
            sum(
                float(s) * float(getattr(EMFACS_PROTOTYPES[e], f.name))
                for s, e in zip(intensities, NON_NEUTRAL_EMOTIONS, strict=True)
            ),
        )
        for f in fields(Expression)
    }
    total["eyes_closed"] = max(total["eyes_closed"], eyes_closed)
    return Expression(**total)


SKIN_COLORS: tuple[Color, ...] = (
    (230, 188, 162),
    (224, 178, 146),
    (205, 156, 120),
    (178, 126, 92),
    (146, 98, 70),
    (128, 88, 66),
)
HAIR_COLORS: tuple[Color, ...] = (
    (34, 27, 24),
    (58, 40, 30),
    (88, 58, 38),
    (130, 84, 46),
    (172, 132, 84),
    (150, 146, 142),
)
CLOTHING_COLORS: tuple[Color, ...] = (
    (52, 70, 96),
    (110, 48, 52),
    (58, 86, 70),
    (84, 74, 100),
    (60, 60, 66),
    (142, 118, 82),
)
HAIR_STYLES: tuple[str, ...] = ("short", "long", "bun", "curls", "bald", "bob")


@dataclass(frozen=True)
class Identity:
    """A synthetic person. Lengths are factors relative to the average face unless a unit is given.

    Attributes:
        skin, hair, iris, clothing: RGB colors, 0–255.
        hair_style: one of `HAIR_STYLES`.
        face_width, jaw_length: proportions of the head.
        jaw_squareness: 0 (pointed) to 1 (square).
        eye_size, eye_spacing: size and spacing of the eyes.
        eye_tilt: tilt of the eyes in face units; positive values raise the outer corners.
        brow_thickness: thickness of the eyebrows.
        brow_height: height of the eyebrows in face units, added to the average height.
        nose_width, nose_length, mouth_width, lip_fullness: proportions of nose and mouth.
        beard: 0 (shaved) to 1 (full).
        glasses: whether the person wears glasses.
        wrinkles: 0 (smooth) to 1 (lined).
        resting_mouth: corners of the mouth at rest, −1 (down) to 1 (up), because some people look sad when
            they are not.
        texture_seed: random seed for the skin and hair texture.
    """

    skin: Color
    hair: Color
    iris: Color
    clothing: Color
    hair_style: str
    face_width: float
    jaw_length: float
    jaw_squareness: float
    eye_size: float
    eye_spacing: float
    eye_tilt: float
    brow_thickness: float
    brow_height: float
    nose_width: float
    nose_length: float
    mouth_width: float
    lip_fullness: float
    beard: float
    glasses: bool
    wrinkles: float
    resting_mouth: float
    texture_seed: int


IRIS_COLORS: tuple[Color, ...] = ((62, 42, 30), (84, 60, 40), (92, 112, 120), (86, 100, 72))


def random_identity(seed: int, index: int) -> Identity:
    """Pick a random person from a cast. Consecutive people differ in skin tone, hair color and hairstyle.

    Args:
        seed: random seed for the cast.
        index: index of the person, from 0.
    """
    cast = np.random.default_rng([seed, 0])
    person = np.random.default_rng([seed, 1, index])
    # Skin colors, hair styles and clothes are taken in turn from shuffled lists, so that twelve people look
    # different.
    style = HAIR_STYLES[cast.permutation(len(HAIR_STYLES))[index % len(HAIR_STYLES)]]
    skin = SKIN_COLORS[
        cast.permutation(len(SKIN_COLORS))[(index + index // len(SKIN_COLORS)) % len(SKIN_COLORS)]
    ]
    clothes = CLOTHING_COLORS[
        cast.permutation(len(CLOTHING_COLORS))[
            (index + 2 * (index // len(CLOTHING_COLORS))) % len(CLOTHING_COLORS)
        ]
    ]
    dark = sum(skin) < 420
    age = float(person.uniform(0.0, 1.0))
    hair = HAIR_COLORS[5] if age > 0.8 else HAIR_COLORS[int(person.integers(0, 2 if dark else 5))]
    iris = IRIS_COLORS[int(person.integers(0, 1 if dark else len(IRIS_COLORS)))]
    bearded = style in ("short", "bald", "curls") and person.random() < 0.4
    return Identity(
        skin=skin,
        hair=hair,
        iris=iris,
        clothing=clothes,
        hair_style=style,
        face_width=float(person.uniform(0.94, 1.06)),
        jaw_length=float(person.uniform(0.95, 1.05)),
        jaw_squareness=float(
            person.uniform(0.5, 1.0) if style in ("short", "bald") else person.uniform(0.1, 0.6)
        ),
        eye_size=float(person.uniform(0.94, 1.12)),
        eye_spacing=float(person.uniform(0.95, 1.06)),
        eye_tilt=float(person.uniform(-0.01, 0.025)),
        brow_thickness=float(person.uniform(0.7, 1.25)),
        brow_height=float(person.uniform(-0.02, 0.03)),
        nose_width=float(person.uniform(0.85, 1.2)),
        nose_length=float(person.uniform(0.94, 1.06)),
        mouth_width=float(person.uniform(0.92, 1.1)),
        lip_fullness=float(person.uniform(0.75, 1.25)),
        beard=float(person.uniform(0.35, 0.7)) if bearded else 0.0,
        glasses=bool(person.random() < 0.25),
        wrinkles=age,
        resting_mouth=float(person.uniform(-0.15, 0.2)),
        texture_seed=int(person.integers(2**31)),
    )
