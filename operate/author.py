"""`make author EMAIL=you@example.com`: let somebody write on the site; a one-time sign-in link is mailed."""

import os

from operate import stage, web
from operate.command import InputError, run, say
from stacks.config import STAGES


def main() -> int:
    """Invite EMAIL; the link leads to URL, to the stage's site, or locally to the load balancer."""
    name = stage.chosen()
    email = os.environ.get("EMAIL", "")
    if not email:
        raise InputError("EMAIL is empty; set it as in: make author EMAIL=you@example.com")
    site = web.find(name)
    invitation = {"email": email, "site_url": os.environ.get("URL") or address(name, site)}
    done = site.ask("BlogFunction", {"invite": invitation})
    say("invited", f"{done['email']}, by a link that works once within {done['expires_minutes']} minutes")
    say("queued", f"its mail, message {done['message_id']}" + ("; see `make mails`" if name == "local" else ""))
    return 0


def address(name: str, site: web.Web) -> str:
    """Return how the site is reached."""
    if name == "local":
        return f"http://{site.outputs['LoadBalancer']}:{stage.running_cloud().port}"
    if url := STAGES[name].web.url:
        return url
    raise InputError(f"stage {name} has no site_url and no site_domain; add the site's address: URL=https://…")


if __name__ == "__main__":
    run("author", main)
