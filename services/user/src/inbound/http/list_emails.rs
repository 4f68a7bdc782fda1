//! `POST /internal/emails`, for ticketing: where mail to users goes. The gateway never serves it.

use actix_web::web::{Data, Json};
use booked_contract::{
    Code,
    internal::{EMAILS_MAX, Emails, EmailsQuery},
};
use booked_ids::UserId;
use booked_server::{ApiError, Body};

use crate::{
    domain::Email,
    usecases::{self, Context},
};

pub(super) async fn list_emails(
    body: Body<EmailsQuery>,
    context: Data<Context>,
) -> Result<Json<Emails>, ApiError> {
    let asked = body.0.user_ids;
    if asked.len() > EMAILS_MAX {
        return Err(ApiError::new(Code::BodyUndecodable).with_detail("user_ids are too many"));
    }
    let users: Vec<UserId> = asked.into_iter().map(UserId::from_uuid).collect();
    let emails = usecases::list_emails(&context, &users).await?;
    let emails = emails.iter().map(|email| email.as_ref().map(Email::as_str).map(str::to_owned)).collect();
    Ok(Json(Emails { emails }))
}
