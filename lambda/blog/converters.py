"""What the variable parts of addresses may be: anything else is a 404 that asks neither cache nor database."""

from werkzeug.routing import BaseConverter, ValidationError

LONGEST_SLUG = 80
"""Characters; a little more than titles give, with a number."""


class SlugConverter(BaseConverter):
    """A post's slug."""

    def to_python(self, value: str) -> str:
        """Take printable text, so that no control character reaches the database."""
        if len(value) > LONGEST_SLUG or not value.isprintable():
            raise ValidationError
        return value


class ImageIdConverter(BaseConverter):
    """A picture's id."""

    regex = "[0-9a-f]{32}"
