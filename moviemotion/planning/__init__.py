"""Planning a screening: how many viewers and rooms are needed.

`moment_power` looks up how often moments are found, in a table simulated by `benchmarks/moment_power.py`.
`room_power` computes how often a difference between two cuts is found. `screening_plan` combines them, and
`plan_page` writes the page.
"""
