"""MiniStack in one process with what it lacks: SES and load balancers as documented, real data stores, types.

`python -m local.emulator` serves it on `BIND_HOST`:`GATEWAY_PORT`.
"""
