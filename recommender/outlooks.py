"""What each platform gives and gives up, and this project's pipeline on it, step by step."""

from collections.abc import Mapping

from core.platforms import PlatformOutlook

_TRAIN = "data check, split, nine searches, evaluation, report, gate"

OUTLOOKS: Mapping[str, PlatformOutlook] = {
    "AWS": PlatformOutlook(
        platform="AWS",
        gains="Nobody runs machines: training, pipelines, registry and endpoints come as services.",
        gives_up="The same money buys own machines that cost nothing when idle work fills them, and"
        " an open stack could move; here every hour is billed and every step is a SageMaker call.",
        leaving="Pipelines, endpoints and registry entries are written again; training containers"
        " and models in plain formats can be taken along.",
        stack="aws",
        steps=(
            "Put the table into an S3 bucket and give a role access to it.",
            f"Run the pipeline's tasks ({_TRAIN}) as SageMaker Pipelines steps in one image.",
            "Register the winner in a model package group when it passes the gate, to be approved.",
            "Score new phases with batch transform, or deploy an endpoint if somebody waits.",
            "Watch the inputs with Model Monitor and start the pipeline again when they drift.",
        ),
    ),
    "Azure": PlatformOutlook(
        platform="Azure",
        gains="Identities, networks and policies of a company on Microsoft hold for models, too.",
        gives_up="Portability and the wider choice of examples; a team without Microsoft's"
        " identities pays for the integration and does not use it.",
        leaving="Jobs, pipelines and endpoints are written again; MLflow models and images can be"
        " taken along, because the workspace speaks MLflow.",
        stack="azure",
        steps=(
            "Register the table as a versioned data asset of a workspace.",
            f"Run the tasks ({_TRAIN}) as command components of one pipeline job.",
            "Register the winner as an MLflow model when it passes the gate.",
            "Score with a batch endpoint; add an online endpoint if somebody waits.",
            "Schedule the pipeline and switch on model monitoring.",
        ),
    ),
    "GCP": PlatformOutlook(
        platform="GCP",
        gains="Data in BigQuery stay where they are, and pipelines are KFP without a cluster.",
        gives_up="Endpoints, registry and monitoring are Google's; with data elsewhere, moving them"
        " costs more than the service saves.",
        leaving="Pipelines run on any Kubeflow; endpoints and registry entries are made again.",
        stack="gcp",
        steps=(
            "Put the table into Cloud Storage or BigQuery and give a service account access.",
            "Submit the compiled KFP package to Vertex AI Pipelines: the same file as anywhere.",
            "Upload the winner to the Model Registry when it passes the gate.",
            "Score with batch inference; deploy an endpoint if somebody waits.",
            "Schedule the pipeline and watch skew and drift with Model Monitoring.",
        ),
    ),
    "Kubeflow": PlatformOutlook(
        platform="Kubeflow",
        gains="One open platform on any cluster: pipelines, tuning, serving, a registry.",
        gives_up="The months in which somebody learns and runs Kubernetes; a small team would have"
        " had its model in use by then on a managed service or with MLflow alone.",
        leaving="KFP packages run on Vertex AI and on one machine; manifests stay with Kubernetes.",
        stack="kubeflow-azure",
        steps=(
            "Make a cluster (here: AKS) and install Kubeflow Pipelines and an object store.",
            "Push the image of the tasks; upload the compiled package, as it is, to KFP.",
            f"Run it ({_TRAIN}) and schedule it as a recurring run.",
            "Register the winner and serve it with KServe, which scales to zero.",
            "Scrape KServe with Prometheus; run the drift check as a pipeline of its own.",
        ),
    ),
    "MLflow": PlatformOutlook(
        platform="MLflow",
        gains="Tracking and a registry within an hour, for any framework, on any machine.",
        gives_up="Orchestration, scaling and drift watch: each is another tool to choose and join,"
        " which a suite would have brought along.",
        leaving="Little: runs can be exported, models are in an open format.",
        stack="mlflow-aws",
        steps=(
            "Start an MLflow server (here: on AWS, with a database and a bucket).",
            f"Log parameters, scores and the report of each run ({_TRAIN}).",
            "Register the winner when it passes the gate; move the alias champion by hand.",
            "Score from the alias in a scheduled job; serve a container if somebody waits.",
            "Let a schedule of another tool (cron, Airflow, CI) start training again.",
        ),
    ),
    "Airflow": PlatformOutlook(
        platform="Airflow",
        gains="Schedules, retries and connections to everything that a company runs already.",
        gives_up="Tracking, registry and serving: it knows tasks, not models, so these are chosen"
        " and joined by hand, which an ML platform would have brought along.",
        leaving="Tasks that only call functions can be taken along; workflows are written again.",
        stack="airflow",
        steps=(
            "Start Airflow and give it a connection to the store of the table.",
            f"Write one workflow whose tasks ({_TRAIN}) call the pipeline's functions.",
            "Branch on the gate: register with MLflow, or stop and say why.",
            "Score in a second workflow that waits for the first one's model.",
            "Add a drift task that starts training again when it finds drift.",
        ),
    ),
}
"""Judgements in words, by the people who wrote this; not measurements."""
