"""The audit of a face set: wrong labels, corrupted images, duplicates and file errors.

- `find_issues` runs all checks.
- `label_errors` finds labels that are probably wrong, using predictions of the emotion model or of networks
  trained by `out_of_fold`.
- `audit_report` writes the results as a page and as editable tables.
"""
