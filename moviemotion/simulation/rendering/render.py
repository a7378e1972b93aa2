"""Draw the head and shoulders of a synthetic person.

The head is a height field lit from the direction of the screen; eyes, brows, nose, mouth, beard and glasses
are painted onto it. Parts that do not change with the expression (body, hair, texture) are drawn once per
person and cached.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from moviemotion.simulation.rendering.canvas import Canvas, Field
from moviemotion.simulation.rendering.face import Expression, Identity

LEFT, TOP, RIGHT, BOTTOM = -2.6, -2.15, 2.6, 3.3
"""The window to be drawn, in face units."""
HEAD_WINDOW = (-1.3, -1.75, 1.3, 2.0)
"""The part of the window that changes with the expression."""
LIGHT_DIRECTION = (-0.36, -0.40, 0.84)
"""Unit vector toward the light: x, y, and z toward the camera."""
SUPERSAMPLING = 1.5
"""Supersampling factor of the drawing."""
SIDES = (-1.0, 1.0)
"""Signs of x on the left and right side of the face."""
EYE_Y = -0.1


def render_face(identity: Identity, expression: Expression, scale: float) -> NDArray[np.uint8]:
    """Draw the head and shoulders of a person.

    Args:
        identity: the person.
        expression: the person's facial expression.
        scale: pixels per face unit; a face measures about 2.6 units from hairline to chin.

    Returns:
        (H, W, 4) uint8 RGBA of the window LEFT…RIGHT × TOP…BOTTOM.
    """
    still = _static_layers(identity, round(scale * SUPERSAMPLING * 1000))
    back = still.background
    whole = Canvas(back.x, back.y, back.rgb.copy(), back.alpha.copy(), back.pixel)
    face = _Face(whole.view(*HEAD_WINDOW), identity, expression)
    face.skin(still)
    face.eyes()
    face.brows(still)
    face.nose()
    face.mouth()
    if identity.beard:
        face.beard(still)
    head = face.canvas
    head.darken(still.hair_shadow * head.alpha, 0.25)
    head.paint(still.hair, still.hair_color)
    if identity.glasses:
        face.glasses()
    rgba = np.dstack([np.clip(whole.rgb, 0, 255), whole.alpha * 255]).astype(np.uint8)
    size = round((RIGHT - LEFT) * scale), round((BOTTOM - TOP) * scale)
    return np.asarray(Image.fromarray(rgba).resize(size, Image.Resampling.HAMMING))


@dataclass(frozen=True)
class _StaticLayers:
    """The layers that do not change with a person's expression.

    Attributes:
        background: body, ears and the hair behind the head, on the complete window.
        hair, hair_shadow: (h, w) coverage of the hair in front of the head, and its shadow, in `HEAD_WINDOW`.
        hair_color, skin_color: (h, w, 3) colors of hair and skin in `HEAD_WINDOW`.
        grain, strands: (h, w) texture of skin and hair in `HEAD_WINDOW`, about −1…1.
    """

    background: Canvas
    hair: Field
    hair_shadow: Field
    hair_color: Field
    skin_color: Field
    grain: Field
    strands: Field


@lru_cache(maxsize=64)
def _static_layers(who: Identity, pixels_a_thousand_units: int) -> _StaticLayers:
    pixel = 1000 / pixels_a_thousand_units
    width, height = round((RIGHT - LEFT) / pixel), round((BOTTOM - TOP) / pixel)
    whole = Canvas.blank(LEFT, TOP, width, height, pixel)
    noise = np.random.default_rng(who.texture_seed).standard_normal((height, width)).astype(np.float32)
    fine, wide = 0.014 / pixel, 0.16 / pixel
    grain = gaussian_filter(noise, fine) * 3.5 * fine
    blotch = gaussian_filter(noise, wide) * 3.5 * wide
    strands = gaussian_filter(noise, (8 * fine, 0.7 * fine)) * 9 * fine
    hair = np.array(who.hair, np.float32) * _hair_light(whole, strands)[..., None]
    _back_hair(whole, who, hair, blotch)
    _body(whole, who)
    part, window = whole.view(*HEAD_WINDOW), whole.slices(*HEAD_WINDOW)
    front, line = _front_hair(part, who, strands[window])
    shadow = np.exp(-np.clip(part.y - line, 0, 2) / 0.09) * (1 - front)
    tone = np.array(who.skin, np.float32) * (1 + 0.02 * blotch + 0.015 * grain)[window][..., None]
    red = part.spot(-0.55, 0.42, 0.3, 0.25) + part.spot(0.55, 0.42, 0.3, 0.25) + part.spot(0, 0.4, 0.2, 0.2)
    tone = tone + red[..., None] * np.array([6, -7, -7], np.float32)
    shadow = np.asarray(shadow, np.float32)
    return _StaticLayers(whole, front, shadow, hair[window], tone, grain[window], strands[window])


def head_shape(
    canvas: Canvas, identity: Identity, chin: float = 1.4, cheeks: float = 0.0, grow: float = 0.0
) -> Field:
    """The head as a superellipse: 1 at the center, 0 on the outline, negative outside."""
    width = identity.face_width + grow + 0.05 * cheeks * np.exp(-(((canvas.y - 0.45) / 0.35) ** 2))
    reach = np.where(canvas.y > 0, chin + grow, 1.54 + grow)
    power = np.where(canvas.y > 0, 2.2 + 0.8 * identity.jaw_squareness, 2.4)
    return np.asarray(1 - np.abs(canvas.x / width) ** 2.25 - np.abs(canvas.y / reach) ** power, np.float32)


def shape_coverage(canvas: Canvas, shape: Field) -> Field:
    """The coverage of an implicit shape; its value divided by its gradient gives the distance to the edge."""
    down, across = np.gradient(shape, canvas.pixel)
    return canvas.coverage(shape / (np.sqrt(across**2 + down**2) + 0.15))


# Body and hair, drawn once per person


def _body(canvas: Canvas, who: Identity) -> None:
    x, y, skin = np.abs(canvas.x), canvas.y, np.array(who.skin, np.float32)
    neck = canvas.coverage(0.55 * who.face_width - x + 0.12 * (y - 1.5) ** 2) * canvas.coverage(y - 0.6)
    fall = np.clip((y - 1.35) / 0.5, 0, 1)
    canvas.paint(neck, skin * (0.5 + 0.2 * fall)[..., None] * (1 - 0.12 * canvas.x)[..., None])
    shoulder = 1.84 + 0.3 * x**1.6 + 4 * np.clip(x - 1.8, 0, 1) ** 2
    collar = 2.28 - 0.78 * x
    cloth = canvas.coverage(y - np.maximum(shoulder, collar))
    fold = 1 + 0.07 * np.sin(canvas.x * 6 + y * 2.2) * np.clip(y - 1.8, 0, 1)
    edge = 1 - 0.35 * np.exp(-(((y - np.maximum(shoulder, collar)) / 0.07) ** 2)) * (x < 0.7)
    light = (0.98 - 0.16 * canvas.x) * fold * edge
    canvas.paint(cloth, np.array(who.clothing, np.float32) * light[..., None])
    for side in SIDES:
        ear = side * who.face_width
        canvas.paint(canvas.ellipse(ear, 0.1, 0.14, 0.3), skin * (0.82 if side < 0 else 0.66))
        canvas.darken(canvas.spot(ear, 0.1, 0.06, 0.16), 0.3)


def _hair_light(canvas: Canvas, strands: Field) -> Field:
    band = np.exp(-(((canvas.y + 1.3 - 0.2 * canvas.x**2) / 0.16) ** 2))
    return np.asarray(1 + 0.25 * band + 0.14 * strands - 0.12 * canvas.x, np.float32)


def _back_hair(canvas: Canvas, who: Identity, hair: Field, blotch: Field) -> None:
    x, y, style = canvas.x, canvas.y, who.hair_style
    if style in ("long", "bob"):
        end = (2.25 if style == "long" else 1.3) + 0.05 * np.cos(x * 5)
        wide = (1.2 + 0.1 * np.clip(y, 0, 2) + 0.03 * np.sin(y * 6)) * who.face_width
        fall = canvas.coverage(wide - np.abs(x)) * canvas.coverage(y + 0.5) * canvas.coverage(end - y)
        crown = shape_coverage(canvas, head_shape(canvas, who, grow=0.2)) * canvas.coverage(0.3 - y)
        canvas.paint(np.maximum(fall, crown), hair * 0.72)
    elif style == "curls":
        ripple = 0.24 + 0.05 * np.sin(18 * np.arctan2(y + 0.4, x)) + 0.05 * blotch
        radius = np.sqrt((x / 1.05) ** 2 + ((y + 0.5) / 1.1) ** 2)
        canvas.paint(canvas.coverage(1 + ripple - radius) * canvas.coverage(0.6 - y), hair * 0.85)
    elif style == "bun":
        canvas.paint(canvas.ellipse(0, -1.7, 0.36, 0.3), hair * 0.9)


def _front_hair(canvas: Canvas, who: Identity, strands: Field) -> tuple[Field, Field]:
    """The coverage of the hair in front of the head, and the (1, W) y coordinates of the hairline."""
    x, style = canvas.x, who.hair_style
    temple = np.clip(np.abs(x / who.face_width) - 0.75, 0, 1) ** 2
    parting = 0.25 if who.texture_seed % 2 else -0.25
    if style == "bald":
        return np.zeros_like(canvas.alpha), np.full_like(x, -9)
    if style in ("long", "bob"):
        line, grow, end = -1.1 + 0.35 * (x - parting) ** 2 + 9 * temple, 0.2, 1.6
    elif style == "bun":
        line, grow, end = -1.12 + 0.25 * x**2 + 13 * temple, 0.06, 0.0
    elif style == "curls":
        line, grow, end = -1.0 + 0.45 * np.abs(x) ** 3 + 0.05 * np.sin(x * 16), 0.2, 0.2
    else:
        line, grow, end = -1.1 + 0.12 * x**2 + 20 * temple + 0.2 * parting * x, 0.1, 0.0
    mask = shape_coverage(canvas, head_shape(canvas, who, grow=grow))
    mask = mask * np.clip((line - canvas.y) / 0.05 + 0.4 * strands, 0, 1)
    return np.asarray(mask * np.clip((end - canvas.y) / 0.15, 0, 1), np.float32), line


# The face, drawn for each expression


@dataclass(frozen=True)
class _Mouth:
    """The coverage between the corners of the mouth, and the mouth's curves over x, each (1, W)."""

    inside: Field
    top: Field
    upper: Field
    lower: Field
    bottom: Field


