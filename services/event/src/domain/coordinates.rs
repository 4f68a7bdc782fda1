//! Where an event takes place on the globe.

/// Degrees north, -90 to 90.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latitude(f64);

/// Degrees east, -180 to 180.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Longitude(f64);

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coordinates {
    pub latitude: Latitude,
    pub longitude: Longitude,
}

/// Out of range, or one without the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCoordinates {
    #[error("latitude must be -90 to 90")]
    Latitude,
    #[error("longitude must be -180 to 180")]
    Longitude,
    /// One is given without the other.
    #[error("latitude and longitude must be given together")]
    Incomplete,
}

impl Latitude {
    /// Accepts a number within the range.
    ///
    /// # Errors
    ///
    /// [`InvalidCoordinates::Latitude`] if it is out of range.
    pub fn parse(degrees: f64) -> Result<Self, InvalidCoordinates> {
        if (-90.0..=90.0).contains(&degrees) { Ok(Self(degrees)) } else { Err(InvalidCoordinates::Latitude) }
    }

    #[must_use]
    pub fn degrees(self) -> f64 {
        self.0
    }
}

impl Longitude {
    /// Accepts a number within the range.
    ///
    /// # Errors
    ///
    /// [`InvalidCoordinates::Longitude`] if it is out of range.
    pub fn parse(degrees: f64) -> Result<Self, InvalidCoordinates> {
        if (-180.0..=180.0).contains(&degrees) {
            Ok(Self(degrees))
        } else {
            Err(InvalidCoordinates::Longitude)
        }
    }

    #[must_use]
    pub fn degrees(self) -> f64 {
        self.0
    }
}

impl Coordinates {
    /// Accepts both or neither.
    ///
    /// # Errors
    ///
    /// [`InvalidCoordinates::Incomplete`] if only one is given.
    pub fn pair(
        latitude: Option<Latitude>,
        longitude: Option<Longitude>,
    ) -> Result<Option<Self>, InvalidCoordinates> {
        match (latitude, longitude) {
            (Some(latitude), Some(longitude)) => Ok(Some(Self { latitude, longitude })),
            (None, None) => Ok(None),
            _ => Err(InvalidCoordinates::Incomplete),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_poles_and_the_date_line_are_within() {
        for degrees in [-90.0, -0.0, 90.0] {
            assert!(Latitude::parse(degrees).is_ok(), "{degrees}");
        }
        for degrees in [-180.0, 0.0, 180.0] {
            assert!(Longitude::parse(degrees).is_ok(), "{degrees}");
        }
    }

    #[test]
    fn beyond_them_there_is_nothing() {
        for degrees in [-90.000_001, 90.000_001, f64::INFINITY, f64::NAN] {
            assert_eq!(Latitude::parse(degrees), Err(InvalidCoordinates::Latitude), "{degrees}");
        }
        for degrees in [-180.000_001, 180.000_001, f64::NEG_INFINITY, f64::NAN] {
            assert_eq!(Longitude::parse(degrees), Err(InvalidCoordinates::Longitude), "{degrees}");
        }
    }

    #[test]
    fn one_comes_with_the_other() {
        let (latitude, longitude) = (Latitude::parse(1.0).ok(), Longitude::parse(2.0).ok());
        assert!(Coordinates::pair(latitude, longitude).unwrap().is_some());
        assert_eq!(Coordinates::pair(None, None), Ok(None));
        assert_eq!(Coordinates::pair(latitude, None), Err(InvalidCoordinates::Incomplete));
        assert_eq!(Coordinates::pair(None, longitude), Err(InvalidCoordinates::Incomplete));
    }
}
