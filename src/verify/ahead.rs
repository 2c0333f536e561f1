//! Reading ahead: while one window is judged, the next is read, so that no core waits for the parts that take turns.

/// Takes what is made of each item, in order, while the next is made on another core; ends at the first error.
pub(super) fn each_ahead<I, T, E>(
    mut items: I,
    make: impl Fn(I::Item) -> Result<T, E> + Sync,
    mut take: impl FnMut(T) -> Result<(), E> + Send,
) -> Result<(), E>
where
    I: Iterator + Send,
    T: Send,
    E: Send,
{
    let mut made = items.next().map(&make);
    while let Some(one) = made.transpose()? {
        let (taken, next) = rayon::join(|| take(one), || items.next().map(&make));
        taken?;
        made = next;
    }
    Ok(())
}
