"""Screenplay file formats: files → `Screenplay`, and `Screenplay` → files.

- `format_registry`: lists the available formats; provides `read_screenplay`, and `register_format` for custom
  formats
- Fountain: `fountain` reads (with `title_page` and `emphasis`), `fountain_writer` writes
- Final Draft: `fdx` reads, `fdx_writer` writes and adds script notes to existing files
- PDF: `pdf` puts each printed character back into its column and passes the lines to `plain_text`
- Plain text, as typed or printed: `page_furniture` removes page numbers and headers, `indented_layout` finds
  the columns, `flat_layout` infers columns for scripts without indentation, `printed_elements` creates
  elements, and `plain_text` chooses the layout that fits best
- Shared patterns: `scene_headings` (all languages), `element_patterns` (Fountain's rules), `line_patterns`
  (printed scripts)

To add a parser, write a class with the four members of `format_registry.ScreenplayFormat` (`name`,
`suffixes`, `matches`, `read`). Add it to `format_registry.BUILT_IN_FORMATS` if it ships with MoviEmotion;
otherwise call `register_format`, or declare it in your package's entry-point group
`moviemotion.screenplay_formats`. Parsers for formats that embed Fountain can pass the embedded text to
`fountain.screenplay_from_fountain`.
"""
