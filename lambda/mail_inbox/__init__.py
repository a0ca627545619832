"""The inbox: what becomes of mails that SES has received."""
