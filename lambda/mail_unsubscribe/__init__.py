"""The page behind unsubscribe links."""
