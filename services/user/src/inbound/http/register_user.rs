//! `POST /user/register/`

use actix_web::{HttpResponse, web};
use booked_contract::{Code, ErrorBody, user::Registration};
use booked_server::{ApiError, Body};

use super::client::Client;
use crate::{
    domain::{Email, EmailRefused, EmptyName, Password, PasswordRefused, PersonName},
    usecases::{self, AddAccountError, Context, Person},
};

/// Registers an account. It is a plain user's.
#[utoipa::path(
    post,
    path = "/user/register/",
    tag = "user",
    request_body = Registration,
    responses(
        (status = 201, description = "Registered"),
        (status = 400, body = ErrorBody, description = "SYS-01 the body cannot be decoded, USER-02 empty password, \
            USER-11 password longer than 72 bytes, USER-08 empty name, \
            USER-07 empty email, USER-10 email not valid"),
        (status = 409, body = ErrorBody, description = "USER-09 the email is registered already"),
        (status = 500, body = ErrorBody, description = "DB-02 writing failed, SYS-02 unknown error"),
    )
)]
pub(super) async fn register_user(
    Body(registration): Body<Registration>,
    client: Client,
    context: web::Data<Context>,
) -> Result<HttpResponse, ApiError> {
    let user = usecases::register_user(&context, parse(registration)?, client.0).await?;
    tracing::info!(%user, "registered");
    Ok(HttpResponse::Created().finish())
}

fn parse(registration: Registration) -> Result<Person, ApiError> {
    let Registration { name, email, password } = registration;
    // The contract prescribes the order of these checks.
    let password = Password::parse(password)?;
    let name = PersonName::parse(name)?;
    let email = Email::parse(&email)?;
    Ok(Person { name, email, password })
}

impl From<PasswordRefused> for ApiError {
    fn from(refused: PasswordRefused) -> Self {
        Self::new(match refused {
            PasswordRefused::Empty => Code::EmptyPassword,
            PasswordRefused::TooLong => Code::PasswordTooLong,
        })
    }
}

impl From<EmptyName> for ApiError {
    fn from(_: EmptyName) -> Self {
        Self::new(Code::EmptyName)
    }
}

impl From<EmailRefused> for ApiError {
    fn from(refused: EmailRefused) -> Self {
        Self::new(match refused {
            EmailRefused::Empty => Code::EmptyEmail,
            EmailRefused::Invalid => Code::EmailInvalid,
        })
    }
}

impl From<AddAccountError> for ApiError {
    fn from(error: AddAccountError) -> Self {
        match error {
            AddAccountError::EmailTaken => Self::new(Code::EmailTaken),
            AddAccountError::Hash(error) => error.into(),
            AddAccountError::Failed(failure) => failure.into(),
        }
    }
}
