//! Reading ahead: while one window is judged, the next is read, so that no core waits for the parts that take turns.

use std::sync::mpsc::{IntoIter, sync_channel};
use std::thread;

/// Hands what is made of each item, in order, to `judge`, while the next is made.
///
/// A thread of its own asks for the next, so that cores get at it whenever what is judged leaves one of them idle.
pub(super) fn ahead<I, T, R>(items: I, make: impl Fn(I::Item) -> T + Send, judge: impl FnOnce(IntoIter<T>) -> R) -> R
where
    I: Iterator + Send,
    T: Send,
{
    thread::scope(|scope| {
        // Nothing waits in between: what is made and what is judged is all that there is.
        let (made, next) = sync_channel(0);
        scope.spawn(move || {
            // Whoever judges may have seen enough.
            items.map(make).try_for_each(|one| made.send(one)).ok()
        });
        judge(next.into_iter())
    })
}

/// [`ahead`] up to the first error.
pub(super) fn each_ahead<I, T, E>(
    items: I,
    make: impl Fn(I::Item) -> Result<T, E> + Send,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E>
where
    I: Iterator + Send,
    T: Send,
    E: Send,
{
    ahead(items, make, |mut made| made.try_for_each(|one| take(one?)))
}
