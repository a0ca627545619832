"""Signing in by a one-time link that is mailed, signing out, and the guard of what only authors may do."""

import functools
import logging
import time
from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blog import csrf, forms, sessions
from blog.outages import MailUnavailableError
from blog.parts import Parts
from blog.sessions import Session
from blog.tries import Limit
from blog.visitors import visitor

logger = logging.getLogger(__name__)

RULES = {"address": forms.address}
BY_VISITOR = Limit(name="sign-in", tries=10, seconds=3600)
TO_ADDRESS = Limit(name="link", tries=5, seconds=3600)
EVEN_SECONDS = 0.5
"""An answer takes at least this long, so that its time does not tell whether a link was mailed."""


class SignIn:
    """The views around sessions."""

    def __init__(self, parts: Parts, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._authors = parts.authors
        self._sessions = parts.sessions
        self._links = parts.links
        self._tries = parts.tries
        self._mailer = parts.mailer
        self._site_url = parts.settings.site_url
        self._session_hours = parts.settings.session_hours
        self._sleep = sleep

    def show(self) -> ResponseReturnValue:
        """The form that asks for a mail address."""
        return self._page(forms.Form())

    def ask(self) -> ResponseReturnValue:
        """Mail a link to an author; who is none is told the same."""
        form = forms.check(request.form, RULES)
        if form.errors or not self._site_url:
            return self._page(form), 422
        started = time.monotonic()
        self._mail_link(form.values["address"].lower())
        self._sleep(max(0.0, started + EVEN_SECONDS - time.monotonic()))
        return self._page(form, sent=True)

    def show_link(self) -> ResponseReturnValue:
        """A button: programs that look through mails open links, but press no buttons."""
        return render_template("link.html", token=request.args.get("token", ""))

    def take_link(self) -> ResponseReturnValue:
        """Start a session for whom the link was mailed to."""
        author = self._links.take(request.form.get("token", ""))
        if author is None:
            return render_template("link.html", void=True), 403
        session_id = self._sessions.start(author, instead_of=request.cookies.get(sessions.COOKIE, ""))
        logger.info("signed in", extra={"event": "signed_in", "author": author.id})
        response = redirect(url_for("write"), 303)
        response.set_cookie(
            sessions.COOKIE,
            session_id,
            max_age=self._session_hours * 3600,
            path="/",
            secure=True,
            httponly=True,
            samesite="Lax",
        )
        return response

    def sign_out(self, session: Session) -> ResponseReturnValue:
        """End the session, in Redis and in the browser."""
        self._sessions.end(request.cookies[sessions.COOKIE])
        logger.info("signed out", extra={"event": "signed_out", "author": session.author.id})
        response = redirect(url_for("home"), 303)
        response.delete_cookie(sessions.COOKIE, path="/", secure=True, httponly=True, samesite="Lax")
        return response

    def required(self, view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
        """Call a view with the session, or lead who has none to the sign-in."""

        @functools.wraps(view)
        def guarded(**values: str) -> ResponseReturnValue:
            session = self._sessions.find(request.cookies.get(sessions.COOKIE, ""))
            if session:
                return view(session, **values)
            typed = {name: value for name, value in request.form.items() if name != csrf.FIELD}
            if typed:
                # A session may end while its author writes: the text must not be lost with it.
                return render_template("signed_out.html", typed=typed), 403
            return redirect(url_for("sign_in"), 303)

        return guarded

    def _page(self, form: forms.Form, *, sent: bool = False) -> str:
        return render_template("sign_in.html", form=form, mails_links=bool(self._site_url), sent=sent)

    def _mail_link(self, address: str) -> None:
        if not (self._tries.allow(BY_VISITOR, visitor()) and self._tries.allow(TO_ADDRESS, address)):
            return
        author = self._authors.find(address)
        if author is None:
            return
        link = self._links.make(author, site_url=self._site_url)
        try:
            self._mailer.send_link(link, to=author.email, minutes=self._links.minutes)
        except MailUnavailableError:
            # It is in the log; an error page would tell that the address is an author's.
            return
