"""One page that builds everything, and the process around it."""
