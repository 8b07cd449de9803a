"""Documentation that can be searched and cited."""
