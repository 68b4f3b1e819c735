import Foundation
import GRDB
package import SearchSpaces

/// An architecture that the search scored, and how it did.
package struct Candidate: Codable, Hashable, Sendable {
    /// Why an architecture was scored.
    package enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        /// The most probable operation in every slot.
        case argmax
        /// A path sampled from alpha.
        case sampled
    }

    /// The epoch after which it was scored, from 0.
    package var epoch: Int
    /// Why it was scored.
    package var kind: Kind
    /// The architecture's digits.
    package var code: String
    /// Mean cross-entropy on D_V with the supernet's weights and recalibrated batch norm.
    package var loss: Double
    /// Accuracy on D_V.
    package var accuracy: Double
    /// Area under the ROC curve of the positive class on D_V; absent where D_V has one class only.
    package var auc: Double?
    /// Trainable parameters of the path.
    package var parameters: Int
    /// Parameters in MB (4 bytes each, 2^20).
    package var megabytes: Double
    /// Multiply-adds of one forward pass at the search's input size.
    package var multiplyAdds: Int
    /// Mean entropy of alpha's slots at that time, in nats.
    package var entropy: Double

    /// A scored architecture.
    package init(
        epoch: Int, kind: Kind, code: String, loss: Double, accuracy: Double, auc: Double?,
        parameters: Int, megabytes: Double, multiplyAdds: Int, entropy: Double
    ) {
        self.epoch = epoch
        self.kind = kind
        self.code = code
        self.loss = loss
        self.accuracy = accuracy
        self.auc = auc
        self.parameters = parameters
        self.megabytes = megabytes
        self.multiplyAdds = multiplyAdds
        self.entropy = entropy
    }

    /// The architecture that the digits name, or `nil` where they are damaged.
    package var architecture: Architecture? { Architecture(code: code) }
}

/// Alpha after an epoch, one row per slot and operation.
package struct AlphaRecord: Codable, Hashable, Sendable {
    /// The epoch, from 0.
    package var epoch: Int
    /// The slot, from the input on.
    package var slot: Int
    /// The candidate operation.
    package var operation: Int
    /// The logit.
    package var logit: Double

    /// A row of alpha's history.
    package init(epoch: Int, slot: Int, operation: Int, logit: Double) {
        self.epoch = epoch
        self.slot = slot
        self.operation = operation
        self.logit = logit
    }
}

/// The candidates of a run, in SQLite: written by the search, readable by others meanwhile.
package final class CandidateArchive: Sendable {
    private let database: any DatabaseWriter

    /// Opens or creates an archive.
    ///
    /// - Throws: A database error that names the file.
    package init(path: String) throws {
        let pool = try DatabasePool(path: path)
        // The pool sets NORMAL when it turns the write-ahead log on, so this comes after.
        try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        database = pool
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.create(table: Candidate.databaseTableName) { table in
                table.column("epoch", .integer).notNull()
                table.column("kind", .text).notNull()
                table.column("code", .text).notNull()
                table.column("loss", .double).notNull()
                table.column("accuracy", .double).notNull()
                table.column("auc", .double)
                table.column("parameters", .integer).notNull()
                table.column("megabytes", .double).notNull()
                table.column("multiplyAdds", .integer).notNull()
                table.column("entropy", .double).notNull()
                table.primaryKey(["epoch", "kind"])
            }
            try database.create(table: AlphaRecord.databaseTableName) { table in
                table.column("epoch", .integer).notNull()
                table.column("slot", .integer).notNull()
                table.column("operation", .integer).notNull()
                table.column("logit", .double).notNull()
                table.primaryKey(["epoch", "slot", "operation"])
            }
        }
        try migrator.migrate(database)
    }

    /// Whether an error of the database is a full or failing disk.
    package static func mayPass(_ error: any Error) -> Bool {
        guard let error = error as? DatabaseError else { return false }
        return [.SQLITE_FULL, .SQLITE_IOERR, .SQLITE_CANTOPEN].contains(error.resultCode)
    }

    /// Records an epoch's candidates and alpha at once, in place of what the epoch had.
    package func record(_ candidates: [Candidate], alpha: [AlphaRecord]) throws {
        try database.write { database in
            for candidate in candidates { try candidate.insert(database, onConflict: .replace) }
            for row in alpha { try row.insert(database, onConflict: .replace) }
        }
    }

    /// Forgets what was recorded from an epoch on, before a resumed search records it again.
    package func removeEpochs(from epoch: Int) throws {
        try database.write { database in
            for table in [Candidate.databaseTableName, AlphaRecord.databaseTableName] {
                try database.execute(
                    sql: "DELETE FROM \(table) WHERE epoch >= ?", arguments: [epoch])
            }
        }
    }

    /// Every candidate, by epoch and kind.
    package func candidates() throws -> [Candidate] {
        try database.read {
            try Candidate.order(Column("epoch"), Column("kind")).fetchAll($0)
        }
    }

    /// Alpha after every recorded epoch, by epoch, slot and operation.
    package func alphaHistory() throws -> [AlphaRecord] {
        try database.read {
            try AlphaRecord.order(Column("epoch"), Column("slot"), Column("operation")).fetchAll($0)
        }
    }

    /// The best distinct architectures: by loss on D_V, each with its best score.
    package func best(_ count: Int) throws -> [Candidate] {
        var seen: Set<String> = []
        let ranked = try candidates().sorted { ($0.loss, $0.code) < ($1.loss, $1.code) }
        return Array(ranked.filter { seen.insert($0.code).inserted }.prefix(count))
    }
}

extension Candidate: FetchableRecord, PersistableRecord {
    static let databaseTableName = "candidate"
}

extension AlphaRecord: FetchableRecord, PersistableRecord {
    static let databaseTableName = "alpha"
}
