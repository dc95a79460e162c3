"""What maintains the tree: installing, generating, measuring. Nothing here is imported by Kith itself."""
