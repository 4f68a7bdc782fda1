//! What an account is made of. A value of one of these types is good: nothing looks at it twice.

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
