"""The consumer that turns queued mail requests into mails."""
