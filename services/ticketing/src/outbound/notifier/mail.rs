//! What a mail says.

use lettre::{
    Address, Message as Mail,
    message::{Mailbox, SinglePart},
};

use crate::ports::Message;

/// Writes the mail. Its Message-ID comes from the message's id, so that whoever gets it twice can tell.
///
/// # Errors
///
/// The address is none that mail can be sent to.
pub(super) fn write(message: &Message, from: &Mailbox) -> Result<Mail, String> {
    let to: Address = message.email.parse().map_err(|error| format!("the address: {error}"))?;
    Mail::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .message_id(Some(format!("<{}@{}>", message.id.as_hyphenated(), from.email.domain())))
        .subject(format!("Seats came free: {}", message.event_name))
        .singlepart(SinglePart::plain(text(message)))
        .map_err(|error| error.to_string())
}

fn text(message: &Message) -> String {
    let (event, seats) = (&message.event_name, message.seats);
    let seats_came = if seats == 1 { "1 seat came".to_owned() } else { format!("{seats} seats came") };
    format!(
        "{seats_came} free for an event that you are waiting for:\n\n    {event}\n\n\
         They are not kept for you: who reserves first has them. To hear of further seats, join the waitlist again.\n"
    )
}
