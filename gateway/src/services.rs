//! The services behind the gateway, listed once.

/// A service behind the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceName {
    /// Accounts and tokens.
    User,
    /// What takes place, when and where.
    Event,
    /// Seats, holds, bookings, the waitlist.
    Ticketing,
    /// Counts.
    Analytics,
}

impl ServiceName {
    pub const ALL: [Self; 4] = [Self::User, Self::Event, Self::Ticketing, Self::Analytics];

    /// The setting that says where it is.
    pub(crate) const fn url_setting(self) -> &'static str {
        match self {
            Self::User => "USER_URL",
            Self::Event => "EVENT_URL",
            Self::Ticketing => "TICKETING_URL",
            Self::Analytics => "ANALYTICS_URL",
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Event => "event",
            Self::Ticketing => "ticketing",
            Self::Analytics => "analytics",
        }
    }
}

/// One value for each service.
#[derive(Clone, Debug)]
pub(crate) struct ServiceMap<T>([T; ServiceName::ALL.len()]);

impl<T> ServiceMap<T> {
    pub(crate) fn from_fn(value: impl FnMut(ServiceName) -> T) -> Self {
        Self(ServiceName::ALL.map(value))
    }

    pub(crate) fn get(&self, service: ServiceName) -> &T {
        let [user, event, ticketing, analytics] = &self.0;
        match service {
            ServiceName::User => user,
            ServiceName::Event => event,
            ServiceName::Ticketing => ticketing,
            ServiceName::Analytics => analytics,
        }
    }
}

impl<T> ServiceMap<Option<T>> {
    /// All values; none unless each service has one.
    pub(crate) fn all(self) -> Option<ServiceMap<T>> {
        let [user, event, ticketing, analytics] = self.0;
        Some(ServiceMap([user?, event?, ticketing?, analytics?]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_has_its_own_value() {
        let map = ServiceMap::from_fn(|service| service);
        for service in ServiceName::ALL {
            assert_eq!(*map.get(service), service);
        }
    }
}
