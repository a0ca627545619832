"""Which paths a behavior is for: the developer guide's examples, and what holds of every path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttl_review.path_patterns import matches


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*.jpg", "/cat.jpg"),
        ("*.jpg", "/images/cat.jpg"),
        ("images/*.jpg", "/images/cat.jpg"),
        ("images/*.jpg", "/images/product1/cat.jpg"),
        ("/images/*.jpg", "/images/cat.jpg"),
        ("a*.jpg", "/apple.jpg"),
        ("a*.jpg", "/appalachian_trail/2012_05_21.jpg"),
        ("a??.jpg", "/ant.jpg"),
        ("a??.jpg", "/abe.jpg"),
        ("*.doc*", "/a.doc"),
        ("*.doc*", "/a.docx"),
        ("*.doc?", "/a.docm"),
        ("*", "/"),
        ("/*", "/"),
        ("*/b", "/b"),
        ("/write*", "/write"),
        ("/write*", "/write/a-post/delete"),
        ("/a+b(c)$~'@:.txt", "/a+b(c)$~'@:.txt"),
        ("/*", "/line\nbreak"),
    ],
)
def test_a_pattern_is_for(pattern: str, path: str) -> None:
    assert matches(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*.jpg", "/LOGO.JPG"),
        ("*.jpg", "/cat.jpg/more"),
        ("*.jpg", "/catXjpg"),
        ("*.jpg", "/cat.jpg\n"),
        ("images/*.jpg", "/more/images/cat.jpg"),
        ("a??.jpg", "/at.jpg"),
        ("a??.jpg", "/apple.jpg"),
        ("a*.jpg", "/b/apple.jpg"),
        ("*.doc?", "/a.doc"),
        ("/sign-out", "/sign-out/"),
        ("/sign-out", "/sign-ou"),
    ],
)
def test_a_pattern_is_not_for(pattern: str, path: str) -> None:
    assert not matches(pattern, path)


@pytest.mark.parametrize(
    ("path", "same_as"),
    [
        ("/assets/../write", "/write"),
        ("/assets/%2e%2E/write", "/write"),
        ("/%77rite", "/write"),
        ("//write", "/write"),
        ("/./write", "/write"),
        ("/../../write", "/write"),
        ("/a/b/..", "/a/"),
        ("/a/b/.", "/a/b/"),
        ("/a//b//", "/a/b/"),
        ("/..", "/"),
        ("//", "/"),
        ("/a/...", "/a/..."),
        ("/a/.well-known", "/a/.well-known"),
        ("/a%2Fb", "/a%2Fb"),
        ("/a%zz", "/a%zz"),
    ],
)
def test_a_path_is_normalized_before_it_is_compared(path: str, same_as: str) -> None:
    assert matches(same_as, path)


@given(st.lists(st.sampled_from(["a", "..", ".", "", "%2e%2e", "%2E", "b%2fc"]), max_size=6))
def test_no_detour_leads_into_a_folder(detour: list[str]) -> None:
    assert matches("/write*", "/" + "/".join(detour) + "/../" * len(detour) + "/write")


@given(st.text(alphabet="ab./*?+[", max_size=12))
def test_a_leading_slash_may_be_left_out(path: str) -> None:
    pattern = path.lstrip("/*")

    assert matches(pattern, "/" + path) == matches("/" + pattern, "/" + path)
