"""Starts the worker process; being `__main__`, it is not imported again by the tasks."""

from backends.runs_local.worker import main

main()
