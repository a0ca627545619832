"""A console for operators: runs one command on a Redis server that only functions reach."""
