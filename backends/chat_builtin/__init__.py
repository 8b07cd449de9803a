"""A chat model that needs no network, no key and no downloaded weights."""
