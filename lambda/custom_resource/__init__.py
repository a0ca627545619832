"""What custom resources share: how CloudFormation hears from them."""
