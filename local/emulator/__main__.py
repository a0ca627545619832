"""Run MiniStack with what it lacks."""

from local.emulator import cloudformation, front, load_balancer, ministack, network, policies, ses_api
from local.emulator.account import Account
from local.emulator.data_stores import DataStores

if __name__ == "__main__":
    account = Account()
    cloudformation.install()
    DataStores().install()
    network.install()
    load_balancer.install()
    policies.install()
    ses_api.install(account)
    ministack.serve(front.before(load_balancer.before(ministack.app), account))
