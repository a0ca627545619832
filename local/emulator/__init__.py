"""MiniStack in one process with what it lacks: SES as documented, and a few attributes of CloudFormation.

`python -m local.emulator` serves it on `BIND_HOST`:`GATEWAY_PORT`.
"""
