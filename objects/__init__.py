"""What is in stored objects, and where it came from."""
