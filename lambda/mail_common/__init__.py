"""What the functions of the mail path share."""
