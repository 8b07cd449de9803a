"""Misspelt words of this field, put right before anything else reads them."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import process
from rapidfuzz.distance import OSA

_WORD = re.compile(r"(?<![\w./@=-])[a-z]{4,}(?:'[a-z]+)?(?![\w./@=-]*[\w/@=])", re.I)
_SHORT_WORDS = {
    "wy": "why",
    "hte": "the",
    "wat": "what",
    "wht": "what",
    "hwo": "how",
    "waht": "what",
    "whta": "what",
    "wich": "which",
    "teh": "the",
    "adn": "and",
    "nad": "and",
    "fo": "of",
    "frm": "from",
    "shw": "show",
    "lst": "list",
    "rn": "run",
    "stp": "stop",
}
"""Short words that are typed wrong so often that no distance is needed."""
_SHORT = re.compile(rf"(?<![\w./@=-])(?:{'|'.join(_SHORT_WORDS)})(?![\w./@=-])", re.I)
_LETTERS_FOR_TWO = 8
"""Words from this length may have two slips."""
_LETTERS_FOR_ANOTHER = 7
"""Words below this length have lost, doubled or swapped a letter, but not taken another one."""
_RIGHT = (
    "staten ever important lift trail shop shot runs jobs phases school schools late days".split()
)
"""Words that are near one of this field and mean something else."""
_WORTH_FINDING = (
    "list show describe start train retrain launch execute cancel abort stop terminate kill watch"
    " notify retry rerun restart delete remove erase create pause suspend disable resume enable"
    " activate schedule compare difference diagnose explain download upload copy duplicate share"
    " preview display search index package bundle export promote rollback revert deploy deployment"
    " deployments undeploy predict prediction predictions score scoring recommend assess inspect"
    " analyse generate write empty trash pipeline pipelines workflow experiment experiments bucket"
    " buckets object objects folder dataset datasets schedules artifact artifacts metrics metric"
    " accuracy precision recall matrix confusion calibration importance feature features curve plot"
    " model models version champion challenger registry lineage trace provenance drift status state"
    " progress finished failed failure running parameters threshold folds random seed split please"
    " nightly weekly monthly every morning monday tuesday wednesday thursday friday saturday sunday"
    " yesterday document documents source sources knowledge runbook platform platforms toolchain"
    " maturity blueprint scaffold project repository session script notebook kubernetes airflow"
    " kubeflow mlflow latest newest previous design scope phase brooklyn manhattan queens bronx"
    " delayed probability logs what which where when with happened have does this that there would"
    " could should about from last table tables file files reading content contents columns before"
    " after then change changed better best between success successful succeeded finished details"
    " information default settings options experiment again start started"
).split()
"""What a misspelt word can have meant; anything else is left as it stands."""


@dataclass(frozen=True)
class Spelling:
    """Puts words right that are one slip away from a word of this field."""

    known: frozenset[str]
    """Every word that is right as it stands."""

    @classmethod
    def of(cls, words: Collection[str]) -> "Spelling":
        """Return a spelling that leaves these words alone."""
        return cls(frozenset(words) | frozenset(_WORTH_FINDING) | frozenset(_RIGHT))

    def mended(self, text: str, names: Collection[str] = ()) -> str:
        """Return the text with misspelt words put right; names of things are not touched."""
        spared = {part for name in names for part in re.findall(r"[a-z]+", name.casefold())}

        def mend(found: re.Match[str]) -> str:
            word = found[0].casefold()
            if word in self.known or word in spared or self._inflected(word):
                return found[0]
            return self._nearest(word) or found[0]

        return _SHORT.sub(lambda found: _SHORT_WORDS[found[0].casefold()], _WORD.sub(mend, text))

    def _inflected(self, word: str) -> bool:
        """Tell whether a word is a plain form of a known one: its plural, its past."""
        return any(
            word.endswith(ending) and word.removesuffix(ending) + stem in self.known
            for ending in ("s", "es", "ed", "ing", "ly", "er", "'s")
            for stem in ("", "e")
        )

    def _nearest(self, word: str) -> str:
        allowed = 2 if len(word) >= _LETTERS_FOR_TWO else 1
        found = process.extract(
            word, self._by_initial.get(word[0], ()), scorer=OSA.distance, score_cutoff=allowed
        )
        likely = [
            name
            for name, _, _ in sorted(found, key=lambda one: one[1])
            if len(word) >= _LETTERS_FOR_ANOTHER
            or len(name) != len(word)
            or sorted(name) == sorted(word)
        ]
        return likely[0] if likely else ""

    @cached_property
    def _by_initial(self) -> dict[str, list[str]]:
        groups: dict[str, list[str]] = {}
        for word in _WORTH_FINDING:
            groups.setdefault(word[0], []).append(word)
        return groups
