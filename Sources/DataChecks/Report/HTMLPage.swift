/// Pieces of a page that needs nothing beside it.
enum HTMLPage {
    /// Text as it may stand in a page.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }

    /// A table; cells are HTML.
    static func table(_ header: [String], _ rows: [[String]]) -> String {
        let head = header.map { "<th>\(escaped($0))</th>" }.joined()
        let body = rows.map { row in
            "<tr>" + row.map { "<td>\($0)</td>" }.joined() + "</tr>"
        }.joined(separator: "\n")
        return "<table><thead><tr>\(head)</tr></thead><tbody>\n\(body)\n</tbody></table>"
    }

    /// A whole page.
    static func page(title: String, body: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><title>\(escaped(title))</title>
        <meta name="viewport" content="width=device-width, initial-scale=1"><style>
        body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem;
               color: #1d2129; background: #fff; }
        h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid #e3e6eb;
                 vertical-align: top; }
        .bar { display: inline-block; height: .6rem; background: #3b7dd8; }
        .leak { color: #b3261e; font-weight: 600; } .hint { color: #8a5a00; }
        .strip { display: flex; gap: .4rem; margin: .3rem 0 1.2rem; flex-wrap: wrap; }
        figure { margin: 0; } figcaption { font-size: .8rem; color: #5a6270; }
        img { width: 176px; image-rendering: auto; background: #000; display: block; }
        .found img { outline: 3px solid #d9822b; }
        code { font-size: .9em; } .meaning { color: #5a6270; max-width: 50rem; }
        @media (prefers-color-scheme: dark) {
          body { color: #e2e6ec; background: #14161a; } th, td { border-color: #2a2e36; }
          .leak { color: #ff8a80; } .hint { color: #e5b567; } figcaption, .meaning { color: #9aa3b2; } }
        </style></head><body>
        \(body)
        <p class="meaning">Research use only.</p>
        </body></html>

        """
    }
}
