"""Run MiniStack with what it lacks."""

from local.emulator import cloudformation, front, load_balancer, ministack, network, policies, ses_api
from local.emulator.account import Account

if __name__ == "__main__":
    account = Account()
    cloudformation.install()
    network.install()
    load_balancer.install()
    policies.install()
    ses_api.install(account)
    ministack.serve(front.before(load_balancer.before(ministack.app), account))
