//! `POST /user/login/`

use actix_web::web;
use booked_contract::{
    Code, ErrorBody,
    user::{LogIn, Token},
};
use booked_identity::SignError;
use booked_server::{ApiError, Body};

use super::client::Client;
use crate::{
    domain::{EmailKey, Password},
    usecases::{self, Context, LogInError, Tokens},
};

/// Logs in: answers with a token to send as `Authorization: Bearer …`.
#[utoipa::path(
    post,
    path = "/user/login/",
    tag = "user",
    request_body = LogIn,
    responses(
        (status = 200, body = Token, description = "The token, good for 24 hours, an admin's for one"),
        (status = 400, body = ErrorBody, description = "SYS-01 the body cannot be decoded"),
        (status = 401, body = ErrorBody, description = "USER-03 empty email or no such user, \
            USER-04 wrong, empty or too long password"),
        (status = 500, body = ErrorBody, description = "DB-01 reading failed, USER-05 the token could not be signed, \
            SYS-02 unknown error"),
        (status = 503, body = ErrorBody, description = "SYS-07 unavailable, or too many log in at once: try again",
            headers(("Retry-After" = u64, description = "In seconds."))),
    )
)]
pub(super) async fn log_in(
    Body(LogIn { email, password }): Body<LogIn>,
    client: Client,
    context: web::Data<Context>,
    tokens: web::Data<Tokens>,
) -> Result<web::Json<Token>, ApiError> {
    let email = EmailKey::parse(&email).map_err(|_| ApiError::new(Code::NoSuchUser))?;
    // No account has such a password, so refusing it without computing a hash reveals nothing.
    let password = Password::parse(password).map_err(|_| ApiError::new(Code::WrongPassword))?;
    let token = usecases::log_in(&context, &tokens, &email, password, client.0).await?;
    Ok(web::Json(Token { token }))
}

impl From<LogInError> for ApiError {
    fn from(error: LogInError) -> Self {
        match error {
            LogInError::NoSuchUser => Self::new(Code::NoSuchUser),
            LogInError::WrongPassword => Self::new(Code::WrongPassword),
            LogInError::Slowed(wait) => wait.into(),
            LogInError::Hash(error) => error.into(),
            LogInError::Failed(failure) => failure.into(),
            LogInError::Sign(error @ SignError::NoKey) => Self::because(Code::Unavailable, &error),
            LogInError::Sign(error) => Self::because(Code::TokenNotSigned, &error),
        }
    }
}
