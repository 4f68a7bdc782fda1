//! Those who wait are notified by mail, over real connections to a mail server on this machine.

mod smtp_server;

use std::{path::PathBuf, sync::Arc};

use booked_ids::EventId;
use booked_sandbox::TestCa;
use booked_server::settings::Unchecked;
use booked_ticketing::{
    outbound::notifier::NotifierSettings,
    ports::{News, Notification, Notifier, NotifyFailure},
};
use uuid::Uuid;

use smtp_server::{Options, SILENCE, SmtpServer};

fn message() -> Notification {
    Notification {
        id: Uuid::from_u128(0x0123_4567_89ab_4def_8123_4567_89ab_cdef),
        email: "grace@example.org".to_owned(),
        event_id: EventId::new(1, [0; 16]),
        event_name: "Last night of the Proms".to_owned(),
        news: News::SeatsFree { seats: 2 },
    }
}

fn notification_to(email: &str) -> Notification {
    Notification { email: email.to_owned(), ..message() }
}

fn texts(url: &str) -> [(&str, &str); 2] {
    [("SMTP_URL", url), ("SMTP_FROM", "Tickets <tickets@example.com>")]
}

fn notifier<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Arc<dyn Notifier> {
    Unchecked::<NotifierSettings>::of(texts).check().unwrap().notifier().unwrap()
}

fn plain(server: &SmtpServer) -> Arc<dyn Notifier> {
    notifier(texts(&format!("smtp://127.0.0.1:{}", server.port())))
}

fn trusting(url: &str, ca: PathBuf) -> Arc<dyn Notifier> {
    let ca = ("SMTP_CA_FILE", ca.to_str().unwrap());
    notifier(texts(url).into_iter().chain([ca]))
}

#[track_caller]
fn away(result: Result<(), NotifyFailure>) -> String {
    match result {
        Err(NotifyFailure::Away(why)) => why,
        other => panic!("expected that nothing can be sent now, got {other:?}"),
    }
}

#[track_caller]
fn later(result: Result<(), NotifyFailure>) -> String {
    match result {
        Err(NotifyFailure::Later(why)) => why,
        other => panic!("expected that it may work later, got {other:?}"),
    }
}

#[track_caller]
fn never(result: Result<(), NotifyFailure>) -> String {
    match result {
        Err(NotifyFailure::Never(why)) => why,
        other => panic!("expected that it will never work, got {other:?}"),
    }
}

#[tokio::test]
async fn a_mail_says_which_event_has_how_many_seats() {
    let server = SmtpServer::start(Options::default()).await;

    plain(&server).notify(&message()).await.unwrap();

    let [mail] = server.mails().try_into().unwrap();
    assert_eq!((mail.from.as_str(), mail.to), ("tickets@example.com", vec!["grace@example.org".to_owned()]));
    let mail = &server.mails()[0];
    assert_eq!(mail.header("From").as_deref(), Some("Tickets <tickets@example.com>"));
    assert_eq!(mail.header("To").as_deref(), Some("grace@example.org"));
    assert_eq!(mail.header("Subject").as_deref(), Some("Seats came free: Last night of the Proms"));
    assert!(mail.header("Date").is_some());
    assert!(mail.body().contains("2 seats came free"), "{}", mail.body());
    assert!(mail.body().contains("Last night of the Proms"), "{}", mail.body());
}

#[tokio::test]
async fn a_mail_of_a_cancelled_event_says_why_and_what_becomes_of_the_reader() {
    let server = SmtpServer::start(Options::default()).await;
    let reason = Some("The hall is flooded.".to_owned());
    for (reason, has_tickets) in [(reason, true), (None, false)] {
        let news = News::EventCancelled { reason, has_tickets };
        plain(&server).notify(&Notification { news, ..message() }).await.unwrap();
    }

    let [owner, waiting] = server.mails().try_into().unwrap();

    assert_eq!(owner.header("Subject").as_deref(), Some("Cancelled: Last night of the Proms"));
    assert_eq!(waiting.header("Subject"), owner.header("Subject"));
    let lines =
        |mail: &smtp_server::Received| mail.body().trim_end().lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(
        lines(&owner),
        [
            "An event that you have tickets for was cancelled:",
            "",
            "    Last night of the Proms",
            "",
            "The reason: The hall is flooded.",
            "",
            "Your tickets remain yours, and you may cancel them.",
        ]
    );
    assert_eq!(
        lines(&waiting),
        [
            "An event that you were waiting for was cancelled:",
            "",
            "    Last night of the Proms",
            "",
            "You are no longer on its waitlist.",
        ]
    );
}

