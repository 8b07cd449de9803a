"""The terminal: a conversation, its tool calls, approvals and runs."""
