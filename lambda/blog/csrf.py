"""Against forged forms: a random cookie that a form must repeat, and what browsers say about where a form comes from.

Nothing is stored for it. Origin is not compared with Host, which behind CloudFront is the origin's and not the site's.
"""

import hmac
import secrets

from flask import Flask, Response, abort, g, request

COOKIE = "__Host-csrf"
"""The prefix keeps other hosts of the domain from setting it."""
FIELD = "csrf_token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OUR_OWN = frozenset({"same-origin", "none"})
"""Values of Sec-Fetch-Site: from our pages, or typed by the person; old browsers send none at all."""


def token() -> str:
    """Return what the forms of this answer have to repeat; a browser without the cookie gets it with the answer."""
    if "csrf_token" not in g:
        g.csrf_token = request.cookies.get(COOKIE) or secrets.token_urlsafe(32)
    return g.csrf_token


def protect(app: Flask) -> None:
    """Refuse every form that did not come from a page of ours, with 403."""
    app.before_request(_check)
    app.after_request(_set_cookie)
    app.add_template_global(token, "csrf_token")


def _check() -> None:
    if request.method in SAFE_METHODS:
        return
    cookie, field = request.cookies.get(COOKIE, ""), request.form.get(FIELD, "")
    repeated = bool(cookie) and hmac.compare_digest(cookie.encode(), field.encode())
    if not repeated or request.headers.get("Sec-Fetch-Site", "none") not in OUR_OWN:
        abort(403, "The form did not come from this site, or it is too old. Please open the page again.")


def _set_cookie(response: Response) -> Response:
    if "csrf_token" in g and COOKIE not in request.cookies:
        response.set_cookie(COOKIE, g.csrf_token, secure=True, httponly=True, samesite="Lax", path="/")
    return response
