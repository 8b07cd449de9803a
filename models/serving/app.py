"""The web service of a real-time deployment."""

import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, Protocol

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic_core import to_json
from starlette.exceptions import HTTPException

from core.visible import writable
from models.deployments.recording import Row
from models.serving.guard import Guard
from models.serving.measures import Measures
from models.serving.page import page
from models.serving.served import ServedModel

MOST_PHASES = 1000
"""More at once are a table: `score_dataset` is for tables."""
TITLE = "Will a construction phase be late?"
KEY_HEADER = "X-API-Key"


class PhaseBody(Protocol):
    """A phase as a request brings it."""

    def values(self) -> Row:
        """Return the features that follow from it; ValueError where it contradicts itself."""
        ...


class PredictionBody(BaseModel):
    """What the model says of one phase."""

    probability: float = Field(description="Of a delay, 0 to 1.")
    verdict: str = Field(description="Delayed or On Time.")
    imputed: list[str] = Field(description="Features that nobody gave, filled with typical values.")


class AnswerBody(BaseModel):
    """Predictions, in the order of the phases."""

    model: str
    version: int
    predictions: list[PredictionBody]


class HealthBody(BaseModel):
    """Whether the service works, and with what."""

    status: str
    model: str
    version: int
    algorithm: str
    problem: str = ""


class ProblemBody(BaseModel):
    """What was wrong with a request."""

    detail: str
    fields: list[dict[str, str]] = []


def create_app(
    served: ServedModel,
    phase: type[BaseModel],
    key: str,
    ready: Callable[[], None] = lambda: None,
) -> FastAPI:
    """Return the service.

    Args:
        served: Answers.
        phase: What a request says of one phase; it has a method `values`, as `PhaseBody` says.
        key: What requests must carry; empty where everybody may ask.
        ready: Called when requests are answered.
    """
    measures = Measures()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        ready()
        yield
        served.end()

    app = FastAPI(title=TITLE, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.add_middleware(Guard, measures=measures)
    _answer_problems(app)
    _add_pages(app, served, measures)
    _add_prediction(app, served, phase, key, measures)
    return app


def _add_pages(app: FastAPI, served: ServedModel, measures: Measures) -> None:
    @app.get("/health", response_model=HealthBody, summary="Whether it works, and with what")
    async def health() -> HealthBody:
        now = served.current
        return HealthBody(
            status="ok",
            model=now.model,
            version=now.version,
            algorithm=now.algorithm,
            problem=served.problem,
        )

    @app.get("/metrics", response_class=Response, summary="Counts and times, for Prometheus")
    async def metrics() -> Response:
        return Response(measures.text(served.current), media_type=measures.content_type)

    @app.get("/docs", response_class=HTMLResponse, include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page(app.openapi()))


def _add_prediction(
    app: FastAPI, served: ServedModel, phase: type[BaseModel], key: str, measures: Measures
) -> None:
    header = APIKeyHeader(name=KEY_HEADER, auto_error=False, description="The deployment's key.")

    async def allowed(given: Annotated[str | None, Depends(header)]) -> None:
        sent = (given or "").encode("utf-8", "replace")
        if key and not secrets.compare_digest(sent, key.encode("ascii")):
            raise HTTPException(401, f"The header {KEY_HEADER} is missing or wrong.")

    # What a phase is made of is known when the service starts, not when this is read.
    several: Any = list[phase]  # type: ignore[valid-type]
    body: Any = create_model(
        "PhasesRequest",
        __config__=ConfigDict(extra="forbid"),
        phases=(several, Field(min_length=1, max_length=MOST_PHASES)),
    )

    async def predict(request: Any) -> Response:
        rows = [_values(number, sent) for number, sent in enumerate(request.phases)]
        used, answers = served.answer(rows)
        measures.predicted(answers)
        told = {
            "model": used.model,
            "version": used.version,
            "predictions": [
                {
                    "probability": answer.probability,
                    "verdict": answer.verdict,
                    "imputed": answer.imputed,
                }
                for answer in answers
            ],
        }
        # Written at once: checking our own answer again would take longer than the prediction.
        return Response(to_json(told), media_type="application/json")

    predict.__annotations__["request"] = body
    app.post(
        "/predict",
        response_model=AnswerBody,
        dependencies=[Depends(allowed)],
        summary="How likely each phase is to be late",
        responses={code: {"model": ProblemBody} for code in (400, 401, 413, 422)},
    )(predict)


class _FieldError(Exception):
    """Fields of one phase that contradict each other."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number = number


def _values(number: int, sent: PhaseBody) -> Row:
    try:
        return sent.values()
    except ValueError as error:
        raise _FieldError(number, str(error)) from error


def _answer_problems(app: FastAPI) -> None:
    """Name the fields that are wrong, and repeat nothing that was sent."""

    async def invalid(request: Request, error: Exception) -> Response:
        del request
        assert isinstance(error, RequestValidationError)
        fields = [
            {"field": _place(problem["loc"]), "problem": writable(str(problem["msg"]))}
            for problem in error.errors()[:50]
        ]
        told = "; ".join(f"{field['field']}: {field['problem']}" for field in fields[:5])
        return _problem(422, f"The request cannot be used: {told}.", fields)

    async def contradicts(request: Request, error: Exception) -> Response:
        del request
        assert isinstance(error, _FieldError)
        place = f"phases.{error.number}"
        return _problem(422, f"{place}: {error}", [{"field": place, "problem": str(error)}])

    async def refused(request: Request, error: Exception) -> Response:
        del request
        assert isinstance(error, HTTPException)
        return _problem(error.status_code, str(error.detail), [], error.headers)

    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(_FieldError, contradicts)
    app.add_exception_handler(HTTPException, refused)


def _place(location: Sequence[int | str]) -> str:
    parts = [writable(str(part))[:60] for part in location if part != "body"]
    return ".".join(parts) or "body"


def _problem(
    status: int, detail: str, fields: list[dict[str, str]], headers: Any = None
) -> JSONResponse:
    return JSONResponse({"detail": detail, "fields": fields}, status, headers)
