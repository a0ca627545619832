"""What authors do: publish, change and delete posts."""

import logging

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blog import forms, images
from blog.images import Image
from blog.pages import page_number
from blog.posts import Draft, Listing, Post, Posts
from blog.sessions import Session

logger = logging.getLogger(__name__)

RULES = {
    "title": forms.text(longest=200),
    "summary": forms.text(shortest=0, longest=500),
    "body": forms.text(longest=50_000, lines=True),
}


class Writing:
    """The views of the part for authors; each is called with the session."""

    def __init__(self, posts: Posts) -> None:
        self._posts = posts

    def show(self, session: Session) -> ResponseReturnValue:
        """An empty post, and the list of those there are."""
        return self._new(session, forms.Form())

    def publish(self, session: Session) -> ResponseReturnValue:
        """Publish a new post."""
        form, draft = _submitted()
        if draft is None:
            return self._new(session, form), 422
        slug = self._posts.add(draft, author_id=session.author.id)
        return _written(slug, session)

    def edit(self, session: Session, slug: str) -> ResponseReturnValue:
        """A post as it is, to be changed."""
        post = self._posts.latest(slug) or abort(404)
        values = {"title": post.title, "summary": post.summary, "body": post.body}
        return _page(session, forms.Form(values=values), post=post)

    def change(self, session: Session, slug: str) -> ResponseReturnValue:
        """Change a post."""
        form, draft = _submitted()
        if draft is None:
            post = self._posts.latest(slug) or abort(404)
            return _page(session, form, post=post), 422
        if not self._posts.change(slug, draft):
            abort(404)
        return _written(slug, session)

    def delete(self, session: Session, slug: str) -> ResponseReturnValue:
        """Delete a post."""
        if not self._posts.delete(slug):
            abort(404)
        logger.info("post deleted", extra={"event": "post_deleted", "slug": slug, "author": session.author.id})
        return redirect(url_for("write", deleted=1), 303)

    def _new(self, session: Session, form: forms.Form) -> str:
        listing = self._posts.listing(page_number()) or abort(404)
        return _page(session, form, listing=listing, saved=request.args.get("saved"), deleted="deleted" in request.args)


def _submitted() -> tuple[forms.Form, Draft | None]:
    """Return what was typed, and a draft of it unless something is wrong."""
    form = forms.check(request.form, RULES)
    image, problem = _uploaded_image()
    if problem:
        form = forms.Form(values=form.values, errors={**form.errors, "image": problem})
    if form.errors:
        return form, None
    return form, Draft(**form.values, image=image, remove_image="remove_image" in request.form)


def _uploaded_image() -> tuple[Image | None, str]:
    """Return the picture that was chosen, if one was, or what is wrong with it."""
    file = request.files.get("image")
    content = file.stream.read(images.LARGEST + 1) if file else b""
    if not content:
        return None, ""
    if len(content) > images.LARGEST:
        return None, f"Please choose a smaller picture: at most {images.LARGEST // 1000} kB."
    image = images.read(content)
    return image, "" if image else "Please choose a PNG, JPEG or WebP picture."


def _page(
    session: Session,
    form: forms.Form,
    *,
    post: Post | None = None,
    listing: Listing | None = None,
    saved: str | None = None,
    deleted: bool = False,
) -> str:
    return render_template(
        "write.html",
        session=session,
        form=form,
        post=post,
        listing=listing,
        accept=images.ACCEPT,
        saved=saved,
        deleted=deleted,
    )


def _written(slug: str, session: Session) -> ResponseReturnValue:
    logger.info("post written", extra={"event": "post_written", "slug": slug, "author": session.author.id})
    return redirect(url_for("write", saved=slug), 303)
