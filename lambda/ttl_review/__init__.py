"""How CloudFront keeps answers, and what its access logs say about the policies that it keeps them by."""
