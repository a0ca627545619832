"""`make soak`: many requests and readers through the deployed stacks under faults, each accounted for."""
