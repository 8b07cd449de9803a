"""From a project to a toolchain."""
