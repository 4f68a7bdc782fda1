//! What a mail says.

use lettre::{
    Address, Message as Mail,
    message::{Mailbox, SinglePart},
};

use unicode_normalization::char::is_combining_mark;

use crate::ports::{News, Notification};

/// Writes the mail. Its Message-ID comes from the notification's id, so that a recipient that gets it twice can tell.
///
/// # Errors
///
/// The address is none that mail can be sent to.
pub(super) fn write(message: &Notification, from: &Mailbox) -> Result<Mail, String> {
    let to = address(&message.email).ok_or("the address: it is not of the form local@domain")?;
    Mail::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .message_id(Some(format!("<{}@{}>", message.id.as_hyphenated(), from.email.domain())))
        .subject(subject(message))
        .singlepart(SinglePart::plain(text(message)))
        .map_err(|error| error.to_string())
}

/// The library takes no letter that is written with a mark of its own, as those of many scripts are. A mark does no harm in an
/// address that is good without it.
fn address(text: &str) -> Option<Address> {
    let without_marks: String = text.chars().filter(|letter| !is_combining_mark(*letter)).collect();
    without_marks.parse::<Address>().ok()?;
    let (local, domain) = text.rsplit_once('@')?;
    Some(Address::new_dangerous(local, domain))
}

fn subject(message: &Notification) -> String {
    match message.news {
        News::SeatsFree { .. } => format!("Seats came free: {}", message.event_name),
        News::EventCancelled { .. } => format!("Cancelled: {}", message.event_name),
    }
}

fn text(message: &Notification) -> String {
    let event = &message.event_name;
    match &message.news {
        News::SeatsFree { seats } => seats_free(event, *seats),
        News::EventCancelled { reason, has_tickets } => {
            event_cancelled(event, reason.as_deref(), *has_tickets)
        }
    }
}

fn event_cancelled(event: &str, reason: Option<&str>, has_tickets: bool) -> String {
    let (concerns, remains) = if has_tickets {
        ("you have tickets for", "Your tickets remain yours, and you may cancel them.")
    } else {
        ("you were waiting for", "You are no longer on its waitlist.")
    };
    let reason = reason.map(|reason| format!("The reason: {reason}\n\n")).unwrap_or_default();
    format!("An event that {concerns} was cancelled:\n\n    {event}\n\n{reason}{remains}\n")
}

fn seats_free(event: &str, seats: u32) -> String {
    let seats_came = if seats == 1 { "1 seat came".to_owned() } else { format!("{seats} seats came") };
    format!(
        "{seats_came} free for an event that you are waiting for:\n\n    {event}\n\n\
         They are not kept for you: who reserves first has them. To hear of further seats, join the waitlist again.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_can_have_an_account_can_be_written_to() {
        for email in ["ada@example.com", "jose\u{301}@example.com", "संपर्क@डाटामेल.भारत", "தமிழ்@உதாரணம்.example"]
        {
            assert_eq!(address(email).map(|address| address.to_string()).as_deref(), Some(email));
        }
        for email in ["", "ada", "ada@", "a da@example.com", "ada@example.com\r\nDATA", "\u{301}@example.com"]
        {
            assert!(address(email).is_none(), "{email:?}");
        }
    }
}
