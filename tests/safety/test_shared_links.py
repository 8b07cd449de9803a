"""A link that a person asked for can be opened; the keys behind it stay masked."""

from datetime import UTC, datetime

from core.lineage import SharedLink
from core.objects import StoredObject
from core.secrets import MASK, Masker

KEY = "team-access-key"
LINK = (
    "http://127.0.0.1:9000/datasets/a.csv?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    f"&X-Amz-Credential={KEY}%2F20240501%2Fus-east-1%2Fs3%2Faws4_request"
    "&X-Amz-Security-Token=abcdef0123456789&X-Amz-Signature=0123456789abcdef"
)
NOW = datetime(2024, 5, 1, tzinfo=UTC)


def shared(link: str) -> SharedLink:
    found = StoredObject(
        bucket="datasets",
        key="a.csv",
        bytes=1,
        etag="e",
        content_type="text/csv",
        modified_at=NOW,
    )
    return SharedLink(object=found, url=link, expires_at=NOW)


def test_a_link_made_to_be_handed_on_stays_whole() -> None:
    masker = Masker((KEY,))
    assert masker.value([shared(LINK)]) == [shared(LINK)]
    said = f"Here it is: {LINK} (your key {KEY} is not needed)."
    assert masker.text(said) == f"Here it is: {LINK} (your key {MASK} is not needed)."


def test_a_link_from_elsewhere_is_masked() -> None:
    masker = Masker((KEY,))
    masker.value(shared("http://127.0.0.1:9000/other?X-Amz-Signature=1"))
    assert KEY not in masker.text(f"found in a log: {LINK}")
    assert "abcdef0123456789" not in masker.text(f"found in a log: {LINK}")
