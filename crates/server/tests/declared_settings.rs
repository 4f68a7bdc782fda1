//! Settings as the macro declares them: what is accepted is what the description says, mistakes are told together, and
//! secrets are not shown.

use std::{path::PathBuf, time::Duration};

use booked_server::{
    config::ConfigErrors,
    settings::{Kind, Settings as _, Unchecked, schema},
};
use clap::{CommandFactory as _, Parser};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

booked_server::settings! {
    #[derive(Debug)]
    struct Shop {
        limits: Limits;
        /// Opens
        /// late.
        is_open: bool = "SHOP_OPEN", default "on";
        /// The key of the till.
        key: SecretString = "TILL_KEY";
        /// Where receipts go.
        receipts: Option<PathBuf> = optional "RECEIPTS_DIR";
        /// Spare keys.
        spare: Option<SecretString> = optional "SPARE_KEY";
    }
    check few_enough;
}

booked_server::settings! {
    #[derive(Debug)]
    struct Limits {
        /// People in the shop.
        people: usize = "PEOPLE_MAX", default 20, range 1..=500;
        /// Shelves; 0 is no limit.
        shelves: Option<usize> = "SHELVES_MAX", default 0, range 0..=99;
        /// Longest queue, in milliseconds.
        wait: Duration = "QUEUE_WAIT_MAX_MS", default 1500, range 1..=60_000;
        /// How long goods are kept, in seconds.
        kept: Duration = "GOODS_TTL_S", default 60, range 0..=3600;
        /// Places for bicycles, two at least.
        bicycles: Option<u32> = optional "BICYCLES_MAX", range 2..=40;
    }
}

fn few_enough(shop: &Shop, errors: &mut ConfigErrors) {
    if shop.limits.shelves.is_some_and(|shelves| shelves > shop.limits.people) {
        errors.add("SHELVES_MAX", "is more than PEOPLE_MAX");
    }
}

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    shop: Unchecked<Shop>,
}

const KEY: (&str, &str) = ("TILL_KEY", "open sesame");

fn shop(texts: &[(&str, &str)]) -> Result<Shop, String> {
    let texts = texts.iter().copied().chain([KEY]);
    Unchecked::of(texts).check().map_err(|errors| errors.to_string())
}

#[test]
fn what_is_not_given_has_its_default() {
    let shop = shop(&[]).unwrap();

    let Limits { people, shelves, wait, kept, bicycles } = shop.limits;
    assert_eq!((people, shelves, bicycles), (20, None, None));
    assert_eq!((wait, kept), (Duration::from_millis(1500), Duration::from_secs(60)));
    assert_eq!((shop.is_open, shop.receipts), (true, None));
    assert!(shop.spare.is_none());
    assert_eq!(shop.key.expose_secret(), KEY.1);
}

#[test]
fn values_are_read_by_their_types() {
    let shop = shop(&[
        ("SHELVES_MAX", "3"),
        ("SHOP_OPEN", "off"),
        ("GOODS_TTL_S", "7"),
        ("RECEIPTS_DIR", "/receipts"),
        ("BICYCLES_MAX", "4"),
        ("SPARE_KEY", "another"),
    ]);

    let shop = shop.unwrap();
    assert_eq!((shop.limits.shelves, shop.limits.bicycles), (Some(3), Some(4)));
    assert_eq!(shop.limits.kept, Duration::from_secs(7));
    assert_eq!((shop.is_open, shop.receipts), (false, Some("/receipts".into())));
    assert_eq!(shop.spare.unwrap().expose_secret(), "another");
}

#[test]
fn bounds_are_accepted_and_what_is_beyond_them_is_refused_as_the_schema_says() {
    let numbers = Shop::describe().into_iter().filter(|setting| setting.kind == Kind::Integer);
    let schema = schema::<Shop>("shop");
    let mut compared = 0;
    for setting in numbers {
        let property = &schema["properties"][setting.name];
        let bound = |key: &str| property[key].as_u64().unwrap();
        let (low, high) = (bound("minimum"), bound("maximum"));
        let others = if setting.name == "SHELVES_MAX" { ("PEOPLE_MAX", "500") } else { ("SHOP_OPEN", "on") };
        for good in [low, high] {
            assert!(shop(&[others, (setting.name, &good.to_string())]).is_ok(), "{} {good}", setting.name);
        }
        let beyond = [low.checked_sub(1), Some(high + 1)].into_iter().flatten();
        for bad in beyond {
            let errors = shop(&[others, (setting.name, &bad.to_string())]).unwrap_err();
            let expected = format!("{} is {bad}, not within {low} to {high}", setting.name);
            assert!(errors.contains(&expected), "{errors}");
        }
        compared += 1;
    }
    assert_eq!(compared, 5);
}

