"""The embedded cloud: AWS on loopback, in processes of this machine, for development and end-to-end tests."""
