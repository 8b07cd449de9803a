"""A person's preferences, put into an agent's instructions."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse
from langchain_core.messages import SystemMessage

HEADING = (
    "What the person prefers, in their words. Follow it where it fits the request; what they ask"
    " for now counts for more, and it allows nothing that has to be approved."
)


class Preferring(AgentMiddleware[AgentState[Any], Any, Any]):
    """Adds the preferences to the instructions of every call, as they are then.

    Args:
        preferences: Returns them.
    """

    def __init__(self, preferences: Callable[[], Sequence[str]]) -> None:
        super().__init__()
        self._preferences = preferences

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """Call the model with the preferences, if there are any."""
        lines = "\n".join(f"- {text}" for text in self._preferences())
        if lines and request.system_message is not None:
            told = f"{request.system_message.text}\n\n{HEADING}\n{lines}"
            request = request.override(system_message=SystemMessage(told))
        return await handler(request)
