"""Models in use: what is deployed, and the processes that answer."""
