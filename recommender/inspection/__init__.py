"""Reading what a project is from its folder; nothing in it is run."""
