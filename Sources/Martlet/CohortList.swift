/// The cohorts that are found by one look-up. Each knows where it stands in it, so that leaving is one step.
final class CohortList {
    struct Member {
        var cohort: Cohort
        /// Which of the cohort's places this is.
        var place: Int
    }

    private(set) var members: [Member] = []

    func add(_ cohort: Cohort) {
        cohort.places.append(Cohort.Place(list: self, index: self.members.count))
        self.members.append(Member(cohort: cohort, place: cohort.places.count - 1))
    }

    /// Takes the member at `index` out; the last one takes its place.
    func remove(at index: Int) {
        let last = self.members.removeLast()
        if index < self.members.count {
            self.members[index] = last
            last.cohort.places[last.place].index = index
        }
    }
}
