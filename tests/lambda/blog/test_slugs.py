"""The names of posts in their addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blog.slugs import LONGEST, slug_of


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Hello, World!", "hello-world"),
        ("  A  queue -- before ", "a-queue-before"),
        ("東京の朝", "東京の朝"),
        ("キャッシュが切れた瞬間に、何が起きるか？", "キャッシュが切れた瞬間に-何が起きるか"),
        ("ＡＢＣ　１２３", "abc-123"),
        ("ﾊﾝｶｸ ガ", "ハンカク-ガ"),
        ("Straße & Café", "strasse-café"),
        ("हिन्दी लेख", "हिन्दी-लेख"),
        ("../../etc/passwd", "etc-passwd"),
        ("?#%", "post"),
        ("🎉", "post"),
        ("", "post"),
    ],
)
def test_a_title_gives_a_readable_slug(title: str, slug: str) -> None:
    assert slug_of(title) == slug


@given(st.text())
def test_any_title_gives_a_slug_that_needs_no_care(title: str) -> None:
    slug = slug_of(title)
    assert 1 <= len(slug) <= LONGEST
    assert slug.isprintable()
    assert not set(slug) & set(" /\\?#%&\"'<>.:")
    assert slug_of(slug) == slug
