"""The words everyone shares, and the ports."""
