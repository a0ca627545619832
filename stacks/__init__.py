"""The infrastructure: one module per system, every setting in `config`."""
