//! Where mail to users goes, as ticketing asks for it.

use booked_contract::internal::EMAILS_MAX;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{PASSWORD, Service};

const NOBODY: Uuid = Uuid::from_u128(7);

fn id_of(service: &Service, email: &str) -> String {
    service.database.execute(&format!("SELECT id FROM users WHERE email = '{email}'")).trim().to_owned()
}

async fn ask(service: &Service, body: &Value) -> Value {
    let answer = service.post("/internal/emails", body.to_string()).await;
    assert_eq!(answer.said(), "200");
    serde_json::from_str(&answer.text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_come_in_the_order_of_the_question_as_they_were_given() {
    let service = Service::start().await;
    for email in ["Ada@Example.com", "bob@example.com"] {
        service.register(email, PASSWORD).await;
    }
    let (ada, bob) = (id_of(&service, "Ada@Example.com"), id_of(&service, "bob@example.com"));

    let answer = ask(&service, &json!({ "user_ids": [bob, NOBODY, ada, bob] })).await;

    assert_eq!(answer, json!({ "emails": ["bob@example.com", null, "Ada@Example.com", "bob@example.com"] }));
    assert_eq!(ask(&service, &json!({ "user_ids": [] })).await, json!({ "emails": [] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_asks_for_more_than_the_limit() {
    let service = Service::start().await;
    let ids = |count: usize| json!({ "user_ids": vec![NOBODY; count] });
    let answer = ask(&service, &ids(EMAILS_MAX)).await;
    assert_eq!(answer["emails"].as_array().unwrap().len(), EMAILS_MAX);
    let too_many = service.post("/internal/emails", ids(EMAILS_MAX + 1).to_string()).await;
    assert_eq!(too_many.said(), "400 SYS-01");
    for wrong in [json!({}), json!({ "user_ids": ["ada"] }), json!({ "user_ids": null })] {
        assert_eq!(service.post("/internal/emails", wrong.to_string()).await.said(), "400 SYS-01", "{wrong}");
    }
}
