/// Finds the word that was probably meant.
enum NearMiss {
    /// The closest of the known words, if it is close: another case, or a slip in each three letters.
    static func closest(to word: String, among known: [String]) -> String? {
        // Longer ones are no slips of anything, and would cost time.
        guard word.utf8.count <= 64 else { return nil }
        let allowed = max(1, word.count / 3)
        return
            known
            .map { (word: $0, distance: distance(word.lowercased(), $0.lowercased())) }
            .filter { $0.distance <= allowed && $0.distance < $0.word.count }
            .min { $0.distance < $1.distance }?.word
    }

    /// Letters that were left out, put in, changed, or swapped with the next one (optimal string alignment).
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left)
        let right = Array(right)
        var before: [Int] = []
        var above = Array(0...right.count)
        for i in left.indices {
            var row = [i + 1]
            for j in right.indices {
                var best = min(above[j + 1] + 1, row[j] + 1, above[j] + (left[i] == right[j] ? 0 : 1))
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    best = min(best, before[j - 1] + 1)
                }
                row.append(best)
            }
            before = above
            above = row
        }
        return above[right.count]
    }
}
