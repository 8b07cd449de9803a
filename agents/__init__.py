"""Who answers, and with which tools."""
