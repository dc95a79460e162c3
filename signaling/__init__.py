"""The contract, the call and those who carry both."""
