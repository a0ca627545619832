"""How functions enter Redis and PostgreSQL: over verified TLS and with IAM tokens, so that there is no password."""
