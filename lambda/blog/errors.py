"""The pages that say what went wrong, politely and without details that help an attacker."""

from flask import Flask, Response, make_response, render_template
from werkzeug.exceptions import HTTPException

from blog import headers
from blog.outages import SessionsUnavailableError
from data_access.postgres_server import DatabaseUnavailable

RETRY_SECONDS = 10
"""About what a database takes to resume, and a data store to fail over at best."""

EXPLANATIONS = {
    400: ("That did not arrive whole", "Please go back and try again."),
    403: ("This form cannot be taken", "It is too old, or did not come from this site. Please open its page again."),
    404: ("There is nothing here", "The page may have moved, or the address has a typing slip."),
    405: ("That is not possible here", "This page can be read but not sent to."),
    413: ("That is too large", "Please choose a smaller picture or write a shorter text."),
    500: ("Something broke", "It is written down and will be looked at."),
    503: ("Back in a moment", "A part of this site is not answering. Please reload this page in some seconds."),
}


def handle_errors(app: Flask) -> None:
    """Give every error a page."""
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(DatabaseUnavailable, _unavailable)
    app.register_error_handler(SessionsUnavailableError, _unavailable)


def _refused(error: HTTPException) -> Response:
    response = _page(error.code or 500)
    if error.code == 404:  # noqa: PLR2004
        response.headers["Cache-Control"] = headers.MISSING
    response.headers.extend({name: value for name, value in error.get_headers() if name == "Allow"})
    return response


def _unavailable(_: Exception) -> Response:
    response = _page(503)
    response.headers["Cache-Control"] = headers.OUTAGE
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _page(status: int) -> Response:
    title, explanation = EXPLANATIONS.get(status, EXPLANATIONS[400])
    return make_response(render_template("error.html", title=title, explanation=explanation), status)
