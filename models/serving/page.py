"""The service's own description as a page that loads nothing from elsewhere."""

from collections.abc import Mapping
from html import escape
from typing import Any

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1d2733; max-width: 55rem;
  margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; } td, th { border-bottom: 1px solid #d5dbe2;
  padding: .3rem .7rem; text-align: left; vertical-align: top; }
code, pre { background: #f3f5f7; padding: .1rem .3rem; } pre { padding: .7rem; overflow: auto; }
"""
EXAMPLE = """curl -H "X-API-Key: $(cat KEY_FILE)" -H "Content-Type: application/json" \\
  -d '{"phases": [{"phase": "Scope", "borough": "Queens", "work_category": "roof_envelope"}]}' \\
  ADDRESS/predict"""


def page(openapi: Mapping[str, Any]) -> str:
    """Return the description as HTML."""
    schemas: Mapping[str, Any] = openapi.get("components", {}).get("schemas", {})
    paths = "".join(
        f"<tr><td><code>{method.upper()} {escape(path)}</code></td>"
        f"<td>{escape(str(told.get('summary', '')))}</td></tr>"
        for path, methods in openapi["paths"].items()
        for method, told in methods.items()
    )
    tables = "".join(_schema(name, schema) for name, schema in schemas.items())
    title = escape(str(openapi["info"]["title"]))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body><h1>{title}</h1>"
        '<p>The same for programs: <a href="/openapi.json">openapi.json</a>.</p>'
        f"<table>{paths}</table><pre>{escape(EXAMPLE)}</pre>{tables}</body></html>"
    )


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(field)}</code></td><td>{escape(_type(told))}</td>"
        f"<td>{escape(str(told.get('description', '')))}</td></tr>"
        for field, told in schema.get("properties", {}).items()
    )
    return f"<h2>{escape(name)}</h2><table>{rows}</table>" if rows else ""


def _type(told: Mapping[str, Any]) -> str:
    if "enum" in told:
        return " | ".join(str(choice) for choice in told["enum"])
    if "anyOf" in told:
        return " | ".join(_type(one) for one in told["anyOf"] if one.get("type") != "null")
    if "$ref" in told:
        return str(told["$ref"]).rpartition("/")[2]
    if told.get("type") == "array":
        return f"list of {_type(told.get('items', {}))}"
    return str(told.get("format") or told.get("type", ""))
