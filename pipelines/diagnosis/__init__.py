"""Why runs fail: rules over what a run left, and a memory of earlier faults."""
