"""What the terminal does when the model at a server is lost in mid-conversation."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from driven_terminal import answers, remarks, send, until
from openai_server import OpenAIServer, openai_server, refusal
from textual.pilot import Pilot

from core.services import OpenAIChat
from core.settings import Settings
from surfaces.assembly import assemble
from surfaces.tui.app import SwarmApp
from surfaces.tui.offer import OfferView

PATIENCE = 6000
"""Attempts that are enough to import everything on a busy machine."""


@asynccontextmanager
async def asked_for_buckets(
    home: Path, server: OpenAIServer
) -> AsyncIterator[tuple[SwarmApp, Pilot[None], OfferView]]:
    """Ask for the buckets in a terminal, and wait for the offer that follows the lost model."""
    chat = OpenAIChat(kind="openai", model="tiny", base_url=server.url, retries=0)
    app = SwarmApp(lambda: Settings(home=home, workers=1, chat=chat), assemble)
    async with app.run_test(size=(120, 40)) as pilot:
        await send(app, pilot, "what buckets are there?")
        await until(pilot, lambda: app.query(OfferView), PATIENCE)
        view = app.query_one(OfferView)
        await until(pilot, lambda: view.has_focus and view.listens)
        yield app, pilot, view


async def test_the_built_in_model_answers_when_the_person_accepts_the_offer(
    tmp_path: Path,
) -> None:
    with openai_server({"": [refusal(500, "Oops.")]}) as server:
        async with asked_for_buckets(tmp_path, server) as (app, pilot, view):
            assert app.status.activity == "waits for your answer"
            await pilot.press("y")
            await until(pilot, lambda: app.turn is None, PATIENCE)

            assert not view.open
            assert "status 500: Oops." in answers(app)[-2]
            assert "datasets" in answers(app)[-1]
            assert [turn.question for turn in app.session.history()] == ["what buckets are there?"]
            assert app.prompt.has_focus


async def test_a_person_who_declines_the_offer_is_told_how_to_go_on(tmp_path: Path) -> None:
    with openai_server({"": [refusal(500, "Oops.")]}) as server:
        async with asked_for_buckets(tmp_path, server) as (app, pilot, _):
            await pilot.press("n")
            await until(pilot, lambda: app.turn is None, PATIENCE)

            assert "/model" in answers(app)[-1] + remarks(app)
            assert not app.asks


async def test_escape_declines_the_offer_and_the_conversation_goes_on(tmp_path: Path) -> None:
    with openai_server({"": [refusal(500, "Oops.")]}) as server:
        async with asked_for_buckets(tmp_path, server) as (app, pilot, _):
            await pilot.press("escape")
            await until(pilot, lambda: app.turn is None, PATIENCE)
            app.assistant.use_model(app.assistant.chats[0])
            await send(app, pilot, "list the models")
            await until(
                pilot, lambda: app.turn is None and len(app.session.history()) == 2, PATIENCE
            )

            assert "No model is registered yet" in answers(app)[-1]
