"""The pages as HTML: complete in themselves, since they must come when the site is down."""

import base64
import hashlib
from html import escape
from string import Template

STYLE = """
:root { color-scheme: light dark; --paper: #fdfcf9; --ink: #1f2421; --accent: #0b6e64; --on-accent: #ffffff; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #151917; --ink: #e7e9e5; --accent: #63cdbd; --on-accent: #0d1412; }
}
body {
  margin: 0;
  border-top: 4px solid var(--accent);
  background: var(--paper);
  color: var(--ink);
  font: 1.0625rem/1.7 -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK JP", sans-serif;
}
main, header, footer { max-width: 40rem; margin: 0 auto; padding: 1rem 1.25rem; overflow-wrap: anywhere; }
a { color: var(--accent); }
button {
  padding: .6rem 1.2rem;
  border: 1px solid var(--accent);
  border-radius: .4rem;
  background: var(--accent);
  color: var(--on-accent);
  font: inherit;
  font-weight: 600;
  cursor: pointer;
}
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
"""

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # The page's address holds the token.
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$heading · $site</title>
<style>$style</style>
</head>
<body>
<header><a href="$url">$site</a></header>
<main>
<h1>$heading</h1>
$content
</main>
</body>
</html>
""")

# Without an action, a form goes to the page's own address, which holds the token.
FORM = """
<form method="post">
<input type="hidden" name="List-Unsubscribe" value="One-Click">
<button>Unsubscribe</button>
</form>
"""


class Pages:
    """The pages of one site."""

    def __init__(self, *, site_title: str, site_url: str) -> None:
        self._title = site_title
        self._url = site_url

    def question(self, address: str) -> str:
        """One button, for who opens the link in a browser; mail programs do not ask."""
        text = f"<p>No more mails of this kind to {escape(masked(address))}?</p>"
        return self._page("Unsubscribe", text + FORM)

    def done(self, address: str) -> str:
        """It is done, whether for the first time or again."""
        return self._page("You are unsubscribed", f"<p>{escape(masked(address))} gets no more mails of this kind.</p>")

    def bad_link(self) -> str:
        """The link is none of ours, or was cut on its way."""
        text = "<p>This link is not complete. Open it from the mail again, or copy the whole of it.</p>"
        return self._page("This link does not work", text)

    def bad_method(self) -> str:
        """Neither shown nor pressed."""
        return self._page("This cannot be done here", "<p>Open the link from the mail.</p>")

    def outage(self) -> str:
        """Something that is needed does not answer."""
        return self._page(
            "Not right now", "<p>Something does not work at the moment. Please try again in a minute.</p>"
        )

    def _page(self, heading: str, content: str) -> str:
        return PAGE.substitute(
            heading=escape(heading),
            content=content,
            site=escape(self._title),
            url=escape(self._url),
            style=STYLE,
        )


def masked(address: str) -> str:
    """An address that its owner knows again, and nobody else who gets hold of the link learns."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain}"
