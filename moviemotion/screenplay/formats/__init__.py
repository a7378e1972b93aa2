"""Screenplay file formats: files → `Screenplay`, and `Screenplay` → files.

- `registry`: which formats there are, `read_screenplay`, and `register_format` for formats of your own
- Fountain: `fountain` reads (with `title_page` and `emphasis`), `fountain_writer` writes
- Final Draft: `fdx` reads, `fdx_writer` writes and adds script notes to existing files
- PDF: `pdf` puts each letter back into its column and hands the lines to `plain_text`
- plain text, as typed or printed: `page_furniture` removes page numbers and headers, `indented_layout` finds
  the columns, `flat_layout` supplies columns where there are none, and `plain_text` makes elements
- patterns that several of them share: `element_patterns` (Fountain's rules), `line_patterns` (printed
  scripts)

To add a parser, write a class with the four members of `registry.ScreenplayFormat` (`name`, `suffixes`,
`matches`, `read`). Put it into `registry.BUILT_IN_FORMATS` if it belongs to MoviEmotion; otherwise call
`register_format`, or declare it in your package's entry-point group `moviemotion.screenplay_formats`.
Parsers of formats that embed Fountain can hand its text to `fountain.screenplay_from_fountain`.
"""
