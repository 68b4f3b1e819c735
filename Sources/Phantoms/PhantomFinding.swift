/// What a synthetic chest CT shows.
package enum PhantomFinding: Hashable, Sendable {
    /// Nothing.
    case normal
    /// Common pneumonia: consolidation of part of a lobe.
    case consolidation
    /// COVID-19: patchy, mostly peripheral ground-glass opacities over a share of the lungs.
    case groundGlass(extent: Double)
    /// A single ground-glass opacity of 6 to 9 cm: for asking whether a map finds it.
    case patch
}
