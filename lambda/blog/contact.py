"""The contact form: a mail request on the queue, so that an answer never waits for a mail server."""

import logging

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blog import csrf, forms
from blog.errors import RETRY_SECONDS
from blog.mailer import Mailer
from blog.outages import MailUnavailableError, SessionsUnavailableError
from blog.tries import Limit, Tries
from blog.visitors import visitor

logger = logging.getLogger(__name__)

RULES = {
    "name": forms.text(longest=100),
    "address": forms.address,
    "message": forms.text(shortest=10, longest=5000, lines=True),
}
HONEYPOT = "website"
"""A field that people do not see; whoever fills it in is a machine."""
MESSAGES = Limit(name="contact", tries=5, seconds=3600)


class Contact:
    """The views of the contact form."""

    def __init__(self, *, mailer: Mailer, tries: Tries) -> None:
        self._mailer = mailer
        self._tries = tries

    def show(self) -> ResponseReturnValue:
        """The empty form, or thanks for what was sent."""
        return render_template("contact.html", form=forms.Form(), sent="sent" in request.args)

    def send(self) -> ResponseReturnValue:
        """Take a message."""
        form = forms.check(request.form, RULES)
        if form.errors:
            return render_template("contact.html", form=form), 422
        if request.form.get(HONEYPOT):
            return self._thanks()
        if not self._allowed():
            notice = "You have sent several messages already. Please wait an hour."
            return render_template("contact.html", form=form, notice=notice), 429
        try:
            # The visitor's random cookie makes a second press of the button the same request, and nobody else's.
            self._mailer.send_contact(**form.values, visit=csrf.token())
        except MailUnavailableError:
            notice = "Your message could not be sent just now. Please try again in a minute."
            response = make_response(render_template("contact.html", form=form, notice=notice), 503)
            response.headers["Retry-After"] = str(RETRY_SECONDS)
            return response
        logger.info("contact", extra={"event": "contact"})
        return self._thanks()

    def _thanks(self) -> ResponseReturnValue:
        return redirect(url_for("contact", sent=1), 303)

    def _allowed(self) -> bool:
        """A visitor who cannot be counted may write."""
        try:
            return self._tries.allow(MESSAGES, visitor())
        except SessionsUnavailableError:
            return True
