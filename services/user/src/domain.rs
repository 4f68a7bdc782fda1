//! What an account consists of. A value of one of these types is valid, so nothing checks it a second time.

mod account;
mod email;
mod origin;
mod password;
mod person_name;

pub use account::{Account, NewAccount};
pub use email::{EMAIL_BYTES_MAX, Email, EmailKey, EmailRefused};
pub use origin::Origin;
pub use password::{PASSWORD_BYTES_MAX, Password, PasswordHash, PasswordRefused};
pub use person_name::{EmptyName, PersonName};
