"""Run MiniStack with what it lacks."""

from local.emulator import (
    arrival,
    athena,
    cloudformation,
    cloudfront,
    edge,
    event_destinations,
    front,
    load_balancer,
    log_delivery,
    ministack,
    network,
    policies,
    receipt_rules,
    ses_api,
    smtp,
    web_acl,
)
from local.emulator.account import Account
from local.emulator.data_stores import DataStores
from local.emulator.outages import Outages

if __name__ == "__main__":
    account = Account()
    beside = edge.start()
    cloudformation.install()
    stores = DataStores()
    stores.install()
    network.install()
    load_balancer.install()
    cloudfront.install()
    log_delivery.install()
    web_acl.install()
    policies.install()
    athena.install()
    receipt_rules.install()
    arrival.install()
    event_destinations.install()
    ses_api.install(account)
    application = front.before(load_balancer.before(ministack.app), account, Outages(stores).actions)
    ministack.serve(smtp.before(application, account))
