"""Words that people in this field use for one another."""

from functools import cache

from knowledge.words import stem

# One line holds words that may stand for each other in a question. Words with several meanings in
# this field (model, test, key, state) are left out: they would join what does not belong together.
_GROUPS = """
abort cancel stop terminate kill interrupt
finish end complete done
start launch begin kick trigger
fail crash break broken error problem wrong red bug
fast quick speed quickly faster
slow slowly
delete remove erase
delay late overdue
person human someone somebody colleague
folder directory
file object
disk drive storage
internet network online wifi connection
offline disconnected
password secret credential
permission access right allow
approve approval consent confirm permission
notify notification alert notice
unbalanced imbalanced uneven skewed
accurate accuracy score performance
probability likelihood chance
split partition holdout
random shuffle
column feature variable
row record sample
table dataframe frame csv
step task stage component
pipeline workflow dag
repeat rerun again
reproduce reproducible repeat
save store keep
fetch download
upload send push
share link
version snapshot revision
explain explanation reason interpret
compare comparison versus vs
choose pick select
amazon aws
google gcp
microsoft azure
k8s kubernetes cluster
ml mlops
docker container image
gpu accelerator graphics
ram memory
config configuration setting option
env environment
parameter argument hyperparameter
responsible responsibility owner role
team people
comment report
serve serving deploy deployment inference
live production
nightly daily schedule scheduled recurring cron
drift shift change
retrain refresh
predict prediction forecast
phone mobile device edge
price cost bill expensive
old stale outdated
undelete restore recover undo
revert rollback previous
hang stuck pending wait queued
laptop computer machine pc
close exit quit
llm gpt chatgpt openai
cheap cost
auditor audit governance compliance lineage
fold crossvalidation cv
ci cicd cd continuous
oom oomkilled memory
noise luck chance significant
leak leakage cheat
winner champion
tune tuning search hyperparameter
label target outcome truth
mismatch skew differ inconsistent
artifact output
login authentication auth token
repo repository git
explainability explanation importance shap
dead died killed end
garbage poor bad
overconfident confident calibrated calibration
duty task responsibility role
beginner new start
uninterrupted offline
realtime online live
retire retirement decommission
dashboard report
csv table
"""


@cache
def _neighbours() -> dict[str, frozenset[str]]:
    groups = [frozenset(map(stem, line.split())) for line in _GROUPS.splitlines() if line]
    joined: dict[str, frozenset[str]] = {}
    for group in groups:
        for term in group:
            joined[term] = joined.get(term, frozenset()) | group
    return {term: others - {term} for term, others in joined.items()}


def alike(term: str) -> frozenset[str]:
    """Return the stems that may stand for a stem, without itself."""
    return _neighbours().get(term, frozenset())
