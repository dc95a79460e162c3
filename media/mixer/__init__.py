"""The mixing engine: one process, one UDP port, one tick. Its theory of operation is docs/mixer.md."""
