"""What the scenarios share: a server to start and stop, HTTP and SSE clients of their own, waiting with a deadline."""
