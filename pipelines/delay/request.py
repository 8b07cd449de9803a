"""A phase as a program sends it: each field named, described and checked."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from core.errors import RequestError
from core.pipelines import ParameterValue
from pipelines.delay import schema
from pipelines.delay.phase import CATEGORIES, DISTRICTS, PROJECT_TYPES, YEARS, phase_features

LONGEST_TEXT = 2000


def _among(choices: Sequence[str]) -> AfterValidator:
    def check(value: str) -> str:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return value

    return AfterValidator(check)


def _listed(choices: Sequence[str]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": list(choices)})


def _known_year(value: date) -> date:
    if value.year not in YEARS:
        raise ValueError(f"must be from {YEARS.start} to {YEARS.stop - 1}")
    return value


Phase = Annotated[str, _among(schema.PHASES), _listed(schema.PHASES)]
Borough = Annotated[str, _among(schema.BOROUGHS), _listed(schema.BOROUGHS)]
Level = Annotated[str, _among(schema.SCHOOL_LEVELS), _listed(schema.SCHOOL_LEVELS)]
Type = Annotated[str, _among(PROJECT_TYPES), _listed(PROJECT_TYPES)]
Category = Annotated[str, _among(CATEGORIES), _listed(CATEGORIES)]
Adherence = Annotated[str, _among(schema.ADHERENCES), _listed(schema.ADHERENCES)]
District = Annotated[str, _among(DISTRICTS), _listed(DISTRICTS)]
Start = Annotated[date, AfterValidator(_known_year)]


class PhaseRequest(BaseModel):
    """What is known of a planned phase; what is left out is filled with typical values."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    phase: Phase | None = Field(None, description="Scope or Design.")
    planned_duration_days: float | None = Field(
        None, ge=1, le=36_500, allow_inf_nan=False, description="Days from start to planned end."
    )
    start_date: Start | None = Field(None, description="The planned start: 2026-09-01.")
    borough: Borough | None = Field(None, description="Where the school is.")
    district: District | None = Field(None, description="School district, 1 to 32, as text.")
    school_level: Level | None = Field(None, description="PS, IS, HS or Other.")
    project_type: Type | None = Field(None, description="The programme that pays.")
    work_category: Category | None = Field(None, description="The kind of work.")
    description: str | None = Field(
        None, max_length=LONGEST_TEXT, description="The work as the city's lists describe it."
    )
    prev_phase_adherence: Adherence | None = Field(
        None, description="How the phase before ended; none for a Scope phase."
    )
    prev_phase_delay_days: float | None = Field(
        None, ge=-10_000, le=10_000, allow_inf_nan=False, description="Negative if it was early."
    )

    def values(self) -> Mapping[str, ParameterValue]:
        """Return the features that follow from what was sent.

        Raises:
            ValueError: Two fields contradict each other.
        """
        given = self.model_dump(mode="json", exclude_none=True)
        try:
            return phase_features(given).values
        except RequestError as error:
            raise ValueError(str(error)) from error
