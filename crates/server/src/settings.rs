//! Settings, each described in one place: documentation, environment name, default, range and type.
//!
//! The macro [`settings!`](crate::settings!) declares a group of settings as a struct. From the declaration come the
//! arguments of the command line ([`Unchecked`]), the checked values (the struct itself), and a description that can be
//! listed ([`Settings::describe`]) and printed as JSON Schema ([`schema`]).
//!
//! ```
//! use std::time::Duration;
//!
//! booked_server::settings! {
//!     /// How bookings wait for a transaction.
//!     #[derive(Clone, Debug)]
//!     pub struct QueueSettings {
//!         /// Bookings that may wait; one more is answered 503.
//!         pub length: usize = "BOOKING_QUEUE_MAX", default 4096, range 1..=1_000_000;
//!         /// Longest wait, in milliseconds.
//!         pub wait: Duration = "BOOKING_QUEUE_WAIT_MAX_MS", default 1000, range 1..=86_400_000;
//!     }
//! }
//! ```
//!
//! A field is one of these:
//!
//! - `field: Type = "NAME", default VALUE, range LOW..=HIGH;` where `default` and `range` may be left out. A setting without
//!   a default must be given.
//! - `field: Option<Type> = optional "NAME", range LOW..=HIGH;` may be given.
//! - `field: Group;` contains the settings of another group.
//!
//! The type says how a text is read ([`Value`]). `check path::to::function;` after the struct names a function that
//! compares settings with each other: `fn(&Group, &mut ConfigErrors)`.

mod config_errors;
mod schema;
mod setting;
mod texts;
mod value;

use std::{fmt, marker::PhantomData};

use clap::{ArgMatches, Args, Command, FromArgMatches};

pub use self::{
    config_errors::ConfigErrors,
    schema::{print_schema, schema},
    setting::{Kind, Setting, Value},
    texts::Texts,
    value::{OptionalValue, parsed},
};

/// A group of settings. [`settings!`](crate::settings!) implements it; by hand it is for what fits into no macro.
pub trait Settings: Sized {
    /// The settings, in the order in which help lists them.
    fn describe() -> Vec<Setting>;

    /// Reads and checks the settings, and notes everything that is wrong with them; none if something is.
    fn read(texts: &Texts, errors: &mut ConfigErrors) -> Option<Self>;
}

/// The texts of a group of settings, as the command line and the environment give them. clap refuses none of them: it
/// would report the first mistake alone.
pub struct Unchecked<S> {
    texts: Texts,
    settings: PhantomData<fn() -> S>,
}

impl<S: Settings> Unchecked<S> {
    /// Settings by their names, as an environment has them; the others have their defaults.
    pub fn of<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self { texts: texts.into_iter().collect(), settings: PhantomData }
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// All mistakes at once.
    pub fn check(&self) -> Result<S, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let settings = self.read(&mut errors);
        errors.finish(settings)
    }

    /// Checks the settings together with others, whose mistakes are reported in the same message.
    pub fn read(&self, errors: &mut ConfigErrors) -> Option<S> {
        S::read(&self.texts, errors)
    }
}

impl<S: Settings> Args for Unchecked<S> {
    fn augment_args(command: Command) -> Command {
        S::describe().iter().fold(command, |command, setting| command.args(setting.arguments()))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<S: Settings> FromArgMatches for Unchecked<S> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let names = S::describe().into_iter().flat_map(|setting| setting.names());
        let given = names.filter_map(|name| Some((name, matches.get_one::<String>(name)?.as_str())));
        Ok(Self { texts: given.collect(), settings: PhantomData })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl<S> Clone for Unchecked<S> {
    fn clone(&self) -> Self {
        Self { texts: self.texts.clone(), settings: PhantomData }
    }
}

impl<S> fmt::Debug for Unchecked<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unchecked").finish_non_exhaustive()
    }
}

/// Declares a group of settings; see [`settings`](mod@crate::settings).
#[macro_export]
macro_rules! settings {
    (@setting $type:ty, [$($doc:literal)*], optional $name:literal $(, range $range:expr)?) => {
        $crate::settings::Setting::new::<<$type as $crate::settings::OptionalValue>::Value>(
            $name,
            concat!($($doc),*),
        )
        .optional()
        $(.within($range))?
    };
    (@setting $type:ty, [$($doc:literal)*], $name:literal $(, default $default:expr)? $(, range $range:expr)?) => {
        $crate::settings::Setting::new::<$type>($name, concat!($($doc),*))
        $(.or($default))?
        $(.within($range))?
    };

    (@describe $type:ty, [$($doc:literal)*]) => {
        <$type as $crate::settings::Settings>::describe()
    };
    (@describe $($setting:tt)*) => {
        [$crate::settings!(@setting $($setting)*)]
    };

    (@read $texts:ident, $errors:ident, $type:ty, [$($doc:literal)*]) => {
        <$type as $crate::settings::Settings>::read($texts, $errors)
    };
    (@read $texts:ident, $errors:ident, $type:ty, $docs:tt, optional $($setting:tt)*) => {
        $texts.optional(&$crate::settings!(@setting $type, $docs, optional $($setting)*), $errors)
    };
    (@read $texts:ident, $errors:ident, $($setting:tt)*) => {
        $texts.required(&$crate::settings!(@setting $($setting)*), $errors)
    };

    (
        $(#[$attribute:meta])*
        $visibility:vis struct $group:ident {
            $(
                $(#[doc = $doc:literal])*
                $field_visibility:vis $field:ident: $type:ty
                $(= $($presence:ident)? $name:literal $(, default $default:expr)? $(, range $range:expr)?)?;
            )+
        }
        $(check $check:path;)?
    ) => {
        $(#[$attribute])*
        $visibility struct $group {
            $($(#[doc = $doc])* $field_visibility $field: $type,)+
        }

        impl $crate::settings::Settings for $group {
            fn describe() -> Vec<$crate::settings::Setting> {
                let mut all = Vec::new();
                $(all.extend($crate::settings!(
                    @describe $type, [$($doc)*]
                    $(, $($presence)? $name $(, default $default)? $(, range $range)?)?
                ));)+
                all
            }

            fn read(
                texts: &$crate::settings::Texts,
                errors: &mut $crate::settings::ConfigErrors,
            ) -> Option<Self> {
                $(let $field = $crate::settings!(
                    @read texts, errors, $type, [$($doc)*]
                    $(, $($presence)? $name $(, default $default)? $(, range $range)?)?
                );)+
                let settings = Self { $($field: $field?,)+ };
                $($check(&settings, errors);)?
                Some(settings)
            }
        }
    };
}
