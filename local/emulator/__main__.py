"""Run MiniStack with what it lacks."""

from local.emulator import cloudformation, front, ministack, policies, ses_api
from local.emulator.account import Account

if __name__ == "__main__":
    account = Account()
    cloudformation.install()
    policies.install()
    ses_api.install(account)
    ministack.serve(front.before(ministack.app, account))
