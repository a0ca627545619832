"""How much SES lets the account send, and how much of it is used."""
