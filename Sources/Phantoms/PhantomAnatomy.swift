import Tensors

/// The build of one synthetic patient, in millimetres; x to the left, y to the back, height 0 at
/// the lowest slice and 1 at the top.
struct PhantomAnatomy {
    /// What a voxel is made of.
    enum Tissue {
        case air
        case fat
        case muscle
        case bone(Float)
        case softTissue(Float)
        case airway
        case lung(periphery: Float)
    }

    let halfWidth: Float
    let halfDepth: Float
    let fat: Float
    let height: Float
    let heart: Float
    let lungWidth: [Float]
    let dome: [Float]
    let ribPhase: Float
    let ribPitch: Float
    let asymmetry: Float

    init(_ stream: inout RandomStream, build: Float) {
        func draw(_ low: Float, _ high: Float) -> Float {
            low + (high - low) * Float(stream.nextUnit())
        }
        halfWidth = 138 + 36 * build + draw(-6, 6)
        halfDepth = 94 + 28 * build + draw(-5, 5)
        fat = 7 + 17 * build + draw(0, 4)
        height = draw(250, 300)
        heart = draw(0.88, 1.12)
        lungWidth = [draw(0.94, 1.03), draw(0.9, 1.0)]
        dome = [draw(0.27, 0.36), draw(0.22, 0.31)]
        ribPhase = draw(0, 27)
        ribPitch = draw(25, 30)
        asymmetry = draw(-3, 3)
    }

    /// The tissue at a point.
    func tissue(x: Float, y: Float, height t: Float) -> Tissue {
        let waist = 1 - 0.05 * (1 - t)
        let body = Self.oval(x, y, halfWidth * waist, halfDepth * waist)
        if body >= 1 { return table(x: x, y: y) }
        let depthBelowSkin = (1 - body.squareRoot()) * (halfWidth + halfDepth) / 2
        if depthBelowSkin < 2 { return .softTissue(20) }
        if depthBelowSkin < fat { return .fat }

        let apex = Self.apex(t)
        let cageWidth = (halfWidth - fat - 12) * (0.62 + 0.38 * apex)
        let cageDepth = (halfDepth - fat - 12) * (0.7 + 0.3 * apex)
        let cage = Self.oval(x, y, cageWidth, cageDepth)
        let outsideCage = (cage.squareRoot() - 1) * (cageWidth + cageDepth) / 2
        if let bone = bone(x: x, y: y, t: t, outsideCage: outsideCage, cageDepth: cageDepth) {
            return .bone(bone)
        }
        if outsideCage > 0 {
            // Fat between the layers of muscle.
            return outsideCage > 9.5 && outsideCage < 11 ? .fat : .muscle
        }
        if let airway = airway(x: x, y: y, t: t) { return airway }
        if let periphery = lung(
            x: x, y: y, t: t, cage: cage, width: cageWidth, depth: cageDepth)
        {
            return .lung(periphery: periphery)
        }
        return mediastinum(x: x, y: y, t: t, width: cageWidth, depth: cageDepth)
    }

    /// How close to the pleura a point of a lung is: 0 at its middle, 1 at its border; nil outside.
    private func lung(
        x: Float, y: Float, t: Float, cage: Float, width: Float, depth: Float
    ) -> Float? {
        guard cage < 0.95 else { return nil }
        let side = x < 0 ? 0 : 1
        let apex = Self.apex(t)
        guard apex > 0.12 else { return nil }
        let center = width * 0.53
        let across = (abs(x) - center) / (width * 0.47 * lungWidth[side])
        let along = (y - asymmetry) / (depth * 0.95)
        let section = across * across + along * along - 0.25 * across * across * along * along
        guard section < 1 else { return nil }
        // The spine and what lies beside it.
        if Self.circle(x, y - depth * 0.86, 27) < 1 { return nil }
        if heartSection(x: x, y: y, t: t, depth: depth) < 1 { return nil }
        // The diaphragm rises into the middle of the lung's base;
        // it falls towards the ribs and less towards the heart.
        let lateral = across > 0 ? across : across * 0.55
        let rise = dome[side] * max(0, 1 - 0.75 * (lateral * lateral + along * along))
        guard t > 0.03 + rise else { return nil }
        return max(max(section, cage / 0.95), 1 - (t - 0.03 - rise) * 4)
    }

    private func heartSection(x: Float, y: Float, t: Float, depth: Float) -> Float {
        let z = (t - 0.36) / (0.23 * heart)
        let (dx, dy) = (x - 16, y + depth * 0.3)
        // The long axis points to the left and front.
        let along = (0.85 * dx - 0.53 * dy) / (60 * heart)
        let across = (0.53 * dx + 0.85 * dy) / (44 * heart)
        return along * along + across * across + z * z
    }

