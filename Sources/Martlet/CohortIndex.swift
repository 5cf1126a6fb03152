/// Finds the cohorts that an update concerns: by a look-up per topic of the update, however many subscribers there are.
/// Part of a ``Shard``, confined with it.
struct CohortIndex {
    private var byInterest: [Interest: Cohort] = [:]
    private var bySelector: [Selector: [Cohort]] = [:]

    /// The cohort with this interest, made if there was none.
    mutating func cohort(with interest: Interest) -> Cohort {
        if let cohort = self.byInterest[interest] { return cohort }
        let cohort = Cohort(interest)
        self.byInterest[interest] = cohort
        for (number, selector) in interest.selectors.enumerated() {
            cohort.slots[number] = self.bySelector[selector]?.count ?? 0
            self.bySelector[selector, default: []].append(cohort)
        }
        return cohort
    }

    /// Forgets a cohort that has no subscriber any more.
    mutating func remove(_ cohort: Cohort) {
        self.byInterest[cohort.interest] = nil
        for (number, selector) in cohort.interest.selectors.enumerated() {
            guard let index = self.bySelector.index(forKey: selector) else { continue }
            let last = self.bySelector.values[index].removeLast()
            if last !== cohort {
                let slot = cohort.slots[number]
                self.bySelector.values[index][slot] = last
                last.slots[last.interest.selectors.firstIndex(of: selector)!] = slot
            }
            if self.bySelector.values[index].isEmpty { self.bySelector.remove(at: index) }
        }
    }

    /// Notes `entry` with every cohort it is for, once each, and appends those that had none noted yet to `touched`.
    func note(_ entry: Entry, touched: inout [Cohort]) {
        for topic in entry.topics {
            if let cohorts = self.bySelector[Selector(exactly: topic)] {
                self.note(entry, with: cohorts, touched: &touched)
            }
        }
        if let cohorts = self.bySelector[.everything] { self.note(entry, with: cohorts, touched: &touched) }
    }

    private func note(_ entry: Entry, with cohorts: [Cohort], touched: inout [Cohort]) {
        for cohort in cohorts where cohort.matched.last !== entry {
            guard cohort.interest.admits(isPrivate: entry.isPrivate, topics: entry.topics) else { continue }
            if cohort.matched.isEmpty { touched.append(cohort) }
            cohort.matched.append(entry)
        }
    }
}
