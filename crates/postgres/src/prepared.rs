//! Statements that are prepared once per connection.

/// Makes a [`QueryFragment`](diesel::query_builder::QueryFragment) a statement with these columns that is prepared
/// once per connection: diesel prepares a plain `sql_query` again at every call. The text of the fragment must not
/// depend on its values. A fragment with a lifetime is given a second time, with `'static`.
#[macro_export]
macro_rules! prepared {
    ($statement:ty => $columns:ty) => {
        $crate::prepared!($statement as $statement => $columns);
    };
    ($statement:ty as $id:ty => $columns:ty) => {
        impl diesel::query_builder::QueryId for $statement {
            type QueryId = $id;
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        impl diesel::query_builder::Query for $statement {
            type SqlType = $columns;
        }
    };
}
