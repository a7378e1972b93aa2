"""Face sets on disk: how they are read, checked, cleaned and split.

A face set is a folder `<split>/<label>/<image>`, with the votes of ten annotators in
`annotations.csv`.

- `dataset` reads splits into arrays and turns labels and votes into targets.
- `corruption` finds images without a usable face; `duplicates` finds copies of the same photograph.
- `issues` defines what an audit reports; `cleaning` turns issues into decisions and a cleaned copy.
- `splitting` divides a face set into new splits.
"""
