"""An edge before the embedded cloud: it reads the deployed distribution, and behaves as CloudFront documents."""
