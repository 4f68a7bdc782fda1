//! What can be done with accounts, one verb per file.

mod add_account;
mod context;
mod create_admin;
mod list_emails;
mod log_in;
mod promote_to_admin;
mod register_user;
mod revoke_admin;
mod set_password;

pub use add_account::{AddAccountError, Person};
pub use context::{Context, Tokens};
pub use create_admin::create_admin;
pub use list_emails::list_emails;
pub use log_in::{LogInError, log_in};
pub use promote_to_admin::promote_to_admin;
pub use register_user::register_user;
pub use revoke_admin::revoke_admin;
pub use set_password::{SetPasswordError, set_password};