#[tokio::test]
async fn a_repeat_is_known_by_its_message_id() {
    let server = SmtpServer::start(Options::default()).await;
    let notifier = plain(&server);
    let another = Notification { id: Uuid::from_u128(1), ..message() };

    for message in [&message(), &message(), &another] {
        notifier.notify(message).await.unwrap();
    }

    let ids: Vec<_> = server.mails().iter().map(|mail| mail.header("Message-ID").unwrap()).collect();
    assert_eq!(ids[0], "<01234567-89ab-4def-8123-456789abcdef@example.com>");
    assert_eq!(ids[1], ids[0]);
    assert_ne!(ids[2], ids[0]);
}

#[tokio::test]
async fn mails_go_over_one_connection_while_it_lasts() {
    let server = SmtpServer::start(Options::default()).await;
    let notifier = plain(&server);
    for _ in 0..3 {
        notifier.notify(&message()).await.unwrap();
    }
    assert_eq!((server.mails().len(), server.connections()), (3, 1));

    server.answer("NOOP", "421 closing");
    notifier.notify(&message()).await.unwrap();

    assert_eq!((server.mails().len(), server.connections()), (4, 2));
}

#[tokio::test]
async fn what_people_call_an_event_stays_in_its_place() {
    let server = SmtpServer::start(Options::default()).await;
    let event_name = "Été 🎫\r\nBcc: eve@example.net\r\n\r\n.\r\nQUIT".to_owned();

    plain(&server).notify(&Notification { event_name, ..message() }).await.unwrap();

    let [mail] = server.mails().try_into().unwrap();
    assert_eq!(mail.to, ["grace@example.org"]);
    assert_eq!(mail.header("Bcc"), None);
    let subject = mail.header("Subject").unwrap();
    assert!(subject.starts_with("Seats came free: =?utf-8?"), "{subject}");
}

