"""Grading of free-text answers."""

import tomllib
from pathlib import Path

import pytest

from moviemotion.lab.proposal import challenge
from moviemotion.lab.proposal.grading import grade_answer

BLOCKS, RELU, TRANSLATION = challenge.load_questions()


def result(question, answer):
    graded = grade_answer(answer, question.ideas, question.wrong_statements)
    found = [k for k, idea in enumerate(question.ideas) if idea.name in graded.found]
    return found, len(graded.wrong_statements)


@pytest.mark.parametrize(
    ("question", "answer", "found"),
    [
        (BLOCKS, "Early blocks detect edges and corners, late blocks detect whole faces.", [0, 1]),
        (BLOCKS, "first: egdes, lines, simpel stuff; last: eyes, mouths, shapes", [0, 1]),
        (BLOCKS, "simple edges vs complex objects", [0, 1]),
        (BLOCKS, "Low-level features in the first blocks, high-level features in the final ones", [0, 1]),
        (BLOCKS, "edges first, then shapes, with a larger receptive field", [0, 1, 2]),
        (BLOCKS, "The final blocks see object parts while the initial blocks see gradients", [0, 1]),
        (BLOCKS, "edges", [0]),
        (BLOCKS, "no idea", []),
        (RELU, "max(0, x); it makes the network non-linear", [0, 1, 2]),
        (RELU, "Nonlinearty. Negativ values become zero and positive values pass unchanged.", [0, 1, 2]),
        (RELU, "Without it all layers collapse into one linear map", [0]),
        (RELU, "if x is negative the output is 0, positive stays the same", [1, 2]),
        (RELU, "negative values do not pass", [1]),
        (
            RELU,
            "the gradient is 1 for positive inputs and 0 otherwise, which avoids vanishing gradients",
            [3],
        ),
        (RELU, "it turns negatives off; positives go through", [1, 2]),
        (RELU, "", []),
        (TRANSLATION, "translational invariance", [0]),
        (TRANSLATION, "tranlation invarience", [0]),
        (TRANSLATION, "weight sharing", [0]),
        (TRANSLATION, "Shared weights", [0]),
        (TRANSLATION, "translation equivariance!", [0]),
        (TRANSLATION, "max pooling", []),
    ],
)
def test_ideas_are_found_in_plain_words_and_misspellings(question, answer, found):
    assert result(question, answer) == (found, 0)


@pytest.mark.parametrize(
    ("question", "answer", "found"),
    [
        (RELU, "negative values pass and positive values become zero", []),
        (RELU, "Non-linearity. It lets negative values pass unchanged", [0]),
        (RELU, "it blocks positive values", []),
        (RELU, "ReLU is linear", []),
        (BLOCKS, "early blocks detect whole faces, late blocks detect edges", []),
        (BLOCKS, "Early blocks detect big details. Late blocks detect fine details.", []),
        (TRANSLATION, "rotation invariance", []),
    ],
)
def test_wrong_statements_remove_the_ideas_that_they_contradict(question, answer, found):
    got, wrong = result(question, answer)
    assert got == found
    assert wrong >= 1


def test_the_proposals_own_answer_has_three_ideas_and_two_wrong_statements():
    answer = (
        "Activation functions add non-linearity to any neural network during both forward and back "
        "propagation. Without activation, a network behaves like a linear regression. If the input is "
        "negative it is turned off. If positive it passes as is."
    )
    assert result(RELU, answer) == ([0, 1, 2], 2)


def test_each_phrasing_matches_itself():
    raw = tomllib.loads(Path(challenge.__file__).with_name("challenge.toml").read_text(encoding="utf-8"))
    for question, entry in zip(challenge.load_questions(), raw["questions"], strict=True):
        for k, idea in enumerate(question.ideas):
            for phrasing in idea.phrasings:
                place = {"early": "early ", "late": "late ", None: ""}[idea.part]
                answer = place + " ".join(group[0] for group in phrasing)
                names = grade_answer(answer, question.ideas, ()).found
                assert idea.name in names, (answer, entry["key"], k)
