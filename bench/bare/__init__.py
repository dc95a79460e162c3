"""The barest call between two pages: what answering costs when nothing but WebRTC itself is done."""
