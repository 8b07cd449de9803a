"""Looking for objects that arrive, for triggers: in the terminal and in the daemon."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

from core import clock
from core.errors import AssistantError
from core.objects import ObjectStore, StoredObject
from core.runs import Run
from core.triggers import Announcing, Firing, Trigger, TriggerBook, present

EVERY_SECONDS = 5.0
"""How often a place is looked through, also where the store speaks up: some speak late."""
SHARE_OF_TIME = 10
"""Between two looks there is at least this many times as long as one takes."""
LISTEN_AGAIN_SECONDS = 10.0
SETTLED = timedelta(seconds=2)
"""A file that was written later than this ago may still be copied into its folder by hand."""


class Watcher:
    """Starts the runs of triggers in a thread of its own, until it is stopped.

    Several assistants may watch at once: each object is claimed by one of them.

    Args:
        book: The triggers, and what they have met.
        store: Where objects arrive.
        start: Starts the run for an object.
        fired: Told what became of every object that arrived, in the watching thread.
        failed: Told why a place could not be looked through; once until it can be again.
    """

    def __init__(
        self,
        book: TriggerBook,
        store: ObjectStore,
        start: Callable[[Trigger, StoredObject], Run],
        fired: Callable[[Firing], None],
        failed: Callable[[AssistantError], None],
    ) -> None:
        self._book = book
        self._store = store
        self._start = start
        self._fired = fired
        self._failed = failed
        self._broken: set[str] = set()
        self._due: dict[str, float] = {}
        self._ears: dict[tuple[str, str], Ear] = {}
        self._stop = threading.Event()
        self._wake = threading.Event()
        # A thread that nobody waits for: leaving the terminal must not hang on it.
        self._thread = threading.Thread(target=self._watch, name="triggers", daemon=True)

    def start(self) -> None:
        """Begin to look for objects."""
        self._thread.start()

    def stop(self, seconds: float = 5) -> None:
        """Look no more; a run that is being started is started."""
        self._stop.set()
        self._wake.set()
        for ear in self._ears.values():
            ear.stop()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def wait(self) -> None:
        """Wait until it is stopped."""
        self._stop.wait()

    def fire(self) -> None:
        """Look once through what every trigger watches, and start what is to be started."""
        self._due.clear()
        self._look()

    def _watch(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            self._listen(self._look())
            self._wake.wait(EVERY_SECONDS)

    def _look(self) -> list[Trigger]:
        try:
            for lost in self._book.abandoned():
                self._fired(lost)
            at_work = [trigger for trigger in self._book.all() if trigger.enabled]
        except AssistantError as error:
            self._tell("", error)
            return []
        self._broken.discard("")
        for trigger in at_work:
            ear = self._ears.get((trigger.bucket, trigger.prefix))
            heard = ear is not None and ear.heard(trigger.name)
            if heard or time.monotonic() >= self._due.get(trigger.name, 0):
                self._look_once(trigger)
        return at_work

    def _look_once(self, trigger: Trigger) -> None:
        begun = time.monotonic()
        try:
            self._look_through(trigger)
            self._broken.discard(trigger.name)
        except AssistantError as error:
            self._tell(trigger.name, error)
        ended = time.monotonic()
        rest = max(EVERY_SECONDS - 1, SHARE_OF_TIME * (ended - begun))
        self._due[trigger.name] = ended + rest

    def _look_through(self, trigger: Trigger) -> None:
        """Start a run for each object that the trigger has not met, page by page."""
        # What arrives at a server is whole; a folder is also written to behind the store's back.
        by_hand = not isinstance(self._store, Announcing)
        for page in present(self._store, trigger.bucket, trigger.prefix):
            for found in self._book.unseen(trigger.name, page):
                if self._stop.is_set():
                    return
                if by_hand and found.modified_at > clock.now() - SETTLED:
                    continue
                if self._book.claim(trigger.name, found):
                    self._fire(trigger, found)

    def _fire(self, trigger: Trigger, found: StoredObject) -> None:
        try:
            run = self._start(trigger, found)
            firing = Firing(trigger=trigger.name, object=found, run=run.id, run_name=run.name)
        except AssistantError as error:
            firing = Firing(trigger=trigger.name, object=found, problem=str(error))
        self._book.settle(firing)
        self._fired(firing)

    def _listen(self, at_work: list[Trigger]) -> None:
        """Have one ear at every place that a trigger watches, where the store speaks."""
        if not isinstance(self._store, Announcing) or self._stop.is_set():
            return
        places = {(one.bucket, one.prefix) for one in at_work}
        for place in self._ears.keys() - places:
            self._ears.pop(place).stop()
        for place in places - self._ears.keys():
            self._ears[place] = Ear(self._store, *place, self._wake)

    def _tell(self, about: str, error: AssistantError) -> None:
        if about not in self._broken:
            self._failed(error)
        self._broken.add(about)


def told(firing: Firing) -> str:
    """Return in words what became of an object that arrived."""
    if firing.problem:
        return (
            f"The trigger {firing.trigger} could not start a run for {firing.object.reference}:"
            f" {firing.problem}"
        )
    return (
        f"The trigger {firing.trigger} started {firing.run_name} ({firing.run}) for"
        f" {firing.object.reference}."
    )


class Ear:
    """Listens to what a store announces of one place, in a thread of its own.

    Args:
        store: What speaks.
        bucket: Where.
        prefix: Below what.
        wake: Set at every announcement.
    """

    def __init__(self, store: Announcing, bucket: str, prefix: str, wake: threading.Event) -> None:
        self._store = store
        self._place = bucket, prefix
        self._wake = wake
        self._count = 0
        self._heard: dict[str, int] = {}
        self._stop = threading.Event()
        # It waits for the server, which nobody can cut short: it ends with the process.
        threading.Thread(target=self._listen, name=f"ear at {bucket}", daemon=True).start()

    def stop(self) -> None:
        """Listen no more from the next announcement on."""
        self._stop.set()

    def heard(self, trigger: str) -> bool:
        """Tell whether something was announced since a trigger asked last."""
        count = self._count
        before = self._heard.get(trigger, 0)
        self._heard[trigger] = count
        return count > before

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                for _ in self._store.announcements(*self._place):
                    if self._stop.is_set():
                        return
                    self._count += 1
                    self._wake.set()
                # It does not speak at all: looking has to do.
                return
            except AssistantError:
                # Looking goes on meanwhile, and says what is wrong if it fails as well.
                self._stop.wait(LISTEN_AGAIN_SECONDS)
