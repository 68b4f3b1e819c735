/// Collects the elements of an SVG picture.
struct SVGCanvas {
    private var elements: [String] = []

    /// A rectangle with rounded corners.
    mutating func box(
        x: Double, y: Double, width: Double, height: Double, fill: String, stroke: String = "none",
        title: String = ""
    ) {
        let hint = title.isEmpty ? "" : "<title>\(Self.escaped(title))</title>"
        elements.append(
            "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(width))\" "
                + "height=\"\(Self.number(height))\" rx=\"6\" fill=\"\(fill)\" stroke=\"\(stroke)\">"
                + "\(hint)</rect>")
    }

    /// Text; `anchor` is `start`, `middle` or `end`.
    mutating func text(
        _ text: String, x: Double, y: Double, size: Double = 13, fill: String = "#1c2430",
        anchor: String = "start", isBold: Bool = false
    ) {
        elements.append(
            "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" font-size=\"\(Self.number(size))\" "
                + "fill=\"\(fill)\" text-anchor=\"\(anchor)\""
                + (isBold ? " font-weight=\"600\"" : "") + ">\(Self.escaped(text))</text>")
    }

    /// A line through points, with an arrow head at its end.
    mutating func arrow(_ points: [(x: Double, y: Double)], stroke: String = "#5b6675") {
        let places = points.map { "\(Self.number($0.x)),\(Self.number($0.y))" }
        elements.append(
            "<polyline points=\"\(places.joined(separator: " "))\" fill=\"none\" "
                + "stroke=\"\(stroke)\" stroke-width=\"1.4\" marker-end=\"url(#arrow)\"/>")
    }

    /// The finished picture.
    func document(width: Double, height: Double, title: String) -> String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="\(Self.number(width))" \
        height="\(Self.number(height))" viewBox="0 0 \(Self.number(width)) \(Self.number(height))" \
        font-family="Helvetica, Arial, sans-serif">
        <title>\(Self.escaped(title))</title>
        <defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" \
        markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#5b6675"/></marker></defs>
        <rect width="100%" height="100%" fill="#ffffff"/>
        \(elements.joined(separator: "\n"))
        </svg>

        """
    }

    /// Text that cannot end its element or attribute.
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

    /// A coordinate with at most one decimal.
    private static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(Double(tenths) / 10)"
    }
}
