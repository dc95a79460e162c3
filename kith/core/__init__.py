"""Words everybody shares. This package imports nothing else of ours."""
