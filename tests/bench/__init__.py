"""`make bench`: what the consumer costs, beside other ways to do the same."""
