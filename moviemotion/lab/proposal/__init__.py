"""Tests of the claims made in the proposal, the MoviEmotion capstone deck of March 2024.

The proposal reports the accuracies of a network before and after 16 changes, and answers three questions
about it.

- `experiments` trains the designs before and after each change, as defined in `experiments.toml`, with
  several seeds; `paired_differences` estimates the effects, and `experiments_report` reports them.
- `explain` tests the three answers with measurements on a trained network.
- `challenge` is a quiz about the three questions, graded by `grading`, with the measured evidence.
"""
