extension DICOMSeries {
    /// Slices brought in order by where they lie.
    struct Stack {
        var slices: [DICOMHeader]
        var repeatsPlace: [Bool]
        var affine: [Double]
        var isOriented: Bool
        var findings: [DICOMFinding] = []

        init(_ slices: [DICOMHeader], folder: String) throws(ImageCodecError) {
            if slices.allSatisfy({ $0.position != nil && $0.orientation != nil }),
                let normal = slices.first?.normal
            {
                self = Self.byPosition(slices, normal: normal)
            } else {
                self = try Self.byNumber(slices, folder: folder)
            }
        }

        private init(
            _ slices: [DICOMHeader], places: [Double], isOriented: Bool
        ) {
            let steps = zip(places, places.dropFirst()).map { $1 - $0 }
            let sorted = steps.filter { $0 > 0.01 }.sorted()
            let usual = sorted.isEmpty ? nil : sorted[sorted.count / 2]
            self.slices = slices
            self.isOriented = isOriented
            repeatsPlace = [false] + steps.map { $0 <= 0.01 * (usual ?? 1) }
            affine = []
            guard let usual, isOriented else { return }
            // Positions are written with a few digits, so a tenth of a step is no gap.
            for (index, step) in steps.enumerated()
            where !repeatsPlace[index + 1] && abs(step - usual) > 0.1 * usual {
                findings.append(
                    .gap(after: lastName(slices[index].file), millimetres: step, usual: usual))
                break
            }
        }

        private static func byPosition(_ slices: [DICOMHeader], normal: [Double]) -> Stack {
            func place(_ slice: DICOMHeader) -> Double {
                zip(slice.position ?? [], normal).reduce(0) { $0 + $1.0 * $1.1 }
            }
            let sorted = slices.map { ($0, place($0)) }.sorted {
                ($0.1, $0.0.instance ?? 0, $0.0.file) < ($1.1, $1.0.instance ?? 0, $1.0.file)
            }
            var stack = Stack(sorted.map(\.0), places: sorted.map(\.1), isOriented: true)
            let first = sorted[0].0
            let last = sorted[sorted.count - 1].0
            let count = stack.repeatsPlace.count { !$0 }
            var step = first.thicknessInMillimetres.map(abs) ?? 0
            if count > 1 {
                step = (sorted[sorted.count - 1].1 - sorted[0].1) / Double(count - 1)
            } else if !(step > 0 && step < 1000) {
                step = 1
                stack.findings.append(.noSpacing)
            }
            let spacing = first.spacingInMillimetres ?? [1, 1]
            if first.spacingInMillimetres == nil { stack.findings.append(.noSpacing) }
            let cosines = first.orientation ?? []
            let origin = first.position ?? [0, 0, 0]
            // DICOM counts to the left and to the back, NIfTI's millimetres to right and front.
            stack.affine = (0..<3).flatMap { axis -> [Double] in
                let sign = axis < 2 ? -1.0 : 1
                return [
                    sign * cosines[axis] * spacing[1], sign * cosines[3 + axis] * spacing[0],
                    sign * normal[axis] * step, sign * origin[axis],
                ]
            }
            if count > 1 {
                let shift = zip(last.position ?? [], origin).map { $0 - $1 }
                let along = zip(shift, normal).reduce(0) { $0 + $1.0 * $1.1 }
                let whole = shift.reduce(0) { $0 + $1 * $1 }
                let across = max(0, whole - along * along).squareRoot()
                let degrees = Float(across / along).arcTangentInDegrees
                if degrees > 1 { stack.findings.append(.tilt(degrees: degrees)) }
            }
            let dominant = (0..<3).max { abs(normal[$0]) < abs(normal[$1]) } ?? 2
            if dominant < 2 {
                stack.findings.append(.notAxial(plane: dominant == 0 ? "sagittal" : "coronal"))
            }
            return stack
        }

        private static func byNumber(
            _ slices: [DICOMHeader], folder: String
        ) throws(ImageCodecError) -> Stack {
            let numbers: [Double]
            let order: String
            if slices.count == 1 {
                (numbers, order) = ([0], "their one file")
            } else if slices.allSatisfy({ $0.location != nil }) {
                (numbers, order) = (slices.map { $0.location ?? 0 }, "SliceLocation")
            } else if slices.allSatisfy({ $0.instance != nil }) {
                (numbers, order) = (slices.map { $0.instance ?? 0 }, "InstanceNumber")
            } else {
                throw .series(
                    folder: folder,
                    reason: "slices without ImagePositionPatient, SliceLocation and InstanceNumber",
                    advice: "their order is not known; export the series again")
            }
            let sorted = zip(slices, numbers).sorted { ($0.1, $0.0.file) < ($1.1, $1.0.file) }
            var stack = Stack(sorted.map(\.0), places: sorted.map(\.1), isOriented: false)
            stack.findings.append(.noPosition(order: order))
            let spacing = slices[0].spacingInMillimetres ?? [1, 1]
            let step = slices[0].thicknessInMillimetres.map(abs) ?? 1
            stack.affine = [
                -spacing[1], 0, 0, 0, 0, -spacing[0], 0, 0, 0, 0, step > 0 ? step : 1, 0,
            ]
            return stack
        }
    }
}

extension Float {
    /// The angle of this tangent; a few hundredths of a degree are good enough to speak of.
    fileprivate var arcTangentInDegrees: Double {
        let x = Double(self)
        if x > 1 { return 90 - Float(1 / x).arcTangentInDegrees }
        let y = x / (1 + (1 + x * x).squareRoot())
        let z = y / (1 + (1 + y * y).squareRoot())
        let w = z * z
        return 4 * z * (1 - w * (1.0 / 3 - w * (1.0 / 5 - w / 7))) * 180 / .pi
    }
}
