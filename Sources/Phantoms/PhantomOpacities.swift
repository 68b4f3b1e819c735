/// How many ground-glass opacities the patients of a synthetic set have who have any.
package enum PhantomOpacities: String, CaseIterable, Sendable {
    /// As many as the layout's severities say.
    case many
    /// One each.
    case one
    /// One in every second patient: many teach a network what an opacity is, one what is enough.
    case mixed

    /// Whether a patient has one where the layout says many.
    func areSingle(inPatient rank: Int) -> Bool {
        switch self {
        case .many: false
        case .one: true
        case .mixed: rank.isMultiple(of: 2)
        }
    }
}
