"""Alignment: when each element of a screenplay is on screen.

`align.align_script` is the entry point. With subtitles, the modules run in this order:

1. `normalize`: dialogue and subtitles become comparable words, with sentence and clause starts
2. `word_scores`: how many bits of evidence a matched word or run of words is
3. `candidates`: for each line, every place in the film whose words resemble it, with its bits
4. `hmm`: a hidden Markov model over all lines gives each candidate, and "nowhere", a probability
5. `conflicts`: where several lines claim the same words, which line keeps them
6. `line_times`: runs steps 1 to 5 and turns the words of each line into start and end times
7. `interpolate`: elements between timed lines share the time between them

Without subtitles, `scene_times` takes scene times from a `timing_sheet`; without either, `page_duration`
estimates time from the page. `scene_times` also snaps estimated scene starts to shot changes. `cues` holds
the result's type, and `timed_script_json` stores it.

Screenplay parsers are not here: see `moviemotion.screenplay.formats` for where to add one. A reader of
another kind of timing sheet goes into `timing_sheet.read_timing_sheet`.
"""
