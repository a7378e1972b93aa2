"""The common shell of all HTML pages: each page is a single file that works offline and makes no requests.

Templates extend `templates/page.html`, which sets a content security policy. Style sheets, scripts, images
and data are embedded in the page. Charts are drawn by `svg_chart.py` or by uPlot, which `make vendor` copies
from npm to `vendor/`.
"""

from __future__ import annotations

import io
import json
from base64 import b64encode
from importlib.resources import files
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from moviemotion._io.svg_chart import SYMBOLS

TEMPLATE_FOLDER = "templates"
VENDOR_FOLDER = Path(__file__).parent / "vendor"
"""JavaScript libraries used by the reports and the studio, each with its license; see `frontend/`."""


def template_environment(package: str, folder: str = TEMPLATE_FOLDER) -> Environment:
    """Create the Jinja environment for a package's pages.

    Args:
        package: the package that contains the templates.
        folder: the template folder, relative to the package.

    Returns:
        An environment that also finds the shared templates (`page.html`, `svg_chart.html`), escapes all
        values and raises an error for undefined values.
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package, folder), PackageLoader("moviemotion._io")]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.globals["chart_symbols"] = SYMBOLS
    return environment


def inline_asset(package: str, filename: str) -> Markup:
    """Read a style sheet or script from a package's template folder, for embedding in a page."""
    return Markup(files(package).joinpath(TEMPLATE_FOLDER, filename).read_text(encoding="utf-8"))


def vendored_asset(path: str) -> Markup:
    """Read a file from a vendored library, for embedding in a page.

    Args:
        path: the file's path relative to the vendor folder, such as `uplot/uPlot.min.css`.

    Returns:
        The file's text, preceded by the library's license, which must accompany every copy.
    """
    file = VENDOR_FOLDER / path
    license_text = file.with_name("LICENSE").read_text(encoding="utf-8").strip()
    return Markup(f"/*\n{license_text}\n*/\n{file.read_text(encoding='utf-8')}")


def json_for_script(data: object) -> Markup:
    """Encode data as JSON that is safe inside a <script> element.

    Raises:
        ValueError: the data contains a number that is not finite.
    """
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    # "<" is the only character that could end the element or open a comment.
    return Markup(text.replace("<", "\\u003c"))


def png_data_uri(image: Image.Image) -> Markup:
    """Encode an image as a PNG data URI for the `src` attribute of an <img> element."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return Markup("data:image/png;base64,") + b64encode(buffer.getvalue()).decode("ascii")
