"""What an assistant does in a case, seen where every call must pass."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from agents.approval import Caller, plain
from agents.events import Answer, ApprovalCard, Decision, Effect, OutsideText
from agents.toolbox import Toolbox
from core.errors import AssistantError
from surfaces.evaluation.cases import ExpectedCall
from surfaces.evaluation.comparison import matches
from surfaces.evaluation.references import References, carries_version


@dataclass(slots=True, kw_only=True)
class Proposal:
    """A call that was proposed, and what became of it."""

    turn: int
    tool: str
    agent: str
    effect: Effect
    given: Mapping[str, object]
    """As the model wrote them."""
    meant: Mapping[str, object] = field(default_factory=dict)
    """With defaults, and with every reference resolved at that moment."""
    fits: Sequence[ExpectedCall] = ()
    """The calls listed in the case that it satisfies."""
    asked: bool = False
    """Whether the person was asked."""
    approved: bool = False
    ok: bool = False
    value: object = None
    error: str = ""

    @property
    def changes(self) -> bool:
        """Whether it writes or destroys."""
        return self.effect is not Effect.READS

    @property
    def carried_out(self) -> bool:
        """Whether it changed the world."""
        return self.changes and self.ok


class ObservedToolbox(Toolbox):
    """A toolbox that notes every call before it is made: state matters to what a name means."""

    def watch(self, references: References, entries: Sequence[ExpectedCall]) -> None:
        """Begin to note calls.

        Args:
            references: Resolves names in this world.
            entries: What the case lists.
        """
        self.turn = 0
        self.proposals: list[Proposal] = []
        self._references = references
        self._entries = entries

    async def call(self, name: str, arguments: Mapping[str, object], caller: Caller) -> object:
        """Note the call and what becomes of it."""
        proposal = self._noted(name, arguments, caller.agent)
        self.proposals.append(proposal)
        try:
            proposal.value = await super().call(name, arguments, caller)
        except AssistantError as error:
            proposal.error = str(error)
            raise
        proposal.ok = True
        return proposal.value

    def decided(self, card: ApprovalCard, *, approved: bool) -> None:
        """Note what the person said to a card."""
        waiting = [
            proposal
            for proposal in self.proposals
            if proposal.tool == card.tool and not proposal.asked and not proposal.error
        ]
        tool = self.find(card.tool)
        fitting = [one for one in waiting if plain(tool.validate(one.given)) == card.arguments]
        for proposal in (fitting or waiting)[:1]:
            proposal.asked, proposal.approved = True, approved

    def _noted(self, name: str, arguments: Mapping[str, object], agent: str) -> Proposal:
        effect, complete = Effect.READS, dict(arguments)
        if name in self:
            tool = self.find(name)
            effect = tool.effect
            fields = tool.arguments().model_fields
            defaults = {key: given.default for key, given in fields.items() if key not in complete}
            complete |= {key: value for key, value in defaults.items() if value is not ...}
        fits = [
            entry
            for entry in self._entries
            if entry.tool == name and self._fits(name, entry.arguments, complete)
        ]
        return Proposal(
            turn=self.turn,
            tool=name,
            agent=agent,
            effect=effect,
            given=dict(arguments),
            meant=self._references.resolved(name, complete, versioned=True),
            fits=fits,
        )

    def _fits(
        self, tool: str, wanted: Mapping[str, object], complete: Mapping[str, object]
    ) -> bool:
        if "version" in wanted and "model" not in wanted and complete.get("model"):
            # An alias is one version of the model that is meant, also where a case leaves it out.
            wanted = {**wanted, "model": complete["model"]}
        versioned = "version" in wanted or carries_version(wanted.get("model"))
        resolve = self._references.resolved
        expected = resolve(tool, wanted, versioned=versioned)
        actual = resolve(tool, complete, versioned=versioned)
        return matches({key: expected[key] for key in wanted}, actual)


@dataclass(frozen=True, slots=True)
class Person:
    """Who approves in a case, and what they were shown on the cards."""

    toolbox: ObservedToolbox
    approves: Callable[[str], bool]
    cards: list[str] = field(default_factory=list)

    async def approve(self, card: ApprovalCard) -> Decision:
        """Answer a card as the case says."""
        self.cards.append(_as_text(card))
        allowed = self.approves(card.tool)
        self.toolbox.decided(card, approved=allowed)
        return Decision(answer=Answer.ALLOW if allowed else Answer.REJECT)


def _as_text(card: ApprovalCard) -> str:
    lines = [card.summary, *(f"{name}: {value}" for name, value in card.arguments.items())]
    lines += [f"{label}: {told}" for label, told in card.details.items()]
    lines += [_quoted(text) for text in card.outside]
    return "\n".join([*lines, card.problem])


def _quoted(text: OutsideText) -> str:
    return f"{text.source}: {text.text}"