#[test]
fn several_mistakes_are_told_at_once_and_no_secret() {
    let texts = [
        ("PEOPLE_MAX", "501"),
        ("QUEUE_WAIT_MAX_MS", "soon"),
        ("GOODS_TTL_S", "-1"),
        ("SHOP_OPEN", "perhaps"),
        ("TILL_KEY", "open sesame"),
        ("TILL_KEY_FILE", "/nowhere"),
        ("SPARE_KEY_FILE", "/nowhere"),
    ];
    let errors = Unchecked::<Shop>::of(texts).check().unwrap_err().to_string();

    assert_eq!(
        errors.lines().skip(1).collect::<Vec<_>>(),
        [
            "  PEOPLE_MAX is 501, not within 1 to 500",
            "  QUEUE_WAIT_MAX_MS is \"soon\": invalid digit found in string",
            "  GOODS_TTL_S is \"-1\": invalid digit found in string",
            "  SHOP_OPEN is \"perhaps\", neither on nor off",
            "  TILL_KEY is given twice, also as TILL_KEY_FILE",
            "  SPARE_KEY_FILE cannot be read: No such file or directory (os error 2)",
        ]
    );
}

#[test]
fn settings_are_compared_with_each_other_once_each_is_sound() {
    let errors = shop(&[("PEOPLE_MAX", "2"), ("SHELVES_MAX", "3")]).unwrap_err();
    assert!(errors.ends_with("\n  SHELVES_MAX is more than PEOPLE_MAX"), "{errors}");
}

#[test]
fn a_required_setting_that_is_empty_is_missing() {
    for texts in [&[][..], &[("TILL_KEY", "")]] {
        let errors = Unchecked::<Shop>::of(texts.iter().copied()).check().unwrap_err().to_string();
        assert!(errors.ends_with("\n  TILL_KEY is missing"), "{errors}");
    }
}

#[test]
fn a_command_line_takes_what_is_described_and_shows_no_secret() {
    let line = CommandLine::try_parse_from(["shop", "--people-max", "7", "--till-key", KEY.1]).unwrap();
    let shop = line.shop.check().unwrap();
    assert_eq!(shop.limits.people, 7);
    let printed = format!("{:?} {shop:?}", line.shop);
    assert!(!printed.contains(KEY.1), "{printed}");

    let help = CommandLine::command().render_help().to_string();
    for part in
        ["--queue-wait-max-ms <MS>", "[env: QUEUE_WAIT_MAX_MS=]", "[default: 1500]", "Opens late", "on|off"]
    {
        assert!(help.contains(part), "{part}: {help}");
    }
    assert!(help.contains("--till-key-file <FILE>"), "{help}");
}

#[test]
fn the_schema_tells_all_of_a_setting() {
    let schema = schema::<Shop>("booked-shop");

    let properties = &schema["properties"];
    let wait = json!({
        "description": "Longest queue, in milliseconds.",
        "type": "integer",
        "minimum": 1,
        "maximum": 60_000,
        "default": 1500,
    });
    assert_eq!(properties["QUEUE_WAIT_MAX_MS"], wait);
    let open = json!({"description": "Opens late.", "enum": ["on", "off"], "default": "on"});
    assert_eq!(properties["SHOP_OPEN"], open);
    let key = json!({"description": "The key of the till.", "type": "string", "writeOnly": true});
    assert_eq!(properties["TILL_KEY"], key);
    assert_eq!(properties["TILL_KEY_FILE"]["type"], "string");
    assert_eq!(properties["LOG_FORMAT"]["enum"], json!(["json", "text"]));
    let key = json!([{"oneOf": [{"required": ["TILL_KEY"]}, {"required": ["TILL_KEY_FILE"]}]}]);
    assert_eq!((&schema["required"], &schema["allOf"]), (&json!([]), &key));
}
