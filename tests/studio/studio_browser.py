"""A real browser for a studio. It records console messages and requests to other hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


@pytest.fixture
def page_problems() -> list[str]:
    """Console messages, page errors and requests that leave the studio."""
    return []


@pytest.fixture
def open_page(browser, served: str, page_problems: list[str]) -> Iterator[Callable]:
    """Open a page in a new browser context, which shares no cookies with the others."""
    contexts = []

    def open_one(size: dict[str, int], **more: object):
        contexts.append(browser.new_context(viewport=size, base_url=served, **more))
        page = contexts[-1].new_page()
        page.on("console", lambda message: page_problems.append(message.text))
        page.on("pageerror", lambda error: page_problems.append(str(error)))
        page.on(
            "request", lambda r: r.url.startswith((served, "blob:", "data:")) or page_problems.append(r.url)
        )
        return page

    yield open_one
    for context in contexts:
        context.close()
