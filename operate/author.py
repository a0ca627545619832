"""`make author EMAIL=you@example.com`: let somebody write on the site; a one-time sign-in link is mailed."""

import os

from operate import stage, web
from operate.command import InputError, run, say


def main() -> int:
    """Invite EMAIL; the link leads to URL, by default to the stage's site."""
    name = stage.chosen()
    email = os.environ.get("EMAIL", "")
    if not email:
        raise InputError("EMAIL is empty; set it as in: make author EMAIL=you@example.com")
    site = web.find(name)
    invitation = {"email": email, "site_url": os.environ.get("URL") or web.site_url(name)}
    done = site.ask("BlogFunction", {"invite": invitation})
    say("invited", f"{done['email']}, by a link that works once within {done['expires_minutes']} minutes")
    say("queued", f"its mail, message {done['message_id']}" + ("; see `make mails`" if name == "local" else ""))
    return 0


if __name__ == "__main__":
    run("author", main)
