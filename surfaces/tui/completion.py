"""The list of ways to go on from a slash or an `@`."""

from collections.abc import Sequence

from rich.text import Text
from textual.widgets import OptionList

from surfaces.tui.slash import Suggestion
from surfaces.words import clean


class Completion(OptionList, can_focus=False):
    """Ways to complete what was typed; shown only when there are any."""

    def __init__(self) -> None:
        super().__init__(compact=True, markup=False)
        self._suggestions: Sequence[Suggestion] = ()

    def on_mount(self) -> None:
        """Begin hidden."""
        self.display = False

    def offer(self, suggestions: Sequence[Suggestion]) -> None:
        """Show suggestions, or nothing."""
        self._suggestions = suggestions
        self.clear_options()
        self.display = bool(suggestions)
        if suggestions:
            width = min(34, max(len(item.label) for item in suggestions))
            self.add_options(
                Text.assemble(
                    (f"{clean(item.label):<{width}}  ", "bold"),
                    (clean(item.help), "dim"),
                    no_wrap=True,
                    overflow="ellipsis",
                )
                for item in suggestions
            )
            self.highlighted = None

    def close(self) -> None:
        """Show nothing."""
        self.offer(())

    def chosen(self) -> Suggestion | None:
        """Return the suggestion the person moved to, if any."""
        return None if self.highlighted is None else self._suggestions[self.highlighted]

    def first(self) -> Suggestion | None:
        """Return the likeliest suggestion, if there is one."""
        return self._suggestions[0] if self._suggestions else None
