//! A bounded queue that is fair among groups. The groups take turns. Within a group the newest entry goes first, since
//! the clients of the oldest ones have waited so long that they may be gone. When the queue is full, the longest
//! group loses its oldest entry: a crowd makes room for those who come alone.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

pub(super) struct FairQueue<G, T> {
    groups: HashMap<G, VecDeque<T>>,
    /// The groups that have entries, the next one first.
    turns: VecDeque<G>,
    waiting: usize,
    waiting_max: usize,
}

/// What one turn removed from the queue.
pub(super) struct Taken<T> {
    /// Entries that have waited too long.
    pub(super) over: Vec<T>,
    /// The entry whose turn it is.
    pub(super) next: Option<T>,
}

impl<G: Copy + Eq + Hash, T> FairQueue<G, T> {
    pub(super) fn new(waiting_max: usize) -> Self {
        Self { groups: HashMap::new(), turns: VecDeque::new(), waiting: 0, waiting_max }
    }

    /// How many entries wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// How many groups wait: at most this many turns come before a newcomer's.
    pub(super) fn groups(&self) -> usize {
        self.turns.len()
    }

    /// Adds an entry, and returns the entry that has to make room for it, if any.
    pub(super) fn push(&mut self, group: G, entry: T) -> Option<T> {
        let own = self.groups.get(&group).map_or(0, VecDeque::len);
        let evicted = if self.waiting < self.waiting_max { None } else { self.evict(group, own) };
        let queue = self.groups.entry(group).or_default();
        if queue.is_empty() {
            self.turns.push_back(group);
        }
        queue.push_back(entry);
        self.waiting += 1;
        evicted
    }

    fn evict(&mut self, newcomers: G, own: usize) -> Option<T> {
        let longest = self.groups.iter().max_by_key(|(_, queue)| queue.len());
        let longest = longest.filter(|(_, queue)| queue.len() > own).map_or(newcomers, |(group, _)| *group);
        let queue = self.groups.get_mut(&longest)?;
        let oldest = queue.pop_front();
        self.waiting -= usize::from(oldest.is_some());
        if queue.is_empty() {
            self.groups.remove(&longest);
            self.turns.retain(|group| *group != longest);
        }
        oldest
    }

    /// Removes the next entry, and those of its group that have waited too long.
    pub(super) fn pop(&mut self, is_over: impl Fn(&T) -> bool) -> Taken<T> {
        let mut over = Vec::new();
        while let Some(group) = self.turns.pop_front() {
            let queue = self.groups.remove(&group).unwrap_or_default();
            let (late, mut good): (VecDeque<T>, VecDeque<T>) = queue.into_iter().partition(&is_over);
            over.extend(late);
            let next = good.pop_back();
            if !good.is_empty() {
                self.groups.insert(group, good);
                self.turns.push_back(group);
            }
            if next.is_some() {
                self.waiting -= over.len() + 1;
                return Taken { over, next };
            }
        }
        self.waiting -= over.len();
        Taken { over, next: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(mut queue: FairQueue<char, u32>) -> Vec<u32> {
        std::iter::from_fn(|| queue.pop(|_| false).next).collect()
    }

    fn filled(waiting_max: usize, entries: &[(char, u32)]) -> (FairQueue<char, u32>, Vec<u32>) {
        let mut queue = FairQueue::new(waiting_max);
        let evicted = entries.iter().filter_map(|(group, entry)| queue.push(*group, *entry)).collect();
        (queue, evicted)
    }

    #[test]
    fn groups_take_turns_and_the_newest_of_a_group_comes_first() {
        let (queue, evicted) = filled(9, &[('a', 1), ('a', 2), ('a', 3), ('b', 4), ('c', 5), ('b', 6)]);
        assert_eq!((queue.waiting(), queue.groups()), (6, 3));
        assert_eq!(drain(queue), [3, 6, 5, 2, 4, 1]);
        assert!(evicted.is_empty());
    }

    #[test]
    fn when_it_is_full_the_longest_group_makes_room() {
        let (queue, evicted) = filled(3, &[('a', 1), ('a', 2), ('a', 3), ('b', 4), ('a', 5), ('c', 6)]);
        assert_eq!(evicted, [1, 2, 3]);
        assert_eq!(queue.waiting(), 3);
        assert_eq!(drain(queue), [5, 4, 6]);
    }

    #[test]
    fn many_groups_of_one_entry_do_not_exceed_the_bound() {
        let singles: Vec<(char, u32)> = ('a'..='z').zip(0..).collect();
        let (queue, evicted) = filled(3, &singles);
        assert_eq!((evicted.len(), queue.waiting(), queue.groups()), (23, 3, 3));
        assert_eq!(drain(queue).len(), 3);
    }

    #[test]
    fn entries_that_waited_too_long_are_removed_at_the_turn_of_their_group() {
        let (mut queue, _) = filled(9, &[('a', 1), ('a', 9), ('b', 2), ('c', 8)]);
        let taken = queue.pop(|entry| *entry < 5);
        assert_eq!((taken.over, taken.next), (vec![1], Some(9)));
        let taken = queue.pop(|entry| *entry < 5);
        assert_eq!((taken.over, taken.next), (vec![2], Some(8)));
        assert_eq!((queue.waiting(), queue.groups()), (0, 0));
        let taken = queue.pop(|entry| *entry < 5);
        assert_eq!((taken.over, taken.next), (vec![], None));
    }
}
