//! Work on a connection, as a closure whose future can move between threads.

use std::future::Future;

/// An `async` closure whose future is `Send`, which the language cannot express for `AsyncFnOnce` yet. Every `async
/// move |connection| …` that is `Send` is one. The technique is that of diesel-async (`AsyncFunc`).
pub trait Work<C, R>: AsyncFnOnce(C) -> R + FnOnce(C) -> <Self as Work<C, R>>::Fut {
    /// The closure's future.
    type Fut: Future<Output = R>;
}

impl<F, C, R, Fut> Work<C, R> for F
where
    F: AsyncFnOnce(C) -> R + FnOnce(C) -> Fut,
    Fut: Future<Output = R>,
{
    type Fut = Fut;
}
