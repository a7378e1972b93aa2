"""Alignment: find out when each element of a screenplay is on screen.

`align.align_script` is the entry point. With subtitles, the modules run in this order:

1. `normalize`: splits dialogue and subtitles into comparable words, with sentence and clause starts
2. `word_scores`: calculates how many bits of evidence a matched word or run of words provides
3. `candidates`: for each line, finds every place in the film with similar words, scored in bits
4. `hmm`: assigns a probability to each candidate and to the line being absent, using a hidden Markov model
5. `conflicts`: decides which line keeps words that several lines claim
6. `line_times`: runs steps 1 to 5, and turns the matched words of each line into start and end times
7. `interpolate`: distributes the time between timed lines over the elements between them

Without subtitles, `scene_times` takes scene times from a `timing_sheet`; without a timing sheet,
`page_duration` estimates times from page length. `scene_times` also snaps estimated scene starts to shot
changes. `cues` defines the result type, and `timed_script_json` serializes it.

Screenplay parsers are in `moviemotion.screenplay.formats`, which explains how to add one. Support for another
kind of timing sheet belongs in `timing_sheet.read_timing_sheet`.
"""
