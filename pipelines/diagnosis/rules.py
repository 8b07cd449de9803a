"""All rules."""

from pipelines.diagnosis.rule import Rule
from pipelines.diagnosis.rules_data import DATA
from pipelines.diagnosis.rules_machine import CLUSTER, CODE, MACHINE

RULES: tuple[Rule, ...] = (*DATA, *MACHINE, *CLUSTER, *CODE)
