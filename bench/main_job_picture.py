"""Draws the picture of the main job that the README shows: `python -m bench.main_job_picture`.

It opens the real terminal on the home that the settings name, asks, waits for the answer and
writes `docs/main-job.svg`. Train once in that home before: `mlops-swarm ask --yes "train …"`.
"""

import asyncio
import re
import sys
from pathlib import Path

from core.settings import Settings, read_settings
from surfaces.assembly import assemble
from surfaces.tui.app import SwarmApp

PICTURE = Path("docs/main-job.svg")
QUESTION = "which model won and show me the confusion matrix"
SIZE = (120, 58)
LIMIT_SECONDS = 60


async def draw() -> None:
    """Ask in the terminal and keep what it shows."""

    def settings() -> Settings:
        return read_settings()

    app = SwarmApp(settings, assemble)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(2)
        for character in QUESTION:
            await pilot.press("space" if character == " " else character)
        await pilot.press("enter")
        for _ in range(LIMIT_SECONDS):
            await pilot.pause(1)
            if "model calls" in app.export_screenshot():
                break
        await pilot.pause(1)
        PICTURE.write_text(standing_alone(app.export_screenshot(title="mlops-swarm")), "utf-8")
    sys.stdout.write(f"{PICTURE} written\n")


def standing_alone(svg: str) -> str:
    """Return a picture that fetches no font and keeps its spaces in every viewer."""
    without_fonts = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.S)
    return without_fonts.replace("<text ", '<text xml:space="preserve" ')


if __name__ == "__main__":
    asyncio.run(draw())
