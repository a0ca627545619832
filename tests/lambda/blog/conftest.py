"""Fixtures of the blog's tests."""

import pytest

from blog import sign_in
from tests.blog_world import BlogWorld, Browser


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> BlogWorld:
    """A blog; its answers at the sign-in are not evened out, so that tests need not wait."""
    monkeypatch.setattr(sign_in, "EVEN_SECONDS", 0)
    return BlogWorld()


@pytest.fixture
def browser(world: BlogWorld) -> Browser:
    """A visitor."""
    return world.browser()
