from dataclasses import dataclass

import pytest

from core.secrets import MASK, Masker


@dataclass(frozen=True, slots=True)
class Note:
    lines: tuple[str, ...]
    about: dict[str, str]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("key sk-abcdefghijklmnop1234 ok", f"key {MASK} ok"),
        ("AKIAABCDEFGHIJKLMNOP", MASK),
        ("Authorization: Bearer abcdefghijklmnopqrst", f"Authorization: Bearer {MASK}"),
        ("postgres://me:hunter22@db/x", f"postgres://{MASK}@db/x"),
        ("password = correct-horse", f"password = {MASK}"),
        ("the canary is canary-known-secret", f"the canary is {MASK}"),
        ("nothing to hide in 7f3a1c52", "nothing to hide in 7f3a1c52"),
        ("the token count is 512", "the token count is 512"),
    ],
)
def test_secrets_are_replaced_and_the_rest_is_left_alone(text: str, masked: str) -> None:
    assert Masker(["canary-known-secret"]).text(text) == masked


def test_a_value_is_masked_at_any_depth_and_keeps_its_type() -> None:
    note = Note(("a", "AKIAABCDEFGHIJKLMNOP"), {"x": "AKIAABCDEFGHIJKLMNOP"})

    assert Masker().value(note) == Note(("a", MASK), {"x": MASK})
