//! What the gateway passes on is what the service reads, and only a caller that knows the secret is believed.

use std::collections::HashMap;

use booked_identity::{
    Identity, Role,
    internal::{
        BadIdentity, Credential, CredentialError, EMAIL_HEADER, ROLE_HEADER, USER_HEADER, identity_headers,
        read_identity,
    },
};
use proptest::prelude::*;

use crate::fixtures::ada;

const CURRENT: &str = "0123456789abcdef0123456789abcdef";
const PREVIOUS: &str = "fedcba9876543210fedcba9876543210-longer";

fn read(headers: &HashMap<&str, String>) -> Result<Option<Identity>, BadIdentity> {
    read_identity(|name| headers.get(name).map(String::as_str))
}

#[test]
fn a_request_without_identity_headers_is_nobodys() {
    assert_eq!(read(&HashMap::new()), Ok(None));
}

#[test]
fn identity_headers_that_are_not_all_there_are_refused() {
    for missing in [USER_HEADER, EMAIL_HEADER, ROLE_HEADER] {
        let mut headers = HashMap::from(identity_headers(&ada()));
        headers.remove(missing);
        assert_eq!(read(&headers), Err(BadIdentity::Incomplete), "without {missing}");
    }
}

#[test]
fn identity_headers_that_cannot_be_read_are_refused() {
    let changes = [
        (USER_HEADER, "7", BadIdentity::User),
        (EMAIL_HEADER, "ada@example.org", BadIdentity::Email),
        (EMAIL_HEADER, "_w", BadIdentity::Email),
        (ROLE_HEADER, "root", BadIdentity::Role),
    ];
    for (header, value, refusal) in changes {
        let mut headers = HashMap::from(identity_headers(&ada()));
        headers.insert(header, value.into());
        assert_eq!(read(&headers), Err(refusal), "{header}: {value}");
    }
}

#[test]
fn the_first_secret_is_sent_and_all_are_accepted() {
    let credential = Credential::parse(&format!("{CURRENT},{PREVIOUS}")).unwrap();
    assert_eq!(credential.to_send(), CURRENT);
    assert!(credential.accepts(CURRENT.as_bytes()));
    assert!(credential.accepts(PREVIOUS.as_bytes()));
}

#[test]
fn nothing_else_is_accepted() {
    let both = format!("{CURRENT},{PREVIOUS}");
    let credential = Credential::parse(&both).unwrap();
    for wrong in
        ["", "0", &CURRENT[1..], &PREVIOUS[..32], &both, &CURRENT.to_uppercase(), &format!("{CURRENT} ")]
    {
        assert!(!credential.accepts(wrong.as_bytes()), "accepted {wrong:?}");
    }
    assert!(!Credential::parse(CURRENT).unwrap().accepts(PREVIOUS.as_bytes()));
}

#[test]
fn secrets_can_be_rotated_without_a_refusal() {
    let stages = [
        CURRENT.to_owned(),
        format!("{CURRENT},{PREVIOUS}"),
        format!("{PREVIOUS},{CURRENT}"),
        PREVIOUS.to_owned(),
    ]
    .map(|text| Credential::parse(&text).unwrap());
    for pair in stages.windows(2) {
        assert!(pair[0].accepts(pair[1].to_send().as_bytes()));
        assert!(pair[1].accepts(pair[0].to_send().as_bytes()));
    }
}

#[test]
fn white_space_around_secrets_does_not_count() {
    let credential = Credential::parse(&format!(" {CURRENT} ,\t{PREVIOUS}\n")).unwrap();
    assert_eq!(credential.to_send(), CURRENT);
    assert!(credential.accepts(PREVIOUS.as_bytes()));
}

#[test]
fn a_weak_or_unsendable_secret_is_refused_and_told_by_its_place() {
    let refusals = [
        (String::new(), CredentialError::TooShort { position: 1 }),
        ("short".into(), CredentialError::TooShort { position: 1 }),
        (format!("{CURRENT},"), CredentialError::TooShort { position: 2 }),
        (format!("{CURRENT},{}", &CURRENT[1..]), CredentialError::TooShort { position: 2 }),
        (format!("{CURRENT} {CURRENT}"), CredentialError::NotPlain { position: 1 }),
        (format!("{CURRENT},{CURRENT}\r\nx: y"), CredentialError::NotPlain { position: 2 }),
        (format!("{CURRENT}é"), CredentialError::NotPlain { position: 1 }),
    ];
    for (text, refusal) in refusals {
        assert_eq!(Credential::parse(&text).err(), Some(refusal), "{text:?}");
    }
}

#[test]
fn a_credential_shows_nothing_of_itself() {
    let credential = Credential::parse(&format!("{CURRENT},{PREVIOUS}")).unwrap();
    assert_eq!(format!("{credential:?}"), "Credential([redacted])");
}

proptest! {
    #[test]
    fn any_identity_survives_the_hand_on_and_fits_into_headers(id in any::<u128>(), email in any::<String>(), admin in any::<bool>()) {
        let role = if admin { Role::Admin } else { Role::User };
        let identity = Identity { user: booked_ids::UserId::from_uuid(uuid::Uuid::from_u128(id)), email, role };
        let headers = HashMap::from(identity_headers(&identity));
        prop_assert!(headers.values().all(|value| value.bytes().all(|byte| byte.is_ascii_graphic())));
        prop_assert_eq!(read(&headers), Ok(Some(identity)));
    }

    #[test]
    fn no_headers_make_it_panic(user in any::<String>(), email in any::<String>(), role in any::<String>()) {
        let _judged = read(&HashMap::from([(USER_HEADER, user), (EMAIL_HEADER, email), (ROLE_HEADER, role)]));
    }

    #[test]
    fn no_bytes_but_a_secret_are_accepted(presented in any::<Vec<u8>>()) {
        let credential = Credential::parse(&format!("{CURRENT},{PREVIOUS}")).unwrap();
        prop_assert_eq!(
            credential.accepts(&presented),
            presented == CURRENT.as_bytes() || presented == PREVIOUS.as_bytes()
        );
    }

    #[test]
    fn no_text_makes_the_parser_of_secrets_panic(text in any::<String>()) {
        let _judged = Credential::parse(&text);
    }
}
