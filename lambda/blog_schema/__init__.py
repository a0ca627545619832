"""The blog's tables, role and sample posts: brought up to date whenever the stack that asks for them is deployed."""