class _Face:
    """Paints one expression of one person onto the canvas of the head."""

    def __init__(self, canvas: Canvas, who: Identity, expression: Expression) -> None:
        self.canvas, self.identity, self.action_units = canvas, who, expression
        au = expression
        self.chin = 1.4 * who.jaw_length + 0.27 * au.jaw_drop + 0.05 * au.lips_part
        self.eye_x = 0.43 * who.eye_spacing * who.face_width
        self.nose_y = 0.5 * who.nose_length - 0.05 * au.nose_wrinkle
        self.mouth_y = 0.86 + 0.1 * au.jaw_drop - 0.05 * au.lip_corner_pull - 0.04 * au.chin_raise
        stretch = 0.34 * au.lip_corner_pull + 0.2 * au.lip_stretch - 0.26 * au.jaw_drop
        self.mouth_half = 0.37 * who.mouth_width * (1 + stretch - 0.05 * au.lip_corner_depress)
        # A camera adapts its exposure to the face, so dark skin appears somewhat brighter than it is.
        self.exposure = (600 / sum(who.skin)) ** 0.4
        self.shape = head_shape(canvas, who, self.chin, au.cheek_raise)

    def skin(self, still: _StaticLayers) -> None:
        self.canvas.paint(
            shape_coverage(self.canvas, self.shape), still.skin_color * self.light(still)[..., None]
        )

    def light(self, still: _StaticLayers) -> Field:
        """(H, W) brightness: Lambert's law on the head's height field, reduced in hollows and creases."""
        c, height = self.canvas, self.height()
        down, across = np.gradient(height, c.pixel)
        facing = (LIGHT_DIRECTION[2] - across * LIGHT_DIRECTION[0] - down * LIGHT_DIRECTION[1]) / np.sqrt(
            across**2 + down**2 + 1
        )
        hollow = np.clip(gaussian_filter(height, 0.12 / c.pixel, truncate=2.5) - height, 0, 0.2)
        light = 0.44 + 0.8 * np.clip(facing, 0, 1) - 1.3 * hollow - self.creases(still)
        return np.asarray(np.clip(light, 0.12, 1.25) * self.exposure, np.float32)

    def height(self) -> Field:
        """(H, W) height field of the head in the direction of the camera, in face units."""
        c, who, au = self.canvas, self.identity, self.action_units
        z = 0.85 * np.clip(self.shape, 0, 1) ** 0.6
        for side in SIDES:
            eye, cheek = side * self.eye_x, 0.38 - 0.1 * au.cheek_raise
            brow = -0.38 - 0.1 * au.outer_brow_raise + 0.06 * au.brow_lower
            z -= 0.13 * c.spot(eye - side * 0.03, EYE_Y - 0.05, 0.27, 0.17)
            z += 0.055 * c.spot(eye, EYE_Y, 0.2, 0.13)
            z += 0.06 * c.spot(eye, brow, 0.35, 0.12)
            z += (0.07 + 0.1 * au.cheek_raise) * c.spot(side * 0.6, cheek, 0.26, 0.24)
            z += 0.07 * c.spot(side * 0.15 * who.nose_width, self.nose_y - 0.03, 0.1, 0.1)
        ridge = np.exp(-((c.x / (0.1 + 0.07 * np.clip(c.y + 0.2, 0, 1))) ** 2))
        z += 0.24 * ridge * np.clip((c.y + 0.3) / 0.75, 0, 1) / (1 + np.exp((c.y - self.nose_y) / 0.025))
        z += 0.14 * c.spot(0, self.nose_y - 0.07, 0.15, 0.13)
        z += 0.07 * c.spot(0, self.mouth_y, 0.42, 0.28)
        z += (0.08 + 0.05 * au.chin_raise) * c.spot(0, self.chin - 0.22, 0.27, 0.17)
        z -= 0.05 * c.spot(0, self.chin - 0.42 + 0.03 * au.chin_raise, 0.3, 0.06)
        return np.asarray(gaussian_filter(z, 0.02 / c.pixel), np.float32)

    def creases(self, still: _StaticLayers) -> Field:
        """(H, W) darkness of the skin folds caused by the action units."""
        c, who, au = self.canvas, self.identity, self.action_units
        deep = np.zeros_like(c.alpha)
        up = 0.5 * (au.inner_brow_raise + au.outer_brow_raise)
        flat = np.exp(-((c.x / 0.62) ** 4))
        for k in range(3):
            arc = -0.82 - 0.13 * k + 0.2 * c.x**2 - 0.04 * up
            deep += (0.13 * up + 0.03 * who.wrinkles) * c.stroke(arc, 0.022, flat)
        deep += 0.16 * au.chin_raise * np.clip(still.grain, -1, 1) * c.spot(0, self.chin - 0.22, 0.2, 0.13)
        for side in SIDES:
            x = c.x * side
            pull = au.lip_corner_pull + (au.one_sided_pull if side < 0 else 0)
            deep += (
                0.3 * au.brow_lower * c.spot(side * 0.085, -0.36 - 0.06 * au.inner_brow_raise, 0.022, 0.11)
            )
            deep += 0.22 * au.nose_wrinkle * c.spot(side * 0.13, 0.02, 0.025, 0.13)
            # The nasolabial fold runs from the wing of the nose around the corner of the mouth.
            fold = 0.05 + 0.1 * who.wrinkles + 0.24 * pull + 0.2 * au.upper_lip_raise
            fold += 0.06 * au.lip_corner_depress + 0.34 * au.nasolabial_deepen
            down = (c.y - self.nose_y + 0.06) / (self.mouth_y + 0.1 - self.nose_y)
            wing = 0.24 * who.nose_width + 0.04 * au.nasolabial_deepen
            end = (1.25 + 0.15 * au.nasolabial_deepen) * self.mouth_half
            path = wing + (end - wing) * np.clip(down, 0, 1.5) ** 0.9
            fade = np.exp(-(((down - 0.35) / 0.45) ** 4))
            deep += fold * fade * np.exp(-(((x - path) / (0.035 + 0.03 * au.nasolabial_deepen)) ** 2))
            bag = EYE_Y + 0.2 - 0.05 * au.cheek_raise - 0.5 * (x - self.eye_x) ** 2
            under = np.exp(-(((x - self.eye_x) / 0.19) ** 4))
            tight = 0.05 + 0.06 * who.wrinkles + 0.2 * au.cheek_raise + 0.12 * au.lid_tighten
            deep += tight * c.stroke(bag, 0.028, under)
            for k in (-1, 0, 1):
                foot = EYE_Y + 0.03 + 0.06 * k + 0.35 * k * (x - 0.72)
                beside = np.exp(-(((x - 0.76) / 0.08) ** 2))
                deep += (0.14 * au.cheek_raise + 0.04 * who.wrinkles) * c.stroke(foot, 0.015, beside)
            knit = au.brow_lower * c.spot(side * 0.2, -0.2 - 0.1 * au.inner_brow_raise, 0.12, 0.11)
            deep += 0.3 * knit
            corner = c.spot(side * self.mouth_half * 1.12, self.mouth_y + 0.16, 0.05, 0.13)
            deep += 0.2 * au.lip_corner_depress * corner
        return deep

    def eyes(self) -> None:
        who, au = self.identity, self.action_units
        closed = min(1.0, au.eyes_closed)
        half = 0.215 * who.eye_size
        upper = (
            0.097 * who.eye_size * (1 + 0.75 * au.lid_raise - 0.25 * au.lid_tighten - 0.3 * au.cheek_raise)
        )
        lower = 0.062 * who.eye_size * (1 + 0.35 * au.lid_raise - 0.4 * au.lid_tighten - 0.5 * au.cheek_raise)
        upper = upper * (1 - closed) - 0.045 * closed
        for side in SIDES:
            middle = side * self.eye_x
            c = self.canvas.view(middle - 0.3, EYE_Y - 0.4, middle + 0.3, EYE_Y + 0.25)
            u = (c.x - middle) / half * side
            round_ = np.clip(1 - u**2, 0, 1)
            within = c.coverage((1 - np.abs(u)) * half)
            axis = EYE_Y + 0.015 - who.eye_tilt * u
            lid, floor = axis - upper * round_**0.62, axis + np.maximum(lower * round_**0.75, 0.005)
            opening = c.band(lid, floor) * within
            white = (
                np.array([226, 220, 214], np.float32) * (0.65 + 0.25 * np.exp(-((u / 0.9) ** 4)))[..., None]
            )
            c.paint(opening, white)
            ix, iy, radius = middle * 0.985, EYE_Y - 0.025, 0.098 * who.eye_size
            for size, brightness in ((1.0, 0.55), (0.82, 1.0), (0.45, 0.15)):
                disc = c.ellipse(ix, iy, radius * size, radius * size) * opening
                c.paint(disc, np.array(who.iris, np.float32) * brightness)
            c.darken(opening * np.exp(-((c.y - lid) / 0.045)), 0.5)
            c.paint(c.ellipse(ix - 0.035, iy - 0.035, 0.022, 0.022) * opening, (250, 250, 250))
            c.darken(c.stroke(lid, 0.018, within), 0.85)
            c.darken(c.stroke(floor, 0.012, within), 0.28)
            fold = axis - (upper + 0.085 - 0.03 * au.lid_raise) * round_**0.5
            c.darken(c.stroke(fold, 0.018, within * round_), 0.32)

    def brows(self, still: _StaticLayers) -> None:
        who, au = self.identity, self.action_units
        color = np.array(who.hair, np.float32) * 0.75 + np.array(who.skin, np.float32) * 0.08
        inner, outer = 0.16 - 0.05 * au.brow_lower, 0.76
        for side in SIDES:
            window = (min(side * 0.05, side * 0.9), -0.95, max(side * 0.05, side * 0.9), 0.0)
            c, strands = self.canvas.view(*window), still.strands[self.canvas.slices(*window)]
            u = (c.x * side - inner) / (outer - inner)
            along = np.clip(u, 0, 1)
            inside = np.clip(u / 0.08, 0, 1) * np.clip((1 - u) / 0.2, 0, 1)
            y = -0.36 - who.brow_height - 0.09 * np.sin(along * 2.2) + 0.13 * np.clip(u - 0.55, 0, 1)
            y = y - au.inner_brow_raise * (0.26 * np.clip(1 - u * 1.25, 0, 1) - 0.05 * along)
            y = y - 0.17 * au.outer_brow_raise * np.clip(np.sin(along * 2.3), 0, 1)
            y = y + au.brow_lower * (0.13 - 0.05 * along) + 0.05 * au.nose_wrinkle
            thick = 0.05 * who.brow_thickness * (1.05 - 0.55 * along)
            mask = np.clip(1.7 * c.stroke(y, thick, inside) - 0.25, 0, 1)
            c.paint(np.clip(mask * (0.86 + 0.12 * strands), 0, 0.92), color)

    def nose(self) -> None:
        c, y = self.canvas.view(-0.5, 0.1, 0.5, 0.9), self.nose_y
        wing = (
            0.2
            * self.identity.nose_width
            * (1 + 0.12 * self.action_units.nose_wrinkle + 0.1 * self.action_units.lip_corner_pull)
        )
        c.darken(c.spot(0, y + 0.08, wing, 0.06), 0.22)
        for side in SIDES:
            c.darken(c.spot(side * wing * 0.5, y + 0.035, 0.062, 0.03), 0.78)
            c.darken(c.spot(side * wing * 1.12, y - 0.03, 0.025, 0.07), 0.32)
        c.rgb[...] += c.spot(-0.035, y - 0.12, 0.045, 0.05)[..., None] * 22

    def mouth_curves(self, c: Canvas) -> _Mouth:
        who, au = self.identity, self.action_units
        u = c.x / self.mouth_half
        round_ = np.clip(1 - u**2, 0, 1)
        pull = au.lip_corner_pull + au.one_sided_pull * (c.x < 0) + 0.12 * who.resting_mouth
        bend = -0.19 * pull + 0.12 * au.lip_corner_depress + 0.02 * au.jaw_drop
        middle = self.mouth_y + bend * np.clip(np.abs(u), 0, 1.2) ** 1.8 - 0.12 * np.minimum(bend, 0)
        up = 0.03 * au.lips_part * (1 + au.lip_corner_pull) + 0.06 * au.jaw_drop + 0.07 * au.upper_lip_raise
        down = au.lips_part * (0.05 + 0.07 * au.lip_corner_pull) + 0.39 * au.jaw_drop
        upper = middle - up * round_ ** (0.5 + 0.3 * min(1.0, au.lip_corner_pull))
        lower = middle + down * round_**0.55
        full = who.lip_fullness * (1 - 0.6 * au.lip_press) * (1 - 0.22 * au.lip_corner_pull)
        bow = 1 - 0.22 * np.exp(-((u / 0.16) ** 2))
        top = upper - 0.085 * full * bow * round_**0.75
        bottom = lower + 0.115 * full * (1 + 0.2 * au.chin_raise) * round_**0.6
        return _Mouth(c.coverage((1 - np.abs(u)) * self.mouth_half), top, upper, lower, bottom)

    def mouth(self) -> None:
        c, who, au = self.canvas.view(-0.75, 0.55, 0.75, 1.6), self.identity, self.action_units
        m = self.mouth_curves(c)
        lip = np.array(who.skin, np.float32) * np.array([0.72, 0.46, 0.47], np.float32) + (8, 0, 4)
        c.darken(c.stroke(m.bottom + 0.05, 0.04, m.inside), 0.25)
        c.paint(c.band(m.top, m.upper) * m.inside * 0.85, lip * 0.78)
        sheen = 1 + 0.16 * c.stroke(0.55 * m.lower + 0.45 * m.bottom, 0.03, m.inside)
        c.paint(c.band(m.lower, m.bottom) * m.inside * 0.85, lip * sheen[..., None])
        gap = c.band(m.upper, m.lower) * m.inside
        c.paint(gap, (44, 18, 20))
        tongue = c.spot(0, float(m.lower.max()) - 0.03, 0.2, 0.09)
        c.paint(gap * tongue * 0.6 * min(1.0, au.jaw_drop), (150, 74, 74))
        reach = 0.03 + 0.13 * au.lip_corner_pull + 0.04 * au.upper_lip_raise - 0.02 * au.jaw_drop
        enamel = 0.6 + 0.4 * np.exp(-((c.x / (0.8 * self.mouth_half)) ** 4))
        enamel = enamel * (1 - 0.1 * np.exp(-(((np.mod(c.x + 0.05, 0.1) - 0.05) / 0.008) ** 2)))
        teeth = np.array([238, 232, 220], np.float32) * enamel[..., None]
        c.paint(gap * c.coverage(m.upper + reach - c.y), teeth)
        c.darken(c.stroke(0.5 * (m.upper + m.lower), 0.016, m.inside * (1 - gap)), 0.7)
        for side in SIDES:
            corner = int(np.argmin(np.abs(c.x[0] - side * self.mouth_half)))
            c.darken(c.spot(side * self.mouth_half, float(m.upper[0, corner]), 0.04, 0.035), 0.45)

    def beard(self, still: _StaticLayers) -> None:
        c, hair = self.canvas, np.array(self.identity.hair, np.float32)
        m = self.mouth_curves(c)
        jaw = np.clip((c.y - 0.35 - 0.35 * np.exp(-((c.x / 0.55) ** 4))) / 0.25, 0, 1)
        lips = np.clip((c.y - m.top) / 0.03, 0, 1) * np.clip((m.bottom - c.y) / 0.03, 0, 1) * m.inside
        mask = (
            np.maximum(jaw, c.spot(0, self.nose_y + 0.2, 0.4, 0.08))
            * shape_coverage(c, self.shape)
            * (1 - lips)
        )
        texture = np.clip(0.85 + 0.2 * still.strands + 0.1 * still.grain, 0, 1)
        fold = np.clip(1 - 1.6 * self.creases(still), 0.2, 1)[..., None]
        c.paint(np.asarray(mask * texture * self.identity.beard, np.float32), hair * 0.8 * fold)

    def glasses(self) -> None:
        c, frame = self.canvas.view(-1.1, -0.5, 1.1, 0.5), (38, 34, 36)
        for side in SIDES:
            x, y = side * self.eye_x * 1.04, EYE_Y + 0.05
            rim, lens = c.ellipse(x, y, 0.33, 0.27), c.ellipse(x, y, 0.312, 0.252)
            c.paint(np.asarray((rim - lens).clip(0, 1) * 0.85, np.float32), frame)
            c.rgb[...] += (lens * c.spot(x - 0.1, y - 0.12, 0.14, 0.03))[..., None] * 18
            arm = c.coverage(0.02 - np.abs(c.y - y + 0.08)) * c.coverage(side * (c.x - x) - 0.31)
            c.paint(arm * c.coverage(1.02 * self.identity.face_width - np.abs(c.x)), frame)
        c.paint(c.stroke(EYE_Y + 0.02 + 0.5 * c.x**2, 0.018, c.coverage(0.13 - np.abs(c.x))), frame)
