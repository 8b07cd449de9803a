"""What each specialist can do, one file each."""
