"""Checks that the drift check finds what is known to have moved in the shipped table.

Rows before 2022-07 are what was learned from, later ones are new. The table's own description names
what moved (PSI over .2) and three stable controls; the last column is what it publishes.
"""

from pipelines.delay import data, schema
from pipelines.delay.schema import DATA_FOLDER
from pipelines.drift.profiles import ks, profile_of, psi

CUT = "2022-07-01"
MOVED = {
    "portfolio_delay_rate_365d": 2.62,
    "work_category": 0.58,
    "building_prior_phases": 0.54,
    "has_heating_climate": 0.25,
}
STABLE = {"phase": 0.012, "school_level": 0.012, "start_weekday": 0.012}
BORDERLINE = {"planned_duration_days": 0.19}
THRESHOLD = 0.2


def main() -> int:
    """Print each index beside the published one; 1 if a verdict differs."""
    table = data.validate(data.read_table(DATA_FOLDER / "schedule_management.csv"))
    old, new = table[table[schema.START] < CUT], table[table[schema.START] >= CUT]
    numbers = set(schema.phases_schema().numbers)
    wrong = []
    print(f"{len(old)} rows before {CUT}, {len(new)} from then on")
    print(f"{'feature':<28}{'PSI':>7}{'published':>11}{'KS':>7}  flagged")
    for name, published in {**MOVED, **BORDERLINE, **STABLE}.items():
        before = profile_of(old[name], is_number=name in numbers)
        index, distance = psi(before, new[name]), ks(before, new[name])
        flagged = index > THRESHOLD
        shown = "" if distance is None else f"{distance:.3f}"
        print(f"{name:<28}{index:7.3f}{published:11.3f}{shown:>7}  {'yes' if flagged else 'no'}")
        if flagged != (name in MOVED):
            wrong.append(name)
    target = profile_of(old[schema.TARGET], is_number=False)
    shares = [float((part[schema.TARGET] == schema.DELAYED).mean()) for part in (old, new)]
    print(f"share delayed {shares[0]:.1%} -> {shares[1]:.1%} (published 55.8% -> 45.8%)")
    print(f"PSI of the outcome {psi(target, new[schema.TARGET]):.3f}")
    print(f"verdicts as published: {'all' if not wrong else f'not {wrong}'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