    private func bone(
        x: Float, y: Float, t: Float, outsideCage: Float, cageDepth: Float
    ) -> Float? {
        // Vertebral body, canal and arch.
        let spine = cageDepth * 0.98
        let body = Self.circle(x, (y - spine) * 1.15, 18)
        if body < 1 { return body > 0.75 ? 520 : 190 }
        let canal = Self.circle(x, y - spine - 24, 9)
        if canal < 1 { return 30 }
        if Self.circle(x, y - spine - 24, 14) < 1 { return 480 }
        if abs(x) < 4, y > spine + 34, y < spine + 52 { return 420 }
        if abs(abs(x) - 26) < 12, abs(y - spine - 16) < 4.5 { return 400 }
        // The sternum.
        if t > 0.3, t < 0.9, abs(x) < 17, abs(y + cageDepth + 5) < 5 {
            return abs(x) > 13 || abs(y + cageDepth + 5) > 3.5 ? 380 : 140
        }
        // Ribs fall from back to front; a slice meets them as short oblique pieces.
        if outsideCage > 0.5, outsideCage < 9, abs(x) > 14 || y < 0 {
            let fall = 0.42 * (cageDepth - y)
            let along = t * height + fall + ribPhase + (x > 0 ? 4 : 0)
            let phase = along - (along / ribPitch).rounded(.down) * ribPitch
            let (radial, axial) = ((outsideCage - 4.7) / 4.6, (phase - ribPitch / 2) / 6.2)
            let rib = radial * radial + axial * axial
            let isCartilage = y < -0.62 * cageDepth && abs(x) < 80
            if rib < 1 { return isCartilage ? 110 : rib > 0.45 ? 620 : 230 }
        }
        // Shoulder blades.
        if t > 0.62, abs(x) > 55, y > 0 {
            let blade = y - (halfDepth - fat - 22) + (abs(x) - 80) * 0.55
            if abs(blade) < 3.2, abs(x) < 118 { return 430 }
        }
        return nil
    }

    private func airway(x: Float, y: Float, t: Float) -> Tissue? {
        if t > 0.6 {
            let section = Self.circle(x + 2, (y - 8) * 1.1, 9)
            if section < 1 { return .airway }
            if section < 1.5 { return .softTissue(60) }
        } else if t > 0.46 {
            // The main bronchi part below the carina.
            let apart = 9 + (0.6 - t) * 190
            for side: Float in [-1, 1] {
                let section = Self.circle(x - side * apart, y - 8 - (0.6 - t) * 60, 7)
                if section < 1 { return .airway }
                if section < 1.6 { return .softTissue(60) }
            }
        }
        return nil
    }

    private func mediastinum(
        x: Float, y: Float, t: Float, width: Float, depth: Float
    ) -> Tissue {
        let heart = heartSection(x: x, y: y, t: t, depth: depth)
        if heart < 0.92 { return .softTissue(42) }
        // Below the diaphragm: liver, spleen and stomach.
        let side = x < 0 ? 0 : 1
        if t < 0.03 + dome[side] + 0.04 {
            if side == 0 { return .softTissue(62) }
            let stomach = Self.circle(x - 48, (y + 12) * 1.2, 30)
            if stomach < 1 { return y < -18 ? .airway : .softTissue(18) }
            return .softTissue(48)
        }
        // The aorta, descending and its arch, and the great vessels.
        if t < 0.74, Self.circle(x - 21, y - depth * 0.62, 13) < 1 { return .softTissue(46) }
        if t > 0.66, t < 0.74, Self.circle((x - 10) * 0.5, y - depth * 0.1, 22) < 1 {
            return .softTissue(46)
        }
        if t < 0.7, Self.circle(x + 22, y + 16, 10) < 1 { return .softTissue(44) }
        if t < 0.66, t > 0.4, Self.circle(x - 6, y + 20, 14) < 1 { return .softTissue(45) }
        if t >= 0.74 {
            for (vx, vy) in [(-14, -8), (12, -4), (22, 6), (-24, -14)] as [(Float, Float)]
            where Self.circle(x - vx, y - vy, 6) < 1 { return .softTissue(46) }
        }
        if Self.circle(x - 4, y - 26, 7) < 1 { return .softTissue(34) }
        return abs(x) < width * 0.32 ? .fat : .softTissue(35)
    }

    /// The couch below the patient.
    private func table(x: Float, y: Float) -> Tissue {
        let surface = halfDepth + 6 - x * x / 1400
        guard abs(x) < 190, y > surface, y < surface + 14 else { return .air }
        return y < surface + 2.5 || y > surface + 11.5 ? .softTissue(-180) : .softTissue(-920)
    }

    /// The lungs' and cage's width over their largest, falling to 0 above the apex.
    private static func apex(_ t: Float) -> Float {
        let above = max(0, (t - 0.45) / 0.53)
        return max(0, 1 - above * above).squareRoot()
    }

    /// Below 1 inside an oval that is a little squarer than an ellipse.
    private static func oval(_ x: Float, _ y: Float, _ a: Float, _ b: Float) -> Float {
        let (u, v) = (x * x / (a * a), y * y / (b * b))
        return u + v - 0.3 * u * v
    }

    private static func circle(_ x: Float, _ y: Float, _ radius: Float) -> Float {
        (x * x + y * y) / (radius * radius)
    }
}