#[tokio::test]
async fn user_and_password_are_given_to_a_server_that_wants_them() {
    let server = SmtpServer::start(Options { wants_password: true, ..Options::default() }).await;
    let with = |credentials| notifier(texts(&format!("smtp://{credentials}@127.0.0.1:{}", server.port())));

    with("ada%40example.com:p%40ss%20word").notify(&message()).await.unwrap();
    assert_eq!(server.mails().len(), 1);

    // An operator will correct this; the notifications wait.
    away(with("ada%40example.com:wrong").notify(&message()).await);
    away(plain(&server).notify(&message()).await);
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn tls_from_the_first_byte_or_by_starttls_encrypts_the_mail() {
    let ca = TestCa::new().unwrap();
    let files = Some(ca.server_files().unwrap());
    let tls = SmtpServer::start(Options { tls: files.clone(), ..Options::default() }).await;
    let starttls =
        SmtpServer::start(Options { starttls: files, wants_password: true, ..Options::default() }).await;
    let credentials = "ada%40example.com:p%40ss%20word";

    let urls = [
        (&tls, format!("smtps://localhost:{}", tls.port())),
        (&starttls, format!("smtp://{credentials}@localhost:{}?tls=required", starttls.port())),
    ];

    for (server, url) in urls {
        trusting(&url, ca.certificate()).notify(&message()).await.unwrap();
        let [mail] = server.mails().try_into().unwrap();
        assert!(mail.encrypted, "{url}");
    }
}

#[tokio::test]
async fn nothing_is_sent_to_a_server_that_cannot_prove_who_it_is() {
    let (ca, other) = (TestCa::new().unwrap(), TestCa::new().unwrap());
    let files = Some(ca.server_files().unwrap());
    let tls = SmtpServer::start(Options { tls: files.clone(), ..Options::default() }).await;
    let starttls = SmtpServer::start(Options { starttls: files, ..Options::default() }).await;

    for (server, url) in [
        (&tls, format!("smtps://localhost:{}", tls.port())),
        (&starttls, format!("smtp://localhost:{}?tls=required", starttls.port())),
    ] {
        away(trusting(&url, other.certificate()).notify(&message()).await);
        away(notifier(texts(&url)).notify(&message()).await);
        assert!(server.mails().is_empty(), "{url}");
    }
}

#[tokio::test]
async fn nothing_is_sent_in_the_clear_where_tls_is_required() {
    let server = SmtpServer::start(Options::default()).await;
    let notifier = notifier(texts(&format!("smtp://127.0.0.1:{}?tls=required", server.port())));

    away(notifier.notify(&message()).await);

    assert!(server.mails().is_empty());
}

#[tokio::test]
async fn a_mail_that_is_refused_for_ever_is_given_up_and_the_next_one_goes() {
    let server = SmtpServer::start(Options::default()).await;
    let notifier = plain(&server);
    server.answer("RCPT TO:<gone@example.org>", "550 <gone@example.org>: no such user");

    let why = never(notifier.notify(&notification_to("gone@example.org")).await);
    assert!(why.contains("no such user"), "{why}");
    assert!(!why.contains("gone@example.org"), "addresses stay out of the log: {why}");

    notifier.notify(&message()).await.unwrap();
    assert_eq!(server.mails().len(), 1);

    server.answer(".", "554 looks like spam");
    never(notifier.notify(&message()).await);
}

#[tokio::test]
async fn what_fails_before_our_sender_is_taken_holds_back_all_mails() {
    let server = SmtpServer::start(Options::default()).await;
    for (line, answer) in [
        ("MAIL", "451 try again"),
        ("MAIL", "530 authentication required"),
        ("MAIL", "550 this sender may not send here"),
        ("EHLO", "421 too busy"),
        ("", "554 no mail service here"),
    ] {
        server.answer(line, answer);
        away(plain(&server).notify(&message()).await);
        server.answer_as_usual();
    }
    plain(&server).notify(&message()).await.unwrap();
}

#[tokio::test]
async fn what_fails_afterwards_holds_back_that_mail_alone() {
    let server = SmtpServer::start(Options::default()).await;
    let notifier = plain(&server);
    for (line, answer) in [
        ("RCPT", "452 mailbox full"),
        ("RCPT", "450 no such domain"),
        ("RCPT", "421 come back later"),
        ("RCPT", "554 5.7.1 relay access denied"),
        ("RCPT", "530 authentication required"),
        ("DATA", "451 try again"),
        (".", "451 try again"),
    ] {
        server.answer(line, answer);
        later(notifier.notify(&message()).await);
        server.answer_as_usual();
    }
    notifier.notify(&message()).await.unwrap();
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up_and_asked_anew_later() {
    let server = SmtpServer::start(Options::default()).await;
    let url = format!("smtp://127.0.0.1:{}", server.port());
    let hasty = notifier(texts(&url).into_iter().chain([("SMTP_TIMEOUT_MS", "200")]));
    for line in ["", "MAIL"] {
        server.answer(line, SILENCE);
        away(hasty.notify(&message()).await);
        server.answer_as_usual();
    }
    let patient = plain(&server);
    for line in ["RCPT", "DATA", "."] {
        server.answer(line, SILENCE);
        let late = hasty.notify(&message()).await;
        assert!(matches!(late, Err(NotifyFailure::Later(_) | NotifyFailure::Away(_))), "{late:?}");
        server.answer_as_usual();
    }
    let (mails, connections) = (server.mails().len(), server.connections());

    patient.notify(&message()).await.unwrap();

    assert_eq!(server.mails().len(), mails + 1);
    assert_eq!(server.connections(), connections + 1, "what was left half-way is not used again");
}

#[tokio::test]
async fn a_slow_recipient_does_not_stop_the_others() {
    let server = SmtpServer::start(Options::default()).await;
    server.answer("RCPT TO:<slow@example.org>", SILENCE);
    let notifier = plain(&server);
    let slow = Arc::clone(&notifier);
    let waiting = tokio::spawn(async move { slow.notify(&notification_to("slow@example.org")).await });
    server.until_asked("RCPT TO:<slow@example.org>").await;

    notifier.notify(&message()).await.unwrap();

    assert!(!waiting.is_finished());
    waiting.abort();
}

#[tokio::test]
async fn a_server_that_is_away_is_asked_again_later() {
    let server = SmtpServer::start(Options::default()).await;
    let notifier = plain(&server);
    drop(server);

    away(notifier.notify(&message()).await);
}

#[tokio::test]
async fn an_address_that_cannot_be_written_to_is_given_up() {
    let server = SmtpServer::start(Options::default()).await;
    let notifier = plain(&server);
    for email in ["", "grace", "grace@", "grace@example.org\r\nRCPT TO:<eve@example.net>"] {
        never(notifier.notify(&notification_to(email)).await);
    }
    never(notifier.notify(&notification_to("grâce@example.org")).await);
    assert!(server.mails().is_empty());

    let modern = SmtpServer::start(Options { takes_utf8: true, ..Options::default() }).await;
    plain(&modern).notify(&notification_to("grâce@example.org")).await.unwrap();
    assert_eq!(modern.mails()[0].to, ["grâce@example.org"]);
}

#[test]
fn without_a_mail_server_the_log_tells() {
    let settings = Unchecked::of([("SMTP_URL", "")]).check().unwrap();
    assert!(matches!(settings, NotifierSettings::Log));
}

#[test]
fn all_mistakes_are_told_and_no_password() {
    let args = Unchecked::<NotifierSettings>::of([
        ("SMTP_URL", "smtp://ada:secret@mail?tls=perhaps"),
        ("SMTP_CA_FILE", "/nowhere"),
        ("SMTP_TIMEOUT_MS", "soon"),
    ]);
    let told = args.check().unwrap_err().to_string();
    for setting in ["SMTP_URL", "SMTP_FROM", "SMTP_CA_FILE", "SMTP_TIMEOUT_MS"] {
        assert!(told.contains(setting), "{setting}: {told}");
    }
    let shown = format!("{args:?} {told}");
    assert!(!shown.contains("secret"), "{shown}");
}
