//! Prepares a scenario by its name.

use super::{
    Scenario, browse::Browse, cancel_storm::CancelStorm, checkout::Checkout, login_storm::LoginStorm,
    mixed::Mixed, onsale::Onsale, setup::Setup,
};
use crate::options::{Options, ScenarioName};

pub(crate) async fn prepare(setup: &Setup, options: &Options) -> anyhow::Result<Box<dyn Scenario>> {
    if options.scenario != ScenarioName::Mixed {
        return prepare_one(options.scenario, setup, options).await;
    }
    let mut parts = Vec::new();
    for (name, weight) in &options.mix.0 {
        parts.push((*name, *weight, prepare_one(*name, setup, options).await?));
    }
    Ok(Box::new(Mixed::new(parts)))
}

async fn prepare_one(
    name: ScenarioName,
    setup: &Setup,
    options: &Options,
) -> anyhow::Result<Box<dyn Scenario>> {
    Ok(match name {
        ScenarioName::Onsale => Box::new(Onsale::prepare(setup, options).await?),
        ScenarioName::Browse => Box::new(Browse::prepare(setup, options).await?),
        ScenarioName::Checkout => Box::new(Checkout::prepare(setup, options).await?),
        ScenarioName::CancelStorm => Box::new(CancelStorm::prepare(setup, options).await?),
        ScenarioName::LoginStorm => Box::new(LoginStorm::prepare(setup, options).await?),
        ScenarioName::Mixed => anyhow::bail!("mixed cannot be a part of itself"),
    })
}
