"""Columns of words and lines: sequences outside, arrays inside."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.maps.columns import Lines, Words

STRAIGHT = np.array([[[0.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 1.0]]])


@given(st.lists(st.sampled_from(["", "primary", "G2", "人民路"])))
def test_words_read_as_the_words_they_were_made_of(words: list[str]) -> None:
    column = Words.of(words)
    assert list(column) == words
    assert column == tuple(words)
    assert column[1:] == words[1:]
    assert column.is_one_of({"G2"}).tolist() == [word == "G2" for word in words]
    assert len(column.table) == len(set(words))
    assert Words.of(column) is column


def test_words_with_a_code_outside_their_table_are_refused() -> None:
    with pytest.raises(ValueError, match="outside its table"):
        Words(("a",), np.array([0, 1], dtype=np.int32))


def test_lines_read_as_they_were_given_and_straight_where_there_was_none() -> None:
    bent = np.array([[0.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    lines = Lines.of([bent, None], STRAIGHT)
    assert lines[0].tolist() == bent.tolist()
    assert lines[-1].tolist() == STRAIGHT[1].tolist()
    assert lines.offsets.tolist() == [0, 3, 5]
    assert [len(line) for line in lines[0:2]] == [3, 2]
    with pytest.raises(IndexError):
        lines[2]


@pytest.mark.parametrize(
    ("points", "offsets", "rule"),
    [
        (np.zeros((3, 2)), [0, 2], "number of their points"),
        (np.zeros((3, 2)), [1, 3], "from 0"),
        (np.zeros((3, 2)), [0, 1, 3], "at least two points"),
    ],
)
def test_lines_whose_offsets_do_not_fit_are_refused(
    points: np.ndarray, offsets: list[int], rule: str
) -> None:
    with pytest.raises(ValueError, match=rule):
        Lines(points, np.array(offsets, dtype=np.int64))


def test_a_column_cannot_be_written() -> None:
    lines = Lines.of([None, None], STRAIGHT)
    with pytest.raises(ValueError, match="read-only"):
        lines.points[0, 0] = 1.0
