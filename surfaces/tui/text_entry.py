"""A text area whose own keys come before what it would insert."""

from textual import events
from textual.binding import Binding
from textual.widgets import TextArea


class TextEntry(TextArea):
    """Takes the keys of its own bindings in the order in which they were typed.

    A priority binding would be quicker than the letters before it: typed fast, Enter would send a
    text whose end is still on its way.
    """

    async def on_key(self, event: events.Key) -> None:
        """Run the binding of a key, if this class has one."""
        for binding in self.BINDINGS:
            if isinstance(binding, Binding) and event.key in binding.key.split(","):
                event.stop()
                event.prevent_default()
                await self.run_action(binding.action)
                return
