"""What people do with a deployed Edgepost, from the command line; the Makefile is the front door to it."""
