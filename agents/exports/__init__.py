"""What was done in a conversation, as a file that does it again."""
