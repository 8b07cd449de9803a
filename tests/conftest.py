"""Says, when real servers were asked for, which ones stood for them."""

import pytest
from minio_server import server_in_words


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    chosen = str(config.option.markexpr)
    if "live" in chosen and "not live" not in chosen:
        terminalreporter.write_line(server_in_words())
