"""What every HTML page is made with: it opens offline, with everything it needs inside it."""

from __future__ import annotations

import io
import json
from base64 import b64encode
from importlib.resources import files

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image
from plotly.offline import get_plotlyjs

TEMPLATE_FOLDER = "templates"


def template_environment(package: str, folder: str = TEMPLATE_FOLDER) -> Environment:
    """The templates in a package's folder: they extend `page.html`, escape, are strict, and know `plotly`."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package, folder), PackageLoader("moviemotion._io")]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.globals["plotly"] = Markup(get_plotlyjs())
    return environment


def inline_asset(package: str, filename: str) -> Markup:
    """A style sheet or a script of ours, to stand in a page as it is."""
    return Markup(files(package).joinpath(TEMPLATE_FOLDER, filename).read_text(encoding="utf-8"))


def json_for_script(data: object) -> Markup:
    """Data as JSON that can stand inside <script>.

    Raises:
        ValueError: a number is not finite.
    """
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    # Only "<" can end the element or open a comment.
    return Markup(text.replace("<", "\\u003c"))


def png_data_uri(image: Image.Image) -> Markup:
    """A picture as PNG, for the `src` of an <img>."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return Markup("data:image/png;base64,") + b64encode(buffer.getvalue()).decode("ascii")
