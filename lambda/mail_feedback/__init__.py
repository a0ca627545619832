"""What becomes of mails: delivery records follow it, and who bounces or complains gets no more."""
