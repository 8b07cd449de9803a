"""What a person prefers, as a model at a server is sent it."""

from pathlib import Path

from connected_chat import connected
from openai_server import calls, says

from agents.preferring import HEADING


async def test_preferences_reach_the_swarm_agent_and_no_other(tmp_path: Path) -> None:
    script = {
        "Swarm Agent": [
            says("Yes."),
            calls("ask_minio_agent", request="list the buckets"),
        ],
        "MinIO agent": [says("Three.")],
    }
    with connected(tmp_path, script) as here:
        await here.ask("are you there?")
        here.assistant.preferences.add("Use sk-abcdefghijklmnopqrstuvwx and five folds.")
        await here.ask("what buckets are there?")
        before, swarm, minio = (body["messages"][0]["content"] for body in here.server.bodies)

    assert HEADING not in before
    assert swarm == f"{before}\n\n{HEADING}\n- Use ••• and five folds."
    assert "five folds" not in minio
