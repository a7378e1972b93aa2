"""Tests of the claims of the proposal, the MoviEmotion capstone deck of March 2024.

The proposal reports 16 changes of a network with their accuracies, and answers three questions about it.

- `experiments` trains both sides of each change over several seeds, as `experiments.toml` defines them;
  `paired_differences` estimates the effects, and `experiments_report` reports them.
- `explain` measures a trained network to test the three answers.
- `challenge` is a quiz about the three questions, graded by `grading`, with the measured evidence.
"""
