"""Real servers for the embedded cloud: Valkey, Memcached and PostgreSQL, each behind TLS."""
