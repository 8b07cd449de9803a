"""The nine principles of MLOps and the practices that show each of them in a folder.

The principles are those of Kreuzberger, Kühl and Hirschl (IEEE Access 2023); which practices stand
for them, and what to do first, are judgements.
"""

import re
from dataclasses import dataclass

WORKFLOWS = (
    r"^\.github/workflows/.*\.ya?ml$|^\.gitlab-ci\.yml$|^Jenkinsfile$|^azure-pipelines.*\.ya?ml$"
    r"|^buildspec\.ya?ml$|^cloudbuild\.ya?ml$|^\.circleci/config\.yml$|^\.travis\.yml$"
)
_CODE = r"\.(?:py|ipynb)$"
_SETTINGS = r"\.(?:ya?ml|cfg|ini|tf|sh)$|(?:^|/)(?:Makefile|Dockerfile)$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """Something that a folder can show, and how it is seen."""

    name: str
    advice: str
    """What to do when it is not there."""
    files: str = ""
    """Paths that show it, as a pattern; with `text`, where the text is looked for."""
    text: str = ""
    """What stands in such a file, as a pattern."""
    slots: tuple[str, ...] = ()
    """A tool in use for one of these slots shows it."""
    several_people: bool = False
    """A history of more than one person shows it."""
    history: bool = False
    """A Git history shows it."""

    def path_pattern(self) -> re.Pattern[str]:
        """Return the compiled pattern of paths."""
        return re.compile(self.files, re.I)

    def text_pattern(self) -> re.Pattern[str]:
        """Return the compiled pattern of texts."""
        return re.compile(self.text, re.M)


@dataclass(frozen=True, slots=True, kw_only=True)
class Principle:
    """A principle with the practices that show it, the most basic first."""

    name: str
    practices: tuple[Practice, ...]


PRINCIPLES: tuple[Principle, ...] = (
    Principle(
        name="CI/CD automation",
        practices=(
            Practice(
                name="tests",
                files=r"(?:^|/)(?:test_[^/]*|[^/]*_test)\.py$",
                advice="Write one test that trains on a few rows and checks the answer's shape.",
            ),
            Practice(
                name="a CI service that runs them",
                files=WORKFLOWS,
                text=r"\b(?:pytest|unittest|tox|nox|make (?:test|check))\b",
                advice="Let a CI workflow run the tests on every push.",
            ),
            Practice(
                name="delivery by CI: an image, a deployment or a report",
                files=WORKFLOWS,
                text=r"docker (?:build|push)|build-push-action|\bhelm\b|kubectl|terraform apply"
                r"|\bcml\b|\bdeploy\b",
                advice="Let CI build the image or deploy: no release should depend on one laptop.",
            ),
        ),
    ),
    Principle(
        name="Workflow orchestration",
        practices=(
            Practice(
                name="one command or workflow for the whole chain",
                slots=("orchestration",),
                files=r"(?:^|/)(?:Makefile|dvc\.yaml|MLproject|Snakefile|pipeline[^/]*\.py)$",
                advice="Put data, training and evaluation behind one command, as steps.",
            ),
            Practice(
                name="an orchestrator with retries and history",
                slots=("orchestration",),
                advice="Give the steps to an orchestrator that keeps history and retries.",
            ),
        ),
    ),
    Principle(
        name="Reproducibility",
        practices=(
            Practice(
                name="fixed versions of dependencies",
                files=r"(?:^|/)(?:poetry\.lock|uv\.lock|Pipfile\.lock|conda-lock\.yml|requirements\.lock"
                r"|package-lock\.json)$",
                advice="Fix the versions of all dependencies in a lock file.",
            ),
            Practice(
                name="fixed random seeds",
                files=_CODE,
                text=r"random_state\s*=\s*\d|\bseed\s*[=(]|manual_seed|set_seed|seed_everything",
                advice="Give every random choice a seed that is recorded.",
            ),
            Practice(
                name="a described environment (an image)",
                slots=("container",),
                files=r"(?:^|/)(?:Dockerfile[^/]*|environment\.ya?ml|\.devcontainer/.*)$",
                advice="Describe the environment as an image.",
            ),
        ),
    ),
    Principle(
        name="Versioning",
        practices=(
            Practice(
                name="code in Git", history=True, advice="Put the code under version control."
            ),
            Practice(
                name="versions of the data",
                slots=("data_versioning",),
                advice="Version the data, too: DVC beside Git is the smallest step.",
            ),
            Practice(
                name="versions of models",
                slots=("registry",),
                files=_CODE,
                text=r"register_model|registered_model_name|ModelPackageGroup|Model\.upload\(",
                advice="Register every model with the run and the data that made it.",
            ),
        ),
    ),
    Principle(
        name="Collaboration",
        practices=(
            Practice(
                name="a README",
                files=r"^README(?:\.\w+)?$",
                advice="Write down what the project is for and how to run it.",
            ),
            Practice(
                name="rules for working together",
                files=r"(?:^|/)(?:CONTRIBUTING[^/]*|CODEOWNERS|pull_request_template\.md)$",
                advice="Say how changes are proposed and who reviews them.",
            ),
            Practice(
                name="more than one person in the history",
                several_people=True,
                advice="Let a second person review changes: what one person knows leaves with one.",
            ),
        ),
    ),
    Principle(
        name="Continuous training and evaluation",
        practices=(
            Practice(
                name="evaluation in code",
                files=_CODE,
                text=r"accuracy_score|f1_score|roc_auc|mean_(?:squared|absolute)_error|r2_score"
                r"|classification_report|\.evaluate\(|cross_val",
                advice="Measure every model on data that it has not seen, in code.",
            ),
            Practice(
                name="a gate: a model must be good enough",
                files=rf"{_CODE}|{_SETTINGS}",
                text=r"min(?:imum)?_(?:accuracy|score|f1|auc|r2)|baseline|threshold_(?:accuracy|metric)"
                r"|quality_gate|is_better|champion",
                advice="Refuse a model that does not beat a plain baseline.",
            ),
            Practice(
                name="training on a schedule or by new data",
                files=rf"{WORKFLOWS}|{_CODE}|{_SETTINGS}",
                text=r"\bcron:\s|schedule(?:_interval)?\s*=\s*[\"']|@daily|@weekly|kind:\s*CronJob"
                r"|repository_dispatch|ScheduleExpression",
                advice="Let a schedule or new data start the training.",
            ),
        ),
    ),
    Principle(
        name="ML metadata tracking",
        practices=(
            Practice(
                name="parameters and scores of each run",
                slots=("tracking",),
                advice="Record parameters and scores of every run: MLflow needs one line to begin.",
            ),
            Practice(
                name="data and code version of each run",
                files=rf"{_CODE}|{_SETTINGS}",
                text=r"log_input|set_tag|log_artifact|git\.Repo|GIT_COMMIT|rev-parse|dvclive|run_id",
                advice="Record with each run which data and which commit it used.",
            ),
        ),
    ),
    Principle(
        name="Continuous monitoring",
        practices=(
            Practice(
                name="the service is watched",
                slots=("monitoring",),
                files=rf"{_CODE}|{_SETTINGS}",
                text=r"[\"']/(?:health|healthz|metrics|ready)[\"']|livenessProbe|prometheus",
                advice="Count requests, errors and seconds of whatever answers.",
            ),
            Practice(
                name="the inputs are watched for drift",
                files=_CODE,
                text=r"(?:detect|check|data|feature|concept)_?drift|evidently|whylogs|nannyml|population_stability|ks_2samp",
                advice="Compare what arrives with the training data, feature by feature.",
            ),
            Practice(
                name="somebody is told",
                files=rf"{_CODE}|{_SETTINGS}",
                text=r"[aA]lert[mM]anager|\balerts?:|slack_webhook|pagerduty|opsgenie|sns_topic|\bnotify\(",
                advice="Let an alarm reach a person.",
            ),
        ),
    ),
    Principle(
        name="Feedback loops",
        practices=(
            Practice(
                name="true outcomes come back",
                files=_CODE,
                text=r"[\"']/feedback|ground_truth|actual_label|true_labels?\b|log_feedback",
                advice="Collect what really happened beside what was predicted.",
            ),
            Practice(
                name="what is watched starts training again",
                files=rf"{WORKFLOWS}|{_CODE}|{_SETTINGS}",
                text=r"\bretrain|_retrain",
                advice="Let drift or worse outcomes start the training, with a person's approval.",
            ),
        ),
    ),
)
