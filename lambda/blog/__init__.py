"""The web application: a blog from a database through a cache."""
