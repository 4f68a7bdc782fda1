//! The user service over HTTP.

use std::time::Duration;

use async_trait::async_trait;
use booked_contract::internal::{Emails, EmailsQuery};
use booked_failure::Failure;
use booked_ids::UserId;
use booked_server::{Retry, ServiceClient};
use reqwest::Method;

use crate::ports::Users;

/// The user service, as failures name it.
pub const USER_SERVICE: &str = "the user service";
/// Longest wait for addresses. Nobody waits for them but a job.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The user service, called at any of its replicas.
#[derive(Debug)]
pub struct HttpUsers(Option<ServiceClient>);

impl HttpUsers {
    /// Without a client every call fails, because nobody has said where the user service is.
    #[must_use]
    pub fn new(client: Option<ServiceClient>) -> Self {
        Self(client)
    }
}

#[async_trait]
impl Users for HttpUsers {
    async fn emails(&self, users: &[UserId]) -> Result<Vec<Option<String>>, Failure> {
        let Some(client) = &self.0 else {
            return Err(Failure::not_done(USER_SERVICE, "USER_URL is not set"));
        };
        let query = EmailsQuery { user_ids: users.iter().map(|user| user.as_uuid()).collect() };
        let asking = async {
            let (path, complete) =
                ("/internal/emails", |request: reqwest::RequestBuilder| request.json(&query));
            let response = client.send(Retry::IfLost, Method::POST, path, TIMEOUT, complete).await?;
            client.json::<Emails>(response).await
        };
        // The time for the whole answer: sending alone has its own, up to the head.
        let answer = tokio::time::timeout(TIMEOUT, asking).await;
        let answer = answer.unwrap_or_else(|_| Err(Failure::not_done(USER_SERVICE, "no answer in time")));
        let Emails { emails } = answer.map_err(Failure::harmless)?;
        if emails.len() != users.len() {
            return Err(Failure::not_done(
                USER_SERVICE,
                "the answer does not have one address for each user",
            ));
        }
        Ok(emails)
    }
}
