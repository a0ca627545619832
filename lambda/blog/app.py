"""The web application: every address it knows, and what answers there."""

from flask import Flask

from blog import csrf, errors, forms, headers, rendering
from blog.contact import Contact
from blog.converters import ImageIdConverter, SlugConverter
from blog.pages import Pages
from blog.parts import Parts
from blog.sign_in import SignIn
from blog.writing import Writing


def create_app(parts: Parts) -> Flask:
    """Put the application together."""
    app = Flask(__name__, static_folder=None)
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    # A path such as //elsewhere.example is a 404 and no redirect, which could lead away from the site.
    app.url_map.merge_slashes = False
    app.url_map.converters.update(slug=SlugConverter, image_id=ImageIdConverter)
    pages = Pages(parts.posts)
    _add_public(app, pages, Contact(mailer=parts.mailer, tries=parts.tries))
    _add_for_authors(app, parts)
    forms.bound(app)
    csrf.protect(app)
    headers.complete(app)
    errors.handle_errors(app)
    app.jinja_env.filters.update(html=rendering.html_of, language=rendering.language_of, day=rendering.day_of)
    app.add_template_global(pages.asset_name, "asset_name")
    app.context_processor(lambda: {"site_title": parts.settings.site_title})
    return app


def _add_public(app: Flask, pages: Pages, contact: Contact) -> None:
    app.add_url_rule("/", "home", pages.home)
    app.add_url_rule("/posts/<slug:slug>", "post", pages.post)
    app.add_url_rule("/images/<image_id:image_id>", "image", pages.image)
    app.add_url_rule("/assets/<name>", "asset", pages.asset)
    app.add_url_rule("/favicon.ico", "favicon", pages.favicon)
    app.add_url_rule("/robots.txt", "robots", pages.robots)
    app.add_url_rule("/health", "health", pages.health)
    app.add_url_rule("/contact", "contact", contact.show)
    app.add_url_rule("/contact", "send_message", contact.send, methods=["POST"])


def _add_for_authors(app: Flask, parts: Parts) -> None:
    sign_in = SignIn(parts)
    writing = Writing(parts.posts)
    required = sign_in.required
    app.add_url_rule("/sign-in", "sign_in", sign_in.show)
    app.add_url_rule("/sign-in", "ask_link", sign_in.ask, methods=["POST"])
    app.add_url_rule("/sign-in/link", "link", sign_in.show_link)
    app.add_url_rule("/sign-in/link", "take_link", sign_in.take_link, methods=["POST"])
    app.add_url_rule("/sign-out", "sign_out", required(sign_in.sign_out), methods=["POST"])
    app.add_url_rule("/write", "write", required(writing.show))
    app.add_url_rule("/write", "publish", required(writing.publish), methods=["POST"])
    app.add_url_rule("/write/<slug:slug>", "edit", required(writing.edit))
    app.add_url_rule("/write/<slug:slug>", "change", required(writing.change), methods=["POST"])
    app.add_url_rule("/write/<slug:slug>/delete", "delete", required(writing.delete), methods=["POST"])
