"""A registered model as a service: the only place that knows FastAPI."""
