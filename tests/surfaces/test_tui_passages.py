from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from driven_terminal import answers, remarks, send, until
from scripted_terminal import Say, ScriptedAssistant, ScriptedSession
from textual.widgets import Markdown, Static

from agents.approval import Approver
from agents.events import TextArrived
from core.errors import not_found
from core.passages import Passage
from core.settings import Settings
from surfaces.tui.app import SwarmApp
from surfaces.tui.opening import citations_in
from surfaces.tui.passage_screen import PassageScreen

LAVA = Passage(
    id="1", source="docs", page="Volcanoes", heading="Lava", text="It **flows**.", path="v.md"
)


@dataclass
class CitingAssistant(ScriptedAssistant):
    def cited(self, citation: str) -> Sequence[Passage]:
        if citation != LAVA.citation:
            raise not_found("passage", citation, [LAVA.citation])
        return [LAVA]


async def cite(session: ScriptedSession, text: str, approve: Approver, say: Say) -> None:
    del session, text, approve
    answer = f"> It flows.\n\n[{LAVA.citation}]"
    say(TextArrived(text=answer, agent="rag", message_id="c"))


async def test_what_an_answer_cites_is_offered_and_opens(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    app = SwarmApp(lambda: settings, lambda _: CitingAssistant(settings, script=cite))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.session is not None)
        await send(app, pilot, "what does lava do")
        await until(pilot, lambda: app.turn is None and answers(app))
        app.prompt.fill("/open ")
        await until(pilot, lambda: app.completion.first() is not None)
        assert app.completion.first().text == "/open Volcanoes § Lava"

        await send(app, pilot, "/open [Volcanoes § Lava]")
        await until(pilot, lambda: isinstance(app.screen, PassageScreen))
        assert app.screen.query_one(Markdown).source == "It **flows**."
        assert "docs: v.md" in str(app.screen.query_one(Static).render())
        await pilot.press("q")
        assert not isinstance(app.screen, PassageScreen)

        await send(app, pilot, "/open Volcanoes § Larva")
        await until(pilot, lambda: app.query("Remark.-problem"))
        assert "The closest: Volcanoes § Lava." in remarks(app)


def test_citations_are_told_from_links_and_other_brackets() -> None:
    answer = "[A § b] and [A § b], [a list] and [A § c](http://x), `[1]`, [D § e, f]"
    assert citations_in(answer) == ["A § b", "D § e, f"]
