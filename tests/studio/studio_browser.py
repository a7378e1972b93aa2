"""A real browser on a studio: quiet, and asking nobody else for anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


@pytest.fixture
def trouble() -> list[str]:
    """Console messages, page errors and requests that leave the studio."""
    return []


@pytest.fixture
def open_page(browser, served: str, trouble: list[str]) -> Iterator[Callable]:
    """A page of a browser of its own: what one of them keeps, another does not see."""
    contexts = []

    def open_one(size: dict[str, int], **more: object):
        contexts.append(browser.new_context(viewport=size, base_url=served, **more))
        page = contexts[-1].new_page()
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("request", lambda r: r.url.startswith((served, "blob:", "data:")) or trouble.append(r.url))
        return page

    yield open_one
    for context in contexts:
        context.close()
