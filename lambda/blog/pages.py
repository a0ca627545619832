"""What everybody may read. These pages are the same for all, since the edge keeps them: no cookie is looked at."""

import re

from flask import Response, abort, render_template, request

from blog import headers
from blog.posts import Posts
from blog.static import load_assets, plain_name

PAGE_NUMBER = re.compile("[1-9][0-9]{0,5}")
ROBOTS = "User-agent: *\nDisallow: /contact\nDisallow: /sign-in\nDisallow: /write\n"


def page_number() -> int:
    """Return the page of a list that is asked for; 404 for what is no number."""
    page = request.args.get("page", "1")
    if not PAGE_NUMBER.fullmatch(page):
        abort(404)
    return int(page)


class Pages:
    """The views of the public part."""

    def __init__(self, posts: Posts) -> None:
        self._posts = posts
        self._assets = load_assets()

    def asset_name(self, name: str) -> str:
        """Return the fingerprinted name of an asset, for templates."""
        return self._assets[name].name

    def home(self) -> Response:
        """The list of posts."""
        listing = self._posts.listing(page_number()) or abort(404)
        return headers.kept(render_template("home.html", listing=listing), headers.PAGE)

    def post(self, slug: str) -> Response:
        """One post."""
        post = self._posts.post(slug) or abort(404)
        return headers.kept(render_template("post.html", post=post), headers.PAGE)

    def image(self, image_id: str) -> Response:
        """A picture of a post."""
        image = self._posts.image(image_id) or abort(404)
        return headers.kept(Response(image.content, content_type=image.content_type), headers.IMAGE)

    def asset(self, name: str) -> Response:
        """A fingerprinted file; a page of another version gets the one there is, which looks better than none."""
        asset = self._assets.get(plain_name(name)) or abort(404)
        lifetime = headers.ASSET if name == asset.name else headers.OTHER_ASSET
        return headers.kept(Response(asset.content, mimetype=asset.content_type), lifetime)

    def favicon(self) -> Response:
        """The icon, for who asks for it without having read a page."""
        icon = self._assets["favicon.svg"]
        return headers.kept(Response(icon.content, mimetype=icon.content_type), headers.IMAGE)

    def robots(self) -> Response:
        """What search engines need not look at."""
        return headers.kept(Response(ROBOTS, mimetype="text/plain"), headers.PAGE)

    def health(self) -> Response:
        """Tell the load balancer that the function runs; neither database nor Redis is asked."""
        return Response("ok\n", mimetype="text/plain")
