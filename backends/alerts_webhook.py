"""Sends alerts to an address that a team listens on."""

from dataclasses import asdict

from core.alerts import Alert
from core.errors import UnavailableError
from core.services import AlertSettings


def send(alert: Alert, settings: AlertSettings) -> None:
    """Send an alert as JSON; `text` is what chat services show.

    Raises:
        UnavailableError: It was not taken; the address, which may hold a key, is not repeated.
    """
    import httpx

    who = f"run {alert.run_id}" if alert.run_id else alert.pipeline
    address = settings.webhook.get_secret_value()
    try:
        answer = httpx.post(address, json=asdict(alert), timeout=settings.timeout_seconds)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UnavailableError(
            f"The alert of {who} could not be sent: {type(error).__name__}.",
            hint="Check the setting `alerts.webhook`.",
        ) from error
    if answer.is_error:
        raise UnavailableError(
            f"The alert of {who} was refused with status {answer.status_code}.",
            hint="Check the setting `alerts.webhook`.",
        )
