"""Every port, implemented."""
